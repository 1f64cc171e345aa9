import type { NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { storePath } from '../mount/mount.js';
import type { FileContext } from './context.js';
import { fingerprintOf } from './fingerprint-of.js';
import { MISSING_PARENT_MODE } from './plan.js';
import { pathAt } from './walk.js';

/**
 * Makes the directories above `path` that the store lacks, from the top, and then marks those that the namespace has as PERSISTED.
 * Directories that the namespace lacks too are made for `owner`; the caller journals them. The caller holds a lock on `path`.
 *
 * A crash in between leaves directories in the store that the next attempt, or the next look at them, finds there.
 */
export async function makeStoreParents(c: FileContext, path: NormalPath, owner: string, group: string): Promise<void> {
  const mount = c.mounts.resolve(path);
  const before = c.tree.walk(path);
  const made: { readonly path: NormalPath; readonly fingerprint: string }[] = [];
  for (let index = 1; index < before.names.length; index++) {
    const at = pathAt(before, index);
    const inode = before.inodes[index];
    if (at.length <= mount.path.length || inode?.persistence === 'PERSISTED') continue;
    const like = inode ?? { owner, group, mode: MISSING_PARENT_MODE };
    await mount.store.makeDirectory(storePath(mount, at), { owner: like.owner, group: like.group, mode: like.mode });
    const status = await mount.store.status(storePath(mount, at));
    c.absent.forget(at);
    made.push({ path: at, fingerprint: status === undefined ? '' : fingerprintOf(mount.store, status) });
  }
  const after = c.tree.walk(path);
  const plan: JournalEntry[] = [];
  for (const { path: at, fingerprint } of made) {
    const inode = after.inodes.find((_, index) => pathAt(after, index) === at);
    if (inode !== undefined && inode.persistence !== 'PERSISTED')
      plan.push({ updateInode: { id: inode.id, persistenceState: 'PERSISTED', ufsFingerprint: fingerprint } });
  }
  if (plan.length > 0) await c.committer.commit(plan);
}
