import { kindOf } from '@alluvium/base';
import type { FileContext } from '../context.js';
import { RemovalFromStore } from '../remove-from-store.js';
import { endEntry, type StoreIntent } from './store-intents.js';

/**
 * A removal that was cut off goes on to its end: what of it was done cannot be taken back. What cannot go stays here and in the
 * store, as if its first attempt had come to it.
 */
export async function settleRemoval(c: FileContext, { id, inode: removed, user, unchecked, operation }: StoreIntent): Promise<void> {
  const inode = removed === undefined ? undefined : c.tree.get(removed);
  const path = inode === undefined ? undefined : c.tree.pathOf(inode.id);
  if (inode === undefined || path === undefined) return c.committer.commit([endEntry(id)]);
  const removal = new RemovalFromStore(c, user, { alluxioOnly: false, unchecked: unchecked === true }, operation, endEntry(id));
  try {
    await removal.run(inode, path);
  } catch (error) {
    if (c.tree.intents.get(id) !== undefined) throw removal.unsure ?? error;
    if (kindOf(error) !== 'failedPrecondition') throw error;
    c.log.info('a removal that was cut off could not remove everything', { path });
  }
}
