import type { BlockId, NormalPath } from '@alluvium/base';
import type { DirectoryInode, ExtendedAcl, FileInode, Inode } from '@alluvium/metastore';
import { common, fileSystemMaster as fs } from '@alluvium/wire';
import type { BlockMap } from '../block/block-map.js';
import { ufsUriOf, type Mount } from '../mount/mount.js';
import { xattrMessage } from './inode-to-entry.js';

// What clients are told of an inode. Java clients read every field without looking whether it is there, so all are sent.

const { TtlAction } = common;
const { PAclEntryType, PAclAction } = fs;

/** By rwx bits. */
const ACTIONS: readonly fs.PAclAction[][] = Array.from({ length: 8 }, (_, bits) => {
  const actions: fs.PAclAction[] = [];
  if (bits & 4) actions.push(PAclAction.Read);
  if (bits & 2) actions.push(PAclAction.Write);
  if (bits & 1) actions.push(PAclAction.Execute);
  return actions;
});

export interface FileInfoSources {
  readonly blocks: BlockMap;
  readonly tree: { childCount(directory: Inode['id']): number };
}

export function fileInfoOf(from: FileInfoSources, inode: Inode, path: NormalPath, mount: Mount): fs.FileInfo {
  return inode.kind === 'file'
    ? fileInfo(from.blocks, inode, path, mount)
    : directoryInfo(from.tree.childCount(inode.id), inode, path, mount);
}

function directoryInfo(childCount: number, inode: DirectoryInode, path: NormalPath, mount: Mount): fs.FileInfo {
  const info = shared(inode, path, mount);
  info.folder = true;
  info.completed = true;
  info.length = BigInt(childCount);
  info.mountPoint = inode.mountPoint;
  info.defaultAcl = defaultAclOf(inode);
  return info;
}

function fileInfo(blocks: BlockMap, inode: FileInode, path: NormalPath, mount: Mount): fs.FileInfo {
  const info = shared(inode, path, mount);
  info.length = BigInt(inode.length);
  info.blockSizeBytes = BigInt(inode.blockSizeBytes);
  info.completed = inode.completed;
  info.cacheable = true;
  info.blockIds = inode.blocks as BlockId[];
  info.replicationMax = inode.replicationMax;
  info.replicationMin = inode.replicationMin;
  const { inAlluxio, inMemory } = addBlocks(blocks, inode, (block) => info.fileBlockInfos!.push(block));
  info.inAlluxioPercentage = inAlluxio;
  info.inMemoryPercentage = inMemory;
  return info;
}

/** The fields that files and directories have in common; what differs has the value that suits neither a file nor a loss. */
function shared(inode: Inode, path: NormalPath, mount: Mount): fs.FileInfo {
  return {
    fileId: inode.id,
    name: inode.name,
    path,
    ufsPath: ufsUriOf(mount, path),
    length: 0n,
    blockSizeBytes: 0n,
    creationTimeMs: BigInt(inode.creationTimeMs),
    completed: false,
    folder: false,
    pinned: inode.pinned,
    cacheable: false,
    persisted: inode.persistence === 'PERSISTED',
    blockIds: [],
    lastModificationTimeMs: BigInt(inode.modificationTimeMs),
    ttl: BigInt(inode.ttlMs),
    owner: inode.owner,
    group: inode.group,
    mode: inode.mode,
    persistenceState: inode.persistence,
    mountPoint: false,
    fileBlockInfos: [],
    ttlAction: TtlAction[inode.ttlAction],
    mountId: mount.id,
    inAlluxioPercentage: 0,
    inMemoryPercentage: 0,
    ufsFingerprint: inode.fingerprint,
    acl: {
      owner: inode.owner,
      owningGroup: inode.group,
      mode: inode.mode,
      entries: inode.acl === undefined ? [] : aclEntries(inode.acl),
      isDefault: false,
    },
    defaultAcl: undefined,
    replicationMax: 0,
    replicationMin: 0,
    lastAccessTimeMs: BigInt(inode.accessTimeMs),
    xattr: inode.xattr === undefined ? {} : xattrMessage(inode.xattr),
    mediumType: inode.pinnedMedia as string[],
  };
}

/** Tells of each block, and answers how much of the file has copies, in percent. */
export function addBlocks(
  blocks: BlockMap,
  inode: FileInode,
  add: (info: fs.FileBlockInfo) => void,
): { readonly inAlluxio: number; readonly inMemory: number } {
  let cached = 0;
  let inMemory = 0;
  for (let i = 0; i < inode.blocks.length; i++) {
    const blockId = inode.blocks[i]!;
    const length = blocks.length(blockId) ?? 0;
    const locations = blocks.locations(blockId);
    if (locations.length > 0) cached += length;
    for (const location of locations) {
      if (location.tierAlias === 'MEM') {
        inMemory += length;
        break;
      }
    }
    add({
      blockInfo: { blockId, length: BigInt(length), locations: locations as common.BlockLocation[] },
      offset: BigInt(inode.blockSizeBytes * i),
      ufsLocations: [],
      ufsStringLocations: [],
    });
  }
  return { inAlluxio: percentage(cached, inode.length), inMemory: percentage(inMemory, inode.length) };
}

/** An empty file is wholly there. */
function percentage(part: number, whole: number): number {
  return whole === 0 ? 100 : Math.floor((part * 100) / whole);
}

/** Of a default ACL too they are sent as plain entries: that it is one says the list itself. */
function aclEntries(acl: ExtendedAcl): fs.PAclEntry[] {
  const isDefault = false;
  const entries: fs.PAclEntry[] = [];
  for (const [subject, bits] of byName(acl.users))
    entries.push({ type: PAclEntryType.NamedUser, subject, actions: ACTIONS[bits]!, isDefault });
  for (const [subject, bits] of byName(acl.groups))
    entries.push({ type: PAclEntryType.NamedGroup, subject, actions: ACTIONS[bits]!, isDefault });
  if (acl.mask !== undefined) entries.push({ type: PAclEntryType.Mask, subject: '', actions: ACTIONS[acl.mask]!, isDefault });
  return entries;
}

function byName(named: ReadonlyMap<string, number>): [string, number][] {
  return [...named].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** `isDefault` has to be true, or Java clients fail with a ClassCastException. */
function defaultAclOf(inode: DirectoryInode): fs.PAcl {
  const acl = inode.defaultAcl;
  if (acl === undefined)
    return { owner: inode.owner, owningGroup: inode.group, mode: 0, entries: [], isDefault: true, isDefaultEmpty: true };
  return {
    owner: inode.owner,
    owningGroup: inode.group,
    mode: acl.mode,
    entries: aclEntries(acl),
    isDefault: true,
    isDefaultEmpty: false,
  };
}
