// An inode as the value of its row; directory and name are in the key. What is as it mostly is takes no room.
import type { BlockId, InodeId } from '@alluvium/base';
import { PERSISTENCE, TTL_ACTIONS, numberOfPersistence, numberOfTtlAction } from '../inode-words.js';
import type { DirectoryInode, FileInode, Inode } from '../inode.js';
import { sharedString } from '../own-string.js';
import { RowReader, RowWriter } from './row-bytes.js';

// What is not as it mostly is. Of any inode:
const IS_DIRECTORY = 1;
const MODIFIED = 1 << 1;
const ACCESSED = 1 << 2;
const ACL = 1 << 3;
const PINNED = 1 << 4;
const MEDIA = 1 << 5;
const TTL = 1 << 6;
const TTL_ACTION = 1 << 7;
const FINGERPRINT = 1 << 8;
const XATTR = 1 << 9;
// Of files:
const LENGTH = 1 << 10;
const COMPLETED = 1 << 11;
const BLOCKS = 1 << 12;
const REPLICATION = 1 << 13;
const PERSISTING = 1 << 14;
const PERSIST_TIME = 1 << 15;
// Of directories:
const MOUNT_POINT = 1 << 10;
const LOADED = 1 << 11;
const DEFAULT_ACL = 1 << 12;

/** Where persistence state and mode lie among the bits. */
const PERSISTENCE_SHIFT = 16;
const MODE_SHIFT = 20;

const to = new RowWriter();
const from = new RowReader();

/** Valid until the next one is packed. */
export function packInode(inode: Inode): Uint8Array {
  const bits = inode.kind === 'file' ? bitsOfFile(inode) : bitsOfDirectory(inode);
  to.begin();
  to.id(inode.id);
  to.word((bits | (numberOfPersistence(inode.persistence) << PERSISTENCE_SHIFT) | (inode.mode << MODE_SHIFT)) >>> 0);
  to.double(inode.creationTimeMs);
  to.text(inode.owner);
  to.text(inode.group);
  if (inode.kind === 'file') to.double(inode.blockSizeBytes);
  packCommon(inode, bits);
  if (inode.kind === 'file') packFile(inode, bits);
  else if (inode.defaultAcl !== undefined) {
    to.word(inode.defaultAcl.mode);
    to.acl(inode.defaultAcl);
  }
  return to.end();
}

export function unpackInode(parentId: InodeId, name: string, row: Buffer): Inode {
  from.begin(row);
  const id = from.id() as InodeId;
  const bits = from.word();
  const creationTimeMs = from.double();
  const owner = sharedString(from.text());
  const group = sharedString(from.text());
  const blockSizeBytes = (bits & IS_DIRECTORY) === 0 ? from.double() : 0;
  const modificationTimeMs = (bits & MODIFIED) === 0 ? creationTimeMs : from.double();
  const common = {
    id,
    parentId,
    name,
    owner,
    group,
    mode: bits >>> MODE_SHIFT,
    creationTimeMs,
    modificationTimeMs,
    accessTimeMs: (bits & ACCESSED) === 0 ? modificationTimeMs : from.double(),
    persistence: PERSISTENCE[(bits >>> PERSISTENCE_SHIFT) & 3]!,
    pinned: (bits & PINNED) !== 0,
    acl: (bits & ACL) === 0 ? undefined : from.acl(),
    pinnedMedia: (bits & MEDIA) === 0 ? NONE : from.list(() => sharedString(from.text())),
    ttlMs: (bits & TTL) === 0 ? -1 : from.double(),
    ttlAction: (bits & TTL_ACTION) === 0 ? 'DELETE' : TTL_ACTIONS[from.byte()]!,
    fingerprint: (bits & FINGERPRINT) === 0 ? '' : from.text(),
    xattr: (bits & XATTR) === 0 ? undefined : new Map(from.list(() => [from.text(), from.binary()])),
  } as const;
  return (bits & IS_DIRECTORY) === 0 ? unpackFile(common, bits, blockSizeBytes) : unpackDirectory(common, bits);
}

const NONE: readonly never[] = [];
type Common = Omit<FileInode, 'kind' | 'blockSizeBytes' | keyof FilePart>;
type FilePart = Pick<
  FileInode,
  | 'length'
  | 'completed'
  | 'blocks'
  | 'replicationMax'
  | 'replicationMin'
  | 'replicationDurable'
  | 'persistJobId'
  | 'tempUfsPath'
  | 'shouldPersistTimeMs'
>;

