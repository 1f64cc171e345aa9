import { kindOf, parentPath, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { storePath } from '../../mount/mount.js';
import type { FileContext } from '../context.js';
import { fingerprintOf } from '../fingerprint-of.js';
import { loadPathLocked } from '../load-metadata.js';
import { ttlOf } from '../plan.js';
import { isFound, targetOf } from '../walk.js';
import { endEntry, type StoreIntent } from './store-intents.js';

/**
 * Directories that were to be made in a store, for an operation that did not get to its end: those that nobody here has a name for go
 * again if they are empty, the others are marked as stored.
 */
export async function settleDirectories(c: FileContext, { id, path: top, target, operation }: StoreIntent): Promise<void> {
  const made: NormalPath[] = [];
  for (let at = target ?? top; at.length >= top.length; at = parentPath(at)) made.push(at);
  if (!(await takeBack(c, made)) && target !== undefined) await loadPathLocked(c, target, ttlOf(undefined));
  const plan: JournalEntry[] = [endEntry(id)];
  for (const at of made) {
    const inode = targetOf(c.tree.walk(at));
    if (inode?.kind !== 'directory' || inode.persistence === 'PERSISTED') continue;
    const mount = c.mounts.resolve(at);
    const status = await mount.store.status(storePath(mount, at));
    if (status?.directory === true && c.tree.get(inode.id) !== undefined)
      plan.push({ updateInode: { id: inode.id, persistenceState: 'PERSISTED', ufsFingerprint: fingerprintOf(mount.store, status) } });
  }
  // Whoever asked for the directory, and asks again, has it, though others have put something into it.
  if (operation !== undefined && target !== undefined && isFound(c.tree.walk(target)))
    plan.push({
      updateInode: {},
      operationId: { mostSignificantBits: operation.mostSignificantBits, leastSignificantBits: operation.leastSignificantBits },
    });
  await c.committer.commit(plan);
}

/** False when something is in one of them. */
async function takeBack(c: FileContext, made: readonly NormalPath[]): Promise<boolean> {
  for (const at of made) {
    if (isFound(c.tree.walk(at))) return true;
    const mount = c.mounts.resolve(at);
    try {
      await mount.store.removeDirectory(storePath(mount, at), { recursive: false });
    } catch (error) {
      if (kindOf(error) !== 'failedPrecondition') throw error;
      return false;
    }
  }
  return true;
}
