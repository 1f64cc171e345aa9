import { NO_PARENT, ROOT_INODE_ID, type InodeId } from '@alluvium/base';
import type { DirectoryInode, FileInode } from '@alluvium/metastore';

const common = {
  owner: 'ada',
  group: 'staff',
  mode: 0o755,
  acl: undefined,
  creationTimeMs: 1,
  modificationTimeMs: 2,
  accessTimeMs: 3,
  persistence: 'NOT_PERSISTED',
  pinned: false,
  pinnedMedia: [],
  ttlMs: -1,
  ttlAction: 'DELETE',
  fingerprint: '',
  xattr: undefined,
} as const;

export function inodeId(n: number | bigint): InodeId {
  return BigInt(n) as InodeId;
}

export function aDirectory(id: number | bigint, parent: number | bigint, name: string, over: Partial<DirectoryInode> = {}): DirectoryInode {
  return {
    ...common,
    kind: 'directory',
    id: inodeId(id),
    parentId: inodeId(parent),
    name,
    mountPoint: false,
    childrenLoaded: false,
    defaultAcl: undefined,
    ...over,
  };
}

export function aFile(id: number | bigint, parent: number | bigint, name: string, over: Partial<FileInode> = {}): FileInode {
  return {
    ...common,
    kind: 'file',
    id: inodeId(id),
    parentId: inodeId(parent),
    name,
    blockSizeBytes: 1 << 26,
    length: 0,
    completed: false,
    blocks: [],
    replicationMax: -1,
    replicationMin: 0,
    replicationDurable: 1,
    persistJobId: -1n,
    tempUfsPath: '',
    shouldPersistTimeMs: -1,
    ...over,
  };
}

export const aRoot: DirectoryInode = aDirectory(ROOT_INODE_ID, NO_PARENT, '');

/** What an iterator still has. */
export function* restOf<T>(iterator: Iterator<T>): Generator<T> {
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) yield next.value;
}
