import type { JournalEntry } from '@alluvium/journal';
import type { Inode } from '@alluvium/metastore';
import { fileJournal, type fileSystemMaster as fs } from '@alluvium/wire';
import { MEDIA } from './check-attributes.js';
import { TTL_ACTIONS, modeOf, safeNumber } from './plan.js';

// What SetAttribute makes of one inode: a pure function of the inode, the options, the time, and what the store said.

type Options = fs.SetAttributePOptions;

/** The entries that change one inode. `fingerprint`: of its object after a change in the store; undefined when there was none. */
export function planAttributes(inode: Inode, options: Options, nowMs: number, fingerprint: string | undefined): JournalEntry[] {
  const plan: JournalEntry[] = [];
  const update: fileJournal.UpdateInodeEntry = { id: inode.id };
  if (options.pinned !== undefined) addPin(update, options.pinned, options.pinnedMedia ?? []);
  const file = replicationOf(inode, options);
  if (file !== undefined) {
    plan.push({ updateInodeFile: file });
    if (changesReplication(options)) addPin(update, file.replicationMin! > 0, update.mediumType ?? inode.pinnedMedia);
  }
  const { ttl, ttlAction } = options.commonOptions ?? {};
  if (ttl !== undefined) update.ttl = BigInt(safeNumber(ttl));
  // An action alone is for the time that the inode has; a time alone keeps the action.
  if (ttlAction !== undefined) update.ttlAction = fileJournal.PTtlAction[TTL_ACTIONS[ttlAction] ?? 'DELETE'];
  if (options.owner !== undefined) update.owner = options.owner;
  if (options.group !== undefined) update.group = options.group;
  if (options.mode !== undefined) update.mode = modeOf(options.mode, inode.mode);
  if (fingerprint !== undefined) update.ufsFingerprint = fingerprint;
  if (options.persisted === true && inode.kind === 'file') update.persistenceState = 'PERSISTED';
  addXattr(update, options);
  if (update.pinned !== undefined || ttl !== undefined || ttlAction !== undefined) update.lastModificationTimeMs = BigInt(nowMs);
  plan.push({ updateInode: update });
  if (options.directChildrenLoaded !== undefined && inode.kind === 'directory') {
    plan.push({ updateInodeDirectory: { id: inode.id, directChildrenLoaded: options.directChildrenLoaded } });
  }
  return plan;
}

/** Whether the options go to everything below a directory, as Alluxio has it: pins and numbers of copies always do. */
export function reachesBelow(options: Options): boolean {
  return options.recursive === true || options.pinned !== undefined || changesReplication(options);
}

export function changesReplication(options: Options): boolean {
  return options.replicationMin !== undefined || options.replicationMax !== undefined;
}

function addPin(update: fileJournal.UpdateInodeEntry, pinned: boolean, media: readonly string[]): void {
  update.pinned = pinned;
  update.mediumType = pinned ? MEDIA.filter((medium) => media.includes(medium)) : [];
}

/** A pinned file has at least one copy, and a file that must have copies is pinned: the number has the last word. */
function replicationOf(inode: Inode, options: Options): fileJournal.UpdateInodeFileEntry | undefined {
  if (inode.kind === 'directory' || (options.pinned === undefined && !changesReplication(options))) return undefined;
  let least = inode.replicationMin;
  if (options.pinned !== undefined) least = options.pinned ? Math.max(least, 1) : 0;
  return {
    id: inode.id,
    replicationMin: options.replicationMin ?? least,
    ...(options.replicationMax !== undefined && { replicationMax: options.replicationMax }),
  };
}

/** Without a name nothing is changed, whatever the strategy. */
function addXattr(update: fileJournal.UpdateInodeEntry, options: Options): void {
  if (options.xattr === undefined || Object.keys(options.xattr).length === 0) return;
  update.xAttr = options.xattr;
  update.xAttrUpdateStrategy = options.xattrUpdateStrategy ?? fileJournal.XAttrUpdateStrategy.TRUNCATE;
}
