// The complete state of an inode as Alluxio writes it: owner, group and mode lie in an AccessControlList, and every field is there.
import type { JournalEntry } from '@alluvium/journal';
import type { DirectoryInode, FileInode } from '@alluvium/metastore';
import { fileJournal, type acl as wire } from '@alluvium/wire';
import { writeAcl, writeDefaultAcl } from '../file/acl-message.js';
import { xattrMessage } from '../file/inode-to-entry.js';

const { PTtlAction } = fileJournal;

/**
 * A file. The order that persists it and that order's temporary path are not told: they mean nothing elsewhere, and the file is
 * persisted anew.
 */
export function fileForAlluxio(inode: FileInode): JournalEntry {
  return {
    inodeFile: {
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
      blocks: [...inode.blocks],
      ttl: BigInt(inode.ttlMs),
      ttlAction: PTtlAction[inode.ttlAction],
      ufsFingerprint: inode.fingerprint,
      acl: writeAcl(inode),
      replicationMax: inode.replicationMax,
      replicationMin: inode.replicationMin,
      replicationDurable: inode.replicationDurable,
      persistJobId: -1n,
      tempUfsPath: '',
      mediumType: [...inode.pinnedMedia],
      ...(inode.shouldPersistTimeMs !== unsaidPersistTimeMs(inode.persistence) && {
        shouldPersistTime: BigInt(inode.shouldPersistTimeMs),
      }),
      ...(inode.xattr !== undefined && { xAttr: xattrMessage(inode.xattr) }),
    },
  };
}

/** From when on a file is to be persisted whose entry does not say so, as Alluxio's never do: at once, or not by itself. */
export function unsaidPersistTimeMs(persistence: string | undefined): 0 | -1 {
  return persistence === 'TO_BE_PERSISTED' ? 0 : -1;
}

/** A directory, and what it is in its store: the entry that makes a directory has no place for that. */
export function directoryForAlluxio(inode: DirectoryInode): JournalEntry[] {
  const made: JournalEntry = {
    inodeDirectory: {
      id: inode.id,
      parentId: inode.parentId,
      name: inode.name,
      persistenceState: inode.persistence,
      pinned: inode.pinned,
      creationTimeMs: BigInt(inode.creationTimeMs),
      lastModificationTimeMs: BigInt(inode.modificationTimeMs),
      lastAccessTimeMs: BigInt(inode.accessTimeMs),
      mountPoint: inode.mountPoint,
      directChildrenLoaded: inode.childrenLoaded,
      ttl: BigInt(inode.ttlMs),
      ttlAction: PTtlAction[inode.ttlAction],
      acl: writeAcl(inode),
      defaultAcl: defaultAclOf(inode),
      mediumType: [...inode.pinnedMedia],
      ...(inode.xattr !== undefined && { xAttr: xattrMessage(inode.xattr) }),
    },
  };
  return inode.fingerprint === '' ? [made] : [made, { updateInode: { id: inode.id, ufsFingerprint: inode.fingerprint } }];
}

const NOBODY = { mode: 0, users: new Map<string, number>(), groups: new Map<string, number>(), mask: undefined };

function defaultAclOf({ owner, group, defaultAcl }: DirectoryInode): wire.AccessControlList {
  if (defaultAcl !== undefined) return writeDefaultAcl(owner, group, defaultAcl);
  return { ...writeDefaultAcl(owner, group, NOBODY), isEmpty: true };
}
