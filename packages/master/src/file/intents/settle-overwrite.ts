import type { NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { FileContext } from '../context.js';
import { storePath } from '../../mount/mount.js';
import { planRemove, renameEntry, withOperationId } from '../plan.js';
import { parentOf, targetOf } from '../walk.js';
import { endEntry, type StoreIntent } from './store-intents.js';

/**
 * A stored file that was to make room for another: when it is gone from the store it goes here. A successor that was to be created
 * was never journaled; one that was to be renamed, from `from`, is.
 */
export async function settleOverwrite(c: FileContext, { id, inode: file, path: from, target, operation }: StoreIntent): Promise<void> {
  const path = file === undefined ? undefined : c.tree.pathOf(file);
  const mount = path === undefined ? undefined : c.mounts.resolve(path);
  const there = mount === undefined ? undefined : await mount.store.status(storePath(mount, path!));
  const plan = [endEntry(id)];
  const inode = file === undefined ? undefined : c.tree.get(file);
  const gone = there === undefined && inode?.kind === 'file' && (target === undefined || path === target);
  const freed = gone ? planRemove(plan, inode, path!, c.clock.nowMs(), false) : undefined;
  const renamed = freed === undefined || target === undefined ? [] : successorEntries(c, from, target);
  await c.committer.commit([...plan, ...withOperationId(renamed, operation)]);
  if (freed !== undefined && freed.length > 0) c.blocks.free(freed);
}

/** None when the successor is not there any more. */
function successorEntries(c: FileContext, from: NormalPath, to: NormalPath): JournalEntry[] {
  const source = targetOf(c.tree.walk(from));
  const parent = parentOf(c.tree.walk(to));
  if (source?.kind !== 'file' || parent?.kind !== 'directory') return [];
  return [renameEntry(source.id, parent.id, from, to, c.clock.nowMs())];
}
