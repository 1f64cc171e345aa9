// What an order says of a block: how long it is, where a store has it, and how much longer it may take for its bytes.
import type { NormalPath } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import type { workerControl } from '@alluvium/wire';
import type { FileContext } from '../file/context.js';
import { blockLength } from '../file/plan.js';
import { ufsUriOf } from '../mount/mount.js';

/** The length of a block as it was committed, else as its place in the file says. */
export function bytesOfBlock({ blocks }: Pick<FileContext, 'blocks'>, file: FileInode, index: number): number {
  const known = blocks.length(file.blocks[index]!) ?? -1;
  return known >= 0 ? known : blockLength(file.length, file.blockSizeBytes, index);
}

/** Where the bytes of a block lie in the store; undefined for a file that is in none, or is gone. */
export function storedBlock(
  c: Pick<FileContext, 'tree' | 'mounts'>,
  file: FileInode,
  index: number,
): workerControl.StoredBlock | undefined {
  const path: NormalPath | undefined = file.persistence === 'PERSISTED' ? c.tree.pathOf(file.id) : undefined;
  if (path === undefined) return undefined;
  const mount = c.mounts.resolve(path);
  return { mountId: mount.id, ufsPath: ufsUriOf(mount, path), offsetInFile: BigInt(index) * BigInt(file.blockSizeBytes) };
}

const BYTES_PER_MS = 2 ** 20 / 1000;

/** A second for each MiB: what is slower has failed. */
export function transferMs(bytes: number): number {
  return bytes / BYTES_PER_MS;
}
