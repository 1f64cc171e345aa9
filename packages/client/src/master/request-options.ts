// The parts that many requests share, filled in as an unchanged 2.9.4 client does: the master takes an absent number for 0.
import { randomId63 } from '@alluvium/base';
import type { Random } from '@alluvium/base';
import { common, fileSystemMaster } from '@alluvium/wire';
import type { LoadMetadataType, TtlAction, WriteType } from '../file-system.js';

export type CommonOptions = fileSystemMaster.FileSystemMasterCommonPOptions;

/** What a file that is loaded on the way lives: for ever. */
export const COMMON: CommonOptions = { ttl: -1n, ttlAction: common.TtlAction.FREE };

/** {@link COMMON}, and how old what the master knows may be; absent: as the cluster has it. */
export function commonSynced(syncIntervalMs: bigint | undefined): CommonOptions {
  return syncIntervalMs === undefined ? COMMON : { ...COMMON, syncIntervalMs };
}

/** {@link COMMON} of an operation that may be sent more than once: the master knows it again by the id. */
export function onceOnly(random: Random): CommonOptions & { readonly operationId: fileSystemMaster.FsOpPId } {
  return { ...COMMON, operationId: { mostSignificantBits: randomId63(random), leastSignificantBits: randomId63(random) } };
}

/** The wire numbers rwx from 1. */
function bits(rwx: number): common.Bits {
  return ((rwx & 7) + 1) as common.Bits;
}

/** Permission bits 0 to 0o777 on the wire. */
export function modeMessage(mode: number): common.PMode {
  return { ownerBits: bits(mode >> 6), groupBits: bits(mode >> 3), otherBits: bits(mode) };
}

export function loadMetadataMessage(type: LoadMetadataType | undefined): fileSystemMaster.LoadMetadataPType {
  return fileSystemMaster.LoadMetadataPType[type ?? 'ONCE'];
}

export function writeTypeMessage(type: WriteType): fileSystemMaster.WritePType {
  return fileSystemMaster.WritePType[type];
}

export function ttlActionMessage(action: TtlAction): common.TtlAction {
  return common.TtlAction[action];
}

export function xattrMessage(xattr: Readonly<Record<string, Uint8Array>>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(xattr).map(([name, value]) => [name, Buffer.from(value)]));
}
