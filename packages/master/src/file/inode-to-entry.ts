import type { BlockId } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { DirectoryInode, FileInode, Inode } from '@alluvium/metastore';
import { fileJournal } from '@alluvium/wire';
import { writeAcl, writeDefaultAcl } from './acl-message.js';

// The complete state of an inode as entries that make it again: checkpoints, and what creates and loads journal. What a reader
// takes for granted is not written (see inode-from-entry.ts): every create is synced to the disk, every start reads all of them.
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
    creationTimeMs: BigInt(inode.creationTimeMs),
    blockSizeBytes: BigInt(inode.blockSizeBytes),
    owner: inode.owner,
    group: inode.group,
    mode: inode.mode,
  };
  setCommon(entry, inode, path);
  if (inode.length !== 0) entry.length = BigInt(inode.length);
  if (inode.completed) entry.completed = true;
  if (inode.blocks.length > 0) entry.blocks = inode.blocks as BlockId[];
  if (inode.fingerprint !== '') entry.ufsFingerprint = inode.fingerprint;
  if (inode.replicationMax !== -1) entry.replicationMax = inode.replicationMax;
  if (inode.replicationMin !== 0) entry.replicationMin = inode.replicationMin;
  if (inode.replicationDurable !== 1) entry.replicationDurable = inode.replicationDurable;
  if (inode.shouldPersistTimeMs !== -1) entry.shouldPersistTime = BigInt(inode.shouldPersistTimeMs);
  if (inode.persistJobId !== -1n) entry.persistJobId = inode.persistJobId;
  if (inode.tempUfsPath !== '') entry.tempUfsPath = inode.tempUfsPath;
  return { inodeFile: entry };
}

export function directoryEntry(inode: DirectoryInode, path?: string): JournalEntry {
  const entry: fileJournal.InodeDirectoryEntry = {
    id: inode.id,
    parentId: inode.parentId,
    name: inode.name,
    creationTimeMs: BigInt(inode.creationTimeMs),
    owner: inode.owner,
    group: inode.group,
    mode: inode.mode,
  };
  setCommon(entry, inode, path);
  if (inode.mountPoint) entry.mountPoint = true;
  if (inode.childrenLoaded) entry.directChildrenLoaded = true;
  if (inode.defaultAcl !== undefined) entry.defaultAcl = writeDefaultAcl(inode.owner, inode.group, inode.defaultAcl);
  return { inodeDirectory: entry };
}

/** What files and directories have alike, as far as it is not what a reader assumes. */
function setCommon(entry: fileJournal.InodeFileEntry | fileJournal.InodeDirectoryEntry, inode: Inode, path: string | undefined): void {
  if (inode.persistence !== 'NOT_PERSISTED') entry.persistenceState = inode.persistence;
  if (inode.pinned) entry.pinned = true;
  if (inode.modificationTimeMs !== inode.creationTimeMs) entry.lastModificationTimeMs = BigInt(inode.modificationTimeMs);
  if (inode.accessTimeMs !== inode.modificationTimeMs) entry.lastAccessTimeMs = BigInt(inode.accessTimeMs);
  if (inode.ttlMs !== -1) entry.ttl = BigInt(inode.ttlMs);
  if (inode.ttlAction !== 'DELETE') entry.ttlAction = PTtlAction[inode.ttlAction];
  if (path !== undefined) entry.path = path;
  if (inode.pinnedMedia.length > 0) entry.mediumType = [...inode.pinnedMedia];
  if (inode.xattr !== undefined) entry.xAttr = xattrMessage(inode.xattr);
  if (inode.acl !== undefined) entry.acl = writeAcl(inode);
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
