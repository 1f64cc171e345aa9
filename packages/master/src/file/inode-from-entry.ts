import { NO_PARENT, type BlockId, type InodeId } from '@alluvium/base';
import { ownString, sharedString, type DirectoryInode, type FileInode, type PersistenceState, type TtlAction } from '@alluvium/metastore';
import type { fileJournal } from '@alluvium/wire';
import { readAcl, readDefaultAcl, type OwnedMode } from './acl-message.js';

// What inode_file and inode_directory entries say: the complete state of an inode. A field that is absent has protobuf's default,
// except that absent TTL and replication maximum mean none.

const TTL_ACTIONS: readonly TtlAction[] = ['DELETE', 'FREE', 'DELETE_ALLUXIO'];
const NO_MEDIA: readonly string[] = [];
const NO_BLOCKS: readonly BlockId[] = [];

export function ttlActionOf(action: fileJournal.PTtlAction | undefined): TtlAction {
  return TTL_ACTIONS[action ?? 0] ?? 'DELETE';
}

export function persistenceOf(text: string | undefined): PersistenceState {
  return text === 'PERSISTED' || text === 'TO_BE_PERSISTED' || text === 'LOST' ? text : 'NOT_PERSISTED';
}

/** Copies the values: those of a decoded message are views into what was received. */
export function xattrOf(map: Readonly<Record<string, Uint8Array>> | undefined): ReadonlyMap<string, Uint8Array> | undefined {
  let out: Map<string, Uint8Array> | undefined;
  for (const name in map) {
    out ??= new Map();
    out.set(name, Uint8Array.from(map[name]!));
  }
  return out;
}

function ownedModeOf(entry: fileJournal.InodeFileEntry | fileJournal.InodeDirectoryEntry): OwnedMode {
  if (entry.acl !== undefined) return readAcl(entry.acl);
  return { owner: sharedString(entry.owner ?? ''), group: sharedString(entry.group ?? ''), mode: entry.mode ?? 0, acl: undefined };
}

function ms(value: bigint | undefined, absent: number): number {
  return value === undefined ? absent : Number(value);
}

export function fileFromEntry(entry: fileJournal.InodeFileEntry): FileInode {
  const owned = ownedModeOf(entry);
  const creationTimeMs = ms(entry.creationTimeMs, 0);
  const modificationTimeMs = ms(entry.lastModificationTimeMs, creationTimeMs);
  return {
    kind: 'file',
    id: (entry.id ?? 0n) as InodeId,
    parentId: (entry.parentId ?? NO_PARENT) as InodeId,
    name: ownString(entry.name ?? ''),
    owner: owned.owner,
    group: owned.group,
    mode: owned.mode,
    acl: owned.acl,
    creationTimeMs,
    modificationTimeMs,
    accessTimeMs: ms(entry.lastAccessTimeMs, modificationTimeMs),
    persistence: persistenceOf(entry.persistenceState),
    pinned: entry.pinned ?? false,
    pinnedMedia: entry.mediumType ?? NO_MEDIA,
    ttlMs: ms(entry.ttl, -1),
    ttlAction: ttlActionOf(entry.ttlAction),
    fingerprint: entry.ufsFingerprint ?? '',
    xattr: xattrOf(entry.xAttr),
    blockSizeBytes: ms(entry.blockSizeBytes, 0),
    length: ms(entry.length, 0),
    completed: entry.completed ?? false,
    blocks: (entry.blocks as readonly BlockId[] | undefined) ?? NO_BLOCKS,
    replicationMax: entry.replicationMax ?? -1,
    replicationMin: entry.replicationMin ?? 0,
    replicationDurable: entry.replicationDurable ?? 1,
    persistJobId: entry.persistJobId ?? -1n,
    tempUfsPath: entry.tempUfsPath ?? '',
    shouldPersistTimeMs: ms(entry.shouldPersistTime, -1),
  };
}

export function directoryFromEntry(entry: fileJournal.InodeDirectoryEntry): DirectoryInode {
  const owned = ownedModeOf(entry);
  const creationTimeMs = ms(entry.creationTimeMs, 0);
  const modificationTimeMs = ms(entry.lastModificationTimeMs, creationTimeMs);
  return {
    kind: 'directory',
    id: (entry.id ?? 0n) as InodeId,
    parentId: (entry.parentId ?? NO_PARENT) as InodeId,
    name: ownString(entry.name ?? ''),
    owner: owned.owner,
    group: owned.group,
    mode: owned.mode,
    acl: owned.acl,
    creationTimeMs,
    modificationTimeMs,
    accessTimeMs: ms(entry.lastAccessTimeMs, modificationTimeMs),
    persistence: persistenceOf(entry.persistenceState),
    pinned: entry.pinned ?? false,
    pinnedMedia: entry.mediumType ?? NO_MEDIA,
    ttlMs: ms(entry.ttl, -1),
    ttlAction: ttlActionOf(entry.ttlAction),
    // An inode_directory entry has no fingerprint: an update_inode entry follows it.
    fingerprint: '',
    xattr: xattrOf(entry.xAttr),
    mountPoint: entry.mountPoint ?? false,
    childrenLoaded: entry.directChildrenLoaded ?? false,
    defaultAcl: readDefaultAcl(entry.defaultAcl),
  };
}
