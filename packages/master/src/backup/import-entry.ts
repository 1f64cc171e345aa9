// What the entries of a backup mean here. Those of today's Alluxio mean what they mean in our journal, but for what cannot be carried
// on: the order that persists a file. Those of older versions become the ones that took their place.
import { fail, normalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { fileJournal } from '@alluvium/wire';
import type { InodeTree } from '../file/inode-tree.js';
import { safeNumber } from '../file/plan.js';
import { unsaidPersistTimeMs } from './to-alluxio.js';

/** Kinds that change the state as they are. */
const AS_THEY_ARE = [
  'blockInfo',
  'updateInodeDirectory',
  'inodeDirectoryIdGenerator',
  'newBlock',
  'setAcl',
  'deleteFile',
  'addMountPoint',
  'deleteMountPoint',
  'updateUfsMode',
  'deleteBlock',
  'blockContainerIdGenerator',
  'pathProperties',
  'removePathProperties',
  'clusterInfo',
] as const satisfies readonly (keyof JournalEntry)[];

/**
 * The entries to apply for one of a backup; none when it has no meaning here. An entry may hold one of ours beside Alluxio's, which
 * Alluxio does not see.
 */
export function importEntry(entry: JournalEntry, tree: InodeTree): JournalEntry[] {
  const own = importOwn(entry);
  // Of these there are millions.
  if (entry.inodeFile !== undefined) return [{ inodeFile: importFile(entry.inodeFile) }, ...own];
  if (entry.inodeDirectory !== undefined)
    return [{ inodeDirectory: { ...entry.inodeDirectory, ttl: importTtl(entry.inodeDirectory.ttl) } }, ...own];
  if (entry.journalEntries !== undefined && entry.journalEntries.length > 0)
    return [...entry.journalEntries.flatMap((part) => importEntry(part, tree)), ...own];
  for (const kind of AS_THEY_ARE) if (entry[kind] !== undefined) return [{ [kind]: entry[kind] }, ...own];
  if (entry.updateInode !== undefined)
    return [{ updateInode: withoutAbsent({ ...entry.updateInode, ttl: importTtl(entry.updateInode.ttl) }) }, ...own];
  if (entry.updateInodeFile !== undefined) {
    const { persistJobId: _order, tempUfsPath: _path, ...rest } = entry.updateInodeFile;
    return [{ updateInodeFile: rest }, ...own];
  }
  if (entry.rename !== undefined) return [{ rename: importRename(entry.rename, tree) }, ...own];
  return [...importOld(entry), ...own];
}

/** The name of an entry's kind as a person may look it up. */
export function kindOfEntry(entry: JournalEntry): string {
  for (const [name, value] of Object.entries(entry)) {
    const beside = name === 'sequenceNumber' || name === 'operationId' || name === 'alluvium' || name === '_unknownFields';
    if (!beside && value !== undefined && !(Array.isArray(value) && value.length === 0)) return name;
  }
  if (entry.alluvium !== undefined) return Object.entries(entry.alluvium).find(([, value]) => value !== undefined)?.[0] ?? 'alluvium';
  const [tag] = Object.keys(entry._unknownFields ?? {});
  return tag === undefined ? 'empty' : `field ${Number(tag) >>> 3}`;
}

/** What was under way in a store is not taken up again: by now something else may lie at its path. */
function importOwn({ alluvium }: JournalEntry): JournalEntry[] {
  return alluvium?.persistAttempt !== undefined || alluvium?.mountPause !== undefined ? [{ alluvium }] : [];
}

function importFile(file: fileJournal.InodeFileEntry): fileJournal.InodeFileEntry {
  const shouldPersistTime = file.shouldPersistTime ?? BigInt(unsaidPersistTimeMs(file.persistenceState));
  return { ...file, ttl: importTtl(file.ttl), shouldPersistTime, persistJobId: -1n, tempUfsPath: '' };
}

function importTtl(ttl: bigint | undefined): bigint | undefined {
  return ttl === undefined ? undefined : BigInt(safeNumber(ttl));
}

function importRename(rename: fileJournal.RenameEntry, tree: InodeTree): fileJournal.RenameEntry {
  const { dstPath } = rename;
  if (dstPath === undefined || rename.newParentId !== undefined) return rename;
  const walk = tree.walk(normalPath(dstPath));
  const parent = walk.inodes[walk.names.length - 1];
  const newName = walk.names.at(-1);
  if (parent === undefined || newName === undefined) throw fail('invalidArgument', `there is no directory that "${dstPath}" could be in`);
  return { ...rename, newParentId: parent.id, newName };
}

/** Kinds that versions before 2.0 wrote. */
function importOld(entry: JournalEntry): JournalEntry[] {
  const { completeFile, persistDirectory, asyncPersistRequest, inodeLastModificationTime, setAttribute } = entry;
  if (persistDirectory !== undefined) return [{ updateInode: { id: persistDirectory.id, persistenceState: 'PERSISTED' } }];
  if (asyncPersistRequest !== undefined) return [{ updateInode: { id: asyncPersistRequest.fileId, persistenceState: 'TO_BE_PERSISTED' } }];
  if (inodeLastModificationTime !== undefined) {
    const { id, lastModificationTimeMs } = inodeLastModificationTime;
    return [{ updateInode: withoutAbsent({ id, lastModificationTimeMs }) }];
  }
  if (completeFile !== undefined) {
    const { id, length, blockIds, opTimeMs: lastModificationTimeMs, ufsFingerprint } = completeFile;
    return [
      { updateInodeFile: { id, length: length ?? 0n, completed: true, setBlocks: blockIds ?? [] } },
      { updateInode: withoutAbsent({ id, lastModificationTimeMs, ufsFingerprint, overwriteModificationTime: true }) },
    ];
  }
  return setAttribute === undefined ? [] : importSetAttribute(setAttribute);
}

function importSetAttribute(entry: fileJournal.SetAttributeEntry): JournalEntry[] {
  const { id, pinned, owner, group, permission, ttlAction, ufsFingerprint, persisted, replicationMax, replicationMin } = entry;
  const updateInode = withoutAbsent({
    id,
    pinned,
    owner,
    group,
    mode: permission === undefined ? undefined : permission & 0o777,
    ttl: importTtl(entry.ttl),
    ttlAction,
    ufsFingerprint,
    persistenceState: persisted === undefined ? undefined : persisted ? 'PERSISTED' : 'NOT_PERSISTED',
  });
  if (replicationMax === undefined && replicationMin === undefined) return [{ updateInode }];
  return [{ updateInode }, { updateInodeFile: withoutAbsent({ id, replicationMax, replicationMin }) }];
}

function withoutAbsent<T extends object>(message: T): T {
  return Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined)) as T;
}
