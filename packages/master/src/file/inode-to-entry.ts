import type { BlockId } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { DirectoryInode, FileInode, Inode } from '@alluvium/metastore';
import { fileJournal } from '@alluvium/wire';
import { writeAcl, writeDefaultAcl } from './acl-message.js';

// The complete state of an inode as entries that make it again: checkpoints, and what creates and loads journal.
// Owner, group and mode go into their own fields; only an inode with extended entries carries an AccessControlList.

const { PTtlAction } = fileJournal;

export function xattrMessage(xattr: ReadonlyMap<string, Uint8Array>): Record<string, Buffer> {
  return Object.fromEntries([...xattr].map(([name, value]) => [name, Buffer.from(value.buffer, value.byteOffset, value.byteLength)]));
}

/** `path` is for readers of the journal; state does not depend on it. */
export function fileEntry(inode: FileInode, path?: string): JournalEntry {
  const entry: fileJournal.InodeFileEntry = {
    id: inode.id,
    parentId: inode.parentId,
    name: inode.name,
    persistenceState: inode.persistence,
    pinned: inode.pinned,
    creationTimeMs: BigInt(inode.creationTimeMs),
    lastModificationTimeMs: BigInt(inode.modificationTimeMs),
    lastAccessTimeMs: BigInt(inode.accessTimeMs),
    blockSizeBytes: BigInt(inode.blockSizeBytes),
    length: BigInt(inode.length),
    completed: inode.completed,
    cacheable: true,
    blocks: inode.blocks as BlockId[],
    ttl: BigInt(inode.ttlMs),
    ttlAction: PTtlAction[inode.ttlAction],
    owner: inode.owner,
    group: inode.group,
    mode: inode.mode,
    replicationMax: inode.replicationMax,
    replicationMin: inode.replicationMin,
    replicationDurable: inode.replicationDurable,
    shouldPersistTime: BigInt(inode.shouldPersistTimeMs),
  };
  if (path !== undefined) entry.path = path;
  if (inode.fingerprint !== '') entry.ufsFingerprint = inode.fingerprint;
  if (inode.persistJobId !== -1n) entry.persistJobId = inode.persistJobId;
  if (inode.tempUfsPath !== '') entry.tempUfsPath = inode.tempUfsPath;
  if (inode.pinnedMedia.length > 0) entry.mediumType = [...inode.pinnedMedia];
  if (inode.xattr !== undefined) entry.xAttr = xattrMessage(inode.xattr);
  if (inode.acl !== undefined) entry.acl = writeAcl(inode);
  return { inodeFile: entry };
}

export function directoryEntry(inode: DirectoryInode, path?: string): JournalEntry {
  const entry: fileJournal.InodeDirectoryEntry = {
    id: inode.id,
    parentId: inode.parentId,
    name: inode.name,
    persistenceState: inode.persistence,
    pinned: inode.pinned,
    creationTimeMs: BigInt(inode.creationTimeMs),
    lastModificationTimeMs: BigInt(inode.modificationTimeMs),
    lastAccessTimeMs: BigInt(inode.accessTimeMs),
    owner: inode.owner,
    group: inode.group,
    mode: inode.mode,
    mountPoint: inode.mountPoint,
    directChildrenLoaded: inode.childrenLoaded,
    ttl: BigInt(inode.ttlMs),
    ttlAction: PTtlAction[inode.ttlAction],
  };
  if (path !== undefined) entry.path = path;
  if (inode.pinnedMedia.length > 0) entry.mediumType = [...inode.pinnedMedia];
  if (inode.xattr !== undefined) entry.xAttr = xattrMessage(inode.xattr);
  if (inode.acl !== undefined) entry.acl = writeAcl(inode);
  if (inode.defaultAcl !== undefined) entry.defaultAcl = writeDefaultAcl(inode.owner, inode.group, inode.defaultAcl);
  return { inodeDirectory: entry };
}

/** One entry, or two for a directory with a fingerprint. */
export function* inodeEntries(inode: Inode): Generator<JournalEntry> {
  if (inode.kind === 'file') {
    yield fileEntry(inode);
    return;
  }
  yield directoryEntry(inode);
  if (inode.fingerprint !== '') yield { updateInode: { id: inode.id, ufsFingerprint: inode.fingerprint } };
}
