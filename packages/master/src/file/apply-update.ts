import { invariant, sequenceOf, type BlockId } from '@alluvium/base';
import type { DirectoryInode, FileInode, Inode } from '@alluvium/metastore';
import { fileJournal } from '@alluvium/wire';
import { readAcl, readDefaultAcl } from './acl-message.js';
import { persistenceOf, ttlActionOf, xattrOf } from './inode-from-entry.js';

// How update entries change an inode: only present fields count. Pure functions from inode and entry to the new inode.

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function updated(inode: Inode, entry: fileJournal.UpdateInodeEntry): Inode {
  const next: Writable<Inode> = { ...inode };
  if (entry.name !== undefined) next.name = entry.name;
  if (entry.parentId !== undefined) next.parentId = entry.parentId as Inode['parentId'];
  if (entry.persistenceState !== undefined) next.persistence = persistenceOf(entry.persistenceState);
  if (entry.pinned !== undefined) {
    next.pinned = entry.pinned;
    next.pinnedMedia = entry.pinned ? (entry.mediumType ?? []) : [];
  }
  updateTimes(next, entry);
  if (entry.acl !== undefined) Object.assign(next, readAcl(entry.acl));
  if (entry.owner !== undefined) next.owner = entry.owner;
  if (entry.group !== undefined) next.group = entry.group;
  if (entry.mode !== undefined) next.mode = entry.mode;
  if (entry.ttl !== undefined) next.ttlMs = Number(entry.ttl);
  if (entry.ttlAction !== undefined) next.ttlAction = ttlActionOf(entry.ttlAction);
  if (entry.ufsFingerprint !== undefined) next.fingerprint = entry.ufsFingerprint;
  next.xattr = mergedXattr(inode.xattr, entry);
  return next;
}

function updateTimes(next: Writable<Inode>, entry: fileJournal.UpdateInodeEntry): void {
  if (entry.creationTimeMs !== undefined) next.creationTimeMs = Number(entry.creationTimeMs);
  if (entry.lastModificationTimeMs !== undefined) {
    const time = Number(entry.lastModificationTimeMs);
    if (entry.overwriteModificationTime === true || time > next.modificationTimeMs) next.modificationTimeMs = time;
  }
  if (entry.lastAccessTimeMs !== undefined) {
    const time = Number(entry.lastAccessTimeMs);
    if (entry.overwriteAccessTime === true || time > next.accessTimeMs) next.accessTimeMs = time;
  }
}

function mergedXattr(before: Inode['xattr'], entry: fileJournal.UpdateInodeEntry): Inode['xattr'] {
  const given = xattrOf(entry.xAttr);
  const { XAttrUpdateStrategy } = fileJournal;
  if (given === undefined) return entry.xAttrUpdateStrategy === XAttrUpdateStrategy.TRUNCATE ? undefined : before;
  switch (entry.xAttrUpdateStrategy) {
    case XAttrUpdateStrategy.UNION_REPLACE:
      return new Map([...(before ?? []), ...given]);
    case XAttrUpdateStrategy.UNION_PRESERVE:
      return new Map([...given, ...(before ?? [])]);
    case XAttrUpdateStrategy.DELETE_KEYS: {
      const kept = new Map([...(before ?? [])].filter(([name]) => !given.has(name)));
      return kept.size === 0 ? undefined : kept;
    }
    default:
      return given;
  }
}

export function updatedFile(inode: FileInode, entry: fileJournal.UpdateInodeFileEntry): FileInode {
  const next: Writable<FileInode> = { ...inode };
  if (entry.blockSizeBytes !== undefined) next.blockSizeBytes = Number(entry.blockSizeBytes);
  if (entry.length !== undefined) next.length = Number(entry.length);
  if (entry.completed !== undefined) next.completed = entry.completed;
  if (entry.setBlocks !== undefined && entry.setBlocks.length > 0) next.blocks = entry.setBlocks as BlockId[];
  if (entry.replicationMax !== undefined) next.replicationMax = entry.replicationMax;
  if (entry.replicationMin !== undefined) next.replicationMin = entry.replicationMin;
  if (entry.persistJobId !== undefined) next.persistJobId = entry.persistJobId;
  if (entry.tempUfsPath !== undefined) next.tempUfsPath = entry.tempUfsPath;
  return next;
}

export function updatedDirectory(inode: DirectoryInode, entry: fileJournal.UpdateInodeDirectoryEntry): DirectoryInode {
  const next: Writable<DirectoryInode> = { ...inode };
  if (entry.mountPoint !== undefined) next.mountPoint = entry.mountPoint;
  if (entry.directChildrenLoaded !== undefined) next.childrenLoaded = entry.directChildrenLoaded;
  if (entry.defaultAcl !== undefined) next.defaultAcl = readDefaultAcl(entry.defaultAcl);
  return next;
}

/** The file with one block more: the next of its container. */
export function withNewBlock(inode: FileInode, block: BlockId): FileInode {
  invariant(sequenceOf(block) === inode.blocks.length, `Block ${block} is not the next of file ${inode.id}`);
  return { ...inode, blocks: [...inode.blocks, block] };
}

/** Modification and access time moved forward to `timeMs`; the same object when they are not older. */
export function touched(inode: Inode, timeMs: number): Inode {
  if (timeMs <= inode.modificationTimeMs && timeMs <= inode.accessTimeMs) return inode;
  return { ...inode, modificationTimeMs: Math.max(timeMs, inode.modificationTimeMs), accessTimeMs: Math.max(timeMs, inode.accessTimeMs) };
}
