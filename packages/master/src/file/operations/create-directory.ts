import { ROOT_PATH, fail, normalPath, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { inherited } from '../acl.js';
import { settled, type FileContext } from '../context.js';
import { xattrOf } from '../inode-from-entry.js';
import { loadPathLocked, mayBeInStore, requireNotReserved } from '../load-metadata.js';
import { ownershipOf } from '../ownership.js';
import { modeOf, planDirectories, planTouch, requireXattr, ttlOf, withOperationId, xattrAbove } from '../plan.js';
import { makingInStore, parentsToMake, type MadeInStore } from '../store-directories.js';
import { lastOf, missingComponent, parentOf, requireTraversable, targetOf, type Walk } from '../walk.js';
import { requireStoreWritable, requireWritable } from '../writable.js';

const { WritePType } = fs;

const DIRECTORY_MODE = 0o755;

type Reply = fs.CreateDirectoryPResponse;

/**
 * CreateDirectory. For every write type that reaches the store the directory is made there first, then journaled: what a crash leaves
 * in between goes from the store again.
 */
export function createDirectory(c: FileContext, request: fs.CreateDirectoryPRequest, user: string): Reply | Promise<Reply> {
  const path = normalPath(request.path ?? '');
  const options = request.options ?? {};
  if (c.tree.retries.has(options.commonOptions?.operationId)) return {};
  if (c.locks.isFree(path, 'READ')) {
    const walk = check(c, path, options, user);
    // What is there already disturbs nobody who waits below.
    if (targetOf(walk) !== undefined) return {};
    const here = !reachesStore(options) && !(parentOf(walk) === undefined && mayBeInStore(c, walk));
    if (here && c.locks.isFree(path, 'WRITE_EDGE')) return commit(c, walk, options, user, undefined);
  }
  return c.locks.hold([{ path, mode: 'WRITE_EDGE' }], () => createWithStore(c, path, options, user));
}

async function createWithStore(c: FileContext, path: NormalPath, options: fs.CreateDirectoryPOptions, user: string): Promise<Reply> {
  if (c.tree.retries.has(options.commonOptions?.operationId)) return settled(c, {});
  c.committer.requireAccepting();
  await loadPathLocked(c, path, ttlOf(undefined));
  const before = check(c, path, options, user);
  if (targetOf(before) !== undefined) return settled(c, {});
  requireParent(before, options);
  if (!reachesStore(options)) return commit(c, before, options, user, undefined);
  const { owner, group } = ownershipOf(c, user, lastOf(before));
  const directories = [...parentsToMake(c, path, owner, group), { path, owner, group, mode: storedMode(before, options) }];
  return makingInStore(c, directories, user, options.commonOptions?.operationId, (made) =>
    commit(c, check(c, path, options, user), options, user, made),
  );
}

/** As the directory above lets the new one inherit it. */
function storedMode(walk: Walk, options: fs.CreateDirectoryPOptions): number {
  const mode = modeOf(options.mode, DIRECTORY_MODE);
  const above = lastOf(walk);
  return above.kind === 'directory' ? inherited(above, mode).mode : mode;
}

function check(c: FileContext, path: NormalPath, options: fs.CreateDirectoryPOptions, user: string): Walk {
  if (path === ROOT_PATH) throw fail('alreadyExists', 'Not allowed to create existing root path: /');
  const walk = c.tree.walk(path);
  c.permissions.requireParentWrite(user, walk);
  requireTraversable(walk);
  requireWritable(c, path);
  const existing = targetOf(walk);
  if (existing !== undefined) {
    if (options.allowExists !== true) throw fail('alreadyExists', `Not allowed to create directory because path already exists: ${path}`);
    if (existing.kind === 'file') throw fail('internal', `Inode ${existing.name} is not a directory`);
    return walk;
  }
  requireNotReserved(c, path);
  requireXattr(path, options.xattr);
  if (reachesStore(options)) requireStoreWritable(c, path);
  if (!mayBeInStore(c, walk)) requireParent(walk, options);
  return walk;
}

function requireParent(walk: Walk, options: fs.CreateDirectoryPOptions): void {
  if (parentOf(walk) === undefined && options.recursive !== true) throw missingComponent(walk);
}

/** With ASYNC_THROUGH a directory comes to the store with the first file below it that is persisted. */
function reachesStore({ writeType }: fs.CreateDirectoryPOptions): boolean {
  return writeType === WritePType.THROUGH || writeType === WritePType.CACHE_THROUGH;
}

function commit(
  c: FileContext,
  walk: Walk,
  options: fs.CreateDirectoryPOptions,
  user: string,
  stored: MadeInStore | undefined,
): Promise<Reply> {
  requireParent(walk, options);
  const nowMs = c.clock.nowMs();
  const plan: JournalEntry[] = [];
  const parent = lastOf(walk);
  planTouch(plan, parent, nowMs);
  const persisted = reachesStore(options);
  planDirectories(
    c,
    plan,
    walk,
    walk.names.length,
    {
      ...ownershipOf(c, user, parent),
      mode: modeOf(options.mode, DIRECTORY_MODE),
      persistence: persisted ? 'PERSISTED' : 'NOT_PERSISTED',
      // It was not in the store a moment ago, so nothing in it is unknown.
      childrenLoaded: persisted,
      ...ttlOf(options.commonOptions),
      xattr: xattrOf(options.xattr),
      xattrAbove: xattrAbove(options),
      mountPoint: false,
      fingerprints: stored?.fingerprints,
    },
    nowMs,
  );
  withOperationId(plan, options.commonOptions?.operationId);
  return c.committer.commit(stored === undefined ? plan : [...plan, ...stored.entries()]).then(() => ({}));
}
