import { fail, normalPath, type BlockId, type InodeId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Inode } from '@alluvium/metastore';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import { settled, type FileContext } from '../context.js';
import { withIntent } from '../intents/with-intent.js';
import { loadChildrenLocked, loadPathLocked, mayBeInStore } from '../load-metadata.js';
import { mayBeStored } from '../may-be-stored.js';
import { EXECUTE, WRITE } from '../permissions.js';
import { planRemove, ttlOf, withOperationId } from '../plan.js';
import { RemovalFromStore } from '../remove-from-store.js';
import { fewBelow, type InodeAt } from '../subtree/few-below.js';
import { isFound, requireFound, requireTraversable, targetOf, type Walk } from '../walk.js';
import { requireWritable } from '../writable.js';

type Reply = fs.DeletePResponse;

/** More blocks than this are removed in several journal operations, so that others get their turn. */
const MAX_BLOCKS_AT_ONCE = 2000;

/**
 * Remove. What is only here goes in one synchronous stretch; what is in a store is removed there first, leaves before their
 * directories, and journaled behind it: what a crash cuts off goes on at the next start. `only`: what has to be at the path, or nothing is removed.
 */
export function remove(c: FileContext, request: fs.DeletePRequest, user: string, only?: InodeId): Reply | Promise<Reply> {
  const path = normalPath(request.path ?? '');
  const options = request.options ?? {};
  if (c.tree.retries.has(options.commonOptions?.operationId)) return {};
  if (c.locks.isFree(path, 'WRITE_EDGE')) {
    const walk = c.tree.walk(path);
    if (isFound(walk) || !mayBeInStore(c, walk)) {
      const inode = check(c, walk, options, user, only);
      const doomed = collect(c, inode, path, options, user);
      if (doomed !== undefined) return removeNow(c, doomed, options);
    }
  }
  return c.locks.hold([{ path, mode: 'WRITE_EDGE' }], () => removeWithStore(c, path, options, user, only));
}

async function removeWithStore(
  c: FileContext,
  path: NormalPath,
  options: fs.DeletePOptions,
  user: string,
  only: InodeId | undefined,
): Promise<Reply> {
  if (c.tree.retries.has(options.commonOptions?.operationId)) return settled(c, {});
  c.committer.requireAccepting();
  await loadPathLocked(c, path, ttlOf(undefined));
  if (hasUnseenChildren(targetOf(c.tree.walk(path))) && options.alluxioOnly !== true && options.unchecked !== true)
    await loadChildrenLocked(c, path, ttlOf(undefined));
  const inode = check(c, c.tree.walk(path), options, user, only);
  const unchecked = options.unchecked === true;
  const { operationId } = options.commonOptions ?? {};
  const removal = (...end: JournalEntry[]): Promise<void> =>
    new RemovalFromStore(c, user, { alluxioOnly: options.alluxioOnly === true, unchecked }, operationId, ...end).run(inode, path);
  // What is below a directory is in the store only when the directory is, or where another store is mounted.
  const stored = inode.persistence === 'PERSISTED' || c.mounts.within(path).length > 0;
  if (options.alluxioOnly === true || !stored) await removal();
  else await withIntent(c, { kind: 'REMOVE', inode: inode.id, path, user, operation: operationId, unchecked }, removal);
  return {};
}

function hasUnseenChildren(inode: Inode | undefined): boolean {
  return inode?.kind === 'directory' && !inode.childrenLoaded && inode.persistence === 'PERSISTED';
}

function check(c: FileContext, walk: Walk, options: fs.DeletePOptions, user: string, only: InodeId | undefined): Inode {
  const { path } = walk;
  c.permissions.requireParentWrite(user, walk);
  requireTraversable(walk);
  const inode = requireFound(walk);
  if (only !== undefined && inode.id !== only) throw fail('aborted', `Cannot delete "${path}": something else is there by now`);
  if (options.recursive !== true && inode.kind === 'directory' && c.tree.childCount(inode.id) > 0) {
    throw fail('failedPrecondition', `Cannot delete non-empty directory ${inode.name} because recursive is set to false`);
  }
  if (options.alluxioOnly !== true) requireWritable(c, path);
  const mounts = c.mounts.within(path);
  if (path === '/' || (mounts.length > 0 && options.deleteMountPoint !== true)) {
    throw fail(
      'permissionDenied',
      `Cannot delete path ${path} which is or contains a mount point without --deleteMountPoint/-m option specified`,
    );
  }
  for (const mount of mounts) {
    if (options.alluxioOnly !== true) requireWritable(c, mount.path);
  }
  return inode;
}

/**
 * The inode and all below it, parents first; undefined when they have to be removed step by step: a store has some of them, they
 * are many, or not all may be removed.
 */
function collect(c: FileContext, inode: Inode, path: NormalPath, options: fs.DeletePOptions, user: string): InodeAt[] | undefined {
  const few = fewBelow(c, inode, path);
  let blocks = 0;
  for (const [at] of few ?? []) {
    if (mayBeStored(at) && options.alluxioOnly !== true) return undefined;
    if (at.id !== inode.id && !c.permissions.allows(user, at, WRITE)) return undefined;
    if (at.kind === 'directory' && c.tree.childCount(at.id) > 0 && !c.permissions.allows(user, at, EXECUTE)) return undefined;
    if (at.kind === 'directory' && at.mountPoint) return undefined;
    if (at.kind === 'file' && (blocks += at.blocks.length) > MAX_BLOCKS_AT_ONCE) return undefined;
  }
  return few;
}

function removeNow(c: FileContext, doomed: readonly InodeAt[], options: fs.DeletePOptions): Promise<Reply> {
  const nowMs = c.clock.nowMs();
  const plan: JournalEntry[] = [];
  const freed: BlockId[] = [];
  for (let i = doomed.length - 1; i >= 0; i--)
    freed.push(...planRemove(plan, doomed[i]![0], doomed[i]![1], nowMs, options.alluxioOnly === true));
  return c.committer.commit(withOperationId(plan, options.commonOptions?.operationId)).then(() => {
    c.blocks.free(freed);
    return {};
  });
}
