import { joinPath, type BlockId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { DirectoryInode, Inode } from '@alluvium/metastore';
import type { UfsStatus } from '@alluvium/ufs';
import type { fileJournal } from '@alluvium/wire';
import type { Mount } from '../../mount/mount.js';
import { fingerprintOf } from '../fingerprint-of.js';
import { loadedMode, planLoad } from '../load-metadata.js';
import { planRemove } from '../plan.js';
import { decide } from './decide.js';
import type { DirectoryFigures } from './sync-figures.js';
import type { SyncScope } from './sync-scope.js';

/** What a batch of names comes to: to be committed in the synchronous stretch in which it was planned. */
export interface NamePlan {
  readonly entries: JournalEntry[];
  readonly freed: BlockId[];
  /** Directories that are gone from the store, and what is there instead: too much for one stretch. */
  readonly gone: { readonly inode: DirectoryInode; readonly instead: UfsStatus | undefined }[];
}

export function newNamePlan(): NamePlan {
  return { entries: [], freed: [], gone: [] };
}

/**
 * Plans for one name of a directory what makes the namespace agree with the store. `status` is what the store said after `moment`;
 * a name that the namespace has changed itself since then, or is changing now, is left alone. Answers whether it was looked at.
 */
export function planName(
  scope: SyncScope,
  plan: NamePlan,
  at: { readonly mount: Mount; readonly directory: DirectoryInode; readonly path: NormalPath; readonly moment: number },
  name: string,
  status: UfsStatus | undefined,
  figures: DirectoryFigures,
): boolean {
  const { c } = scope;
  const { mount, directory } = at;
  const path = joinPath(at.path, name);
  const inode = c.tree.child(directory.id, name);
  if (inode?.kind === 'directory' && inode.mountPoint && c.mounts.at(path) !== mount) return true;
  const fingerprint = status === undefined ? '' : fingerprintOf(mount.store, status);
  const action = decide(inode, status, fingerprint, inode?.kind === 'directory' && c.mounts.within(path).length > 0);
  if (action === 'unchanged' && inode === undefined) return true;
  if (action === 'unchanged' || action === 'skip') {
    figures.count(action === 'skip' ? 'skipped' : 'unchanged');
    return true;
  }
  const goes = action === 'remove' || action === 'replace';
  if (c.sync.changed.since(directory.id, name, at.moment, scope.changer) || !c.locks.isFree(path, goes ? 'WRITE_EDGE' : 'READ')) {
    figures.count('skipped');
    return false;
  }
  if (inode?.kind === 'directory' && goes) {
    plan.gone.push({ inode, instead: status });
    return true;
  }
  figures.count(action === 'create' ? 'created' : action === 'remove' ? 'removed' : 'updated');
  if (scope.options.dryRun) return true;
  if (action === 'update') plan.entries.push(updateEntry(mount, inode!, status!, fingerprint));
  if (goes) for (const block of planRemove(plan.entries, inode!, path, c.clock.nowMs(), true)) plan.freed.push(block);
  if (action === 'create' || action === 'replace') {
    c.absent.forget(path);
    planLoad(c, plan.entries, mount, directory, status!, scope.options.load);
  }
  return true;
}

/** Owner, group and mode as the store has them, where it has any. */
function updateEntry(mount: Mount, inode: Inode, status: UfsStatus, fingerprint: string): JournalEntry {
  const update: fileJournal.UpdateInodeEntry = { id: inode.id, ufsFingerprint: fingerprint };
  if (inode.persistence !== 'PERSISTED') update.persistenceState = 'PERSISTED';
  if (mount.store.capabilities.permissions) {
    update.owner = status.owner;
    update.group = status.group;
    update.mode = loadedMode(mount, status);
  }
  return { updateInode: update };
}
