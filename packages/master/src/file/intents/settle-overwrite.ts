import type { FileContext } from '../context.js';
import { storePath } from '../../mount/mount.js';
import { planRemove } from '../plan.js';
import { endEntry, type StoreIntent } from './store-intents.js';

/** A stored file that was to make room for another: when it is gone from the store it goes here. Its successor was never journaled. */
export async function settleOverwrite(c: FileContext, { id, inode: file }: StoreIntent): Promise<void> {
  const path = file === undefined ? undefined : c.tree.pathOf(file);
  const mount = path === undefined ? undefined : c.mounts.resolve(path);
  const there = mount === undefined ? undefined : await mount.store.status(storePath(mount, path!));
  const plan = [endEntry(id)];
  const inode = file === undefined ? undefined : c.tree.get(file);
  const freed = there === undefined && inode?.kind === 'file' ? planRemove(plan, inode, path!, c.clock.nowMs(), false) : [];
  await c.committer.commit(plan);
  if (freed.length > 0) c.blocks.free(freed);
}