function bitsOfInode(inode: Inode): number {
  return (
    (inode.modificationTimeMs === inode.creationTimeMs ? 0 : MODIFIED) |
    (inode.accessTimeMs === inode.modificationTimeMs ? 0 : ACCESSED) |
    (inode.acl === undefined ? 0 : ACL) |
    (inode.pinned ? PINNED : 0) |
    (inode.pinnedMedia.length === 0 ? 0 : MEDIA) |
    (inode.ttlMs === -1 ? 0 : TTL) |
    (inode.ttlAction === 'DELETE' ? 0 : TTL_ACTION) |
    (inode.fingerprint === '' ? 0 : FINGERPRINT) |
    (inode.xattr === undefined ? 0 : XATTR)
  );
}

function bitsOfFile(file: FileInode): number {
  const usualReplication = file.replicationMax === -1 && file.replicationMin === 0 && file.replicationDurable === 1;
  return (
    bitsOfInode(file) |
    (file.length === 0 ? 0 : LENGTH) |
    (file.completed ? COMPLETED : 0) |
    (file.blocks.length === 0 ? 0 : BLOCKS) |
    (usualReplication ? 0 : REPLICATION) |
    (file.persistJobId === -1n && file.tempUfsPath === '' ? 0 : PERSISTING) |
    (file.shouldPersistTimeMs === -1 ? 0 : PERSIST_TIME)
  );
}

function bitsOfDirectory(directory: DirectoryInode): number {
  return (
    bitsOfInode(directory) |
    IS_DIRECTORY |
    (directory.mountPoint ? MOUNT_POINT : 0) |
    (directory.childrenLoaded ? LOADED : 0) |
    (directory.defaultAcl === undefined ? 0 : DEFAULT_ACL)
  );
}

/** In the order in which `unpackInode` reads. */
function packCommon(inode: Inode, bits: number): void {
  if ((bits & MODIFIED) !== 0) to.double(inode.modificationTimeMs);
  if ((bits & ACCESSED) !== 0) to.double(inode.accessTimeMs);
  if (inode.acl !== undefined) to.acl(inode.acl);
  if ((bits & MEDIA) !== 0) to.list(inode.pinnedMedia, (medium) => to.text(medium));
  if ((bits & TTL) !== 0) to.double(inode.ttlMs);
  if ((bits & TTL_ACTION) !== 0) to.byte(numberOfTtlAction(inode.ttlAction));
  if ((bits & FINGERPRINT) !== 0) to.text(inode.fingerprint);
  if (inode.xattr !== undefined) {
    to.list([...inode.xattr], ([name, value]) => {
      to.text(name);
      to.binary(value);
    });
  }
}

function packFile(file: FileInode, bits: number): void {
  if ((bits & LENGTH) !== 0) to.double(file.length);
  if ((bits & BLOCKS) !== 0) to.list(file.blocks, (block) => to.id(block));
  if ((bits & REPLICATION) !== 0) {
    to.double(file.replicationMax);
    to.double(file.replicationMin);
    to.double(file.replicationDurable);
  }
  if ((bits & PERSISTING) !== 0) {
    to.id(file.persistJobId);
    to.text(file.tempUfsPath);
  }
  if ((bits & PERSIST_TIME) !== 0) to.double(file.shouldPersistTimeMs);
}

function unpackFile(common: Common, bits: number, blockSizeBytes: number): FileInode {
  const unusual = (bits & REPLICATION) !== 0;
  const persisting = (bits & PERSISTING) !== 0;
  return {
    ...common,
    kind: 'file',
    blockSizeBytes,
    completed: (bits & COMPLETED) !== 0,
    length: (bits & LENGTH) === 0 ? 0 : from.double(),
    blocks: (bits & BLOCKS) === 0 ? NONE : from.list(() => from.id() as BlockId),
    replicationMax: unusual ? from.double() : -1,
    replicationMin: unusual ? from.double() : 0,
    replicationDurable: unusual ? from.double() : 1,
    persistJobId: persisting ? from.id() : -1n,
    tempUfsPath: persisting ? from.text() : '',
    shouldPersistTimeMs: (bits & PERSIST_TIME) === 0 ? -1 : from.double(),
  };
}

function unpackDirectory(common: Common, bits: number): DirectoryInode {
  return {
    ...common,
    kind: 'directory',
    mountPoint: (bits & MOUNT_POINT) !== 0,
    childrenLoaded: (bits & LOADED) !== 0,
    defaultAcl: (bits & DEFAULT_ACL) === 0 ? undefined : from.defaultAcl(),
  };
}
