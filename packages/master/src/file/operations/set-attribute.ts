import { fail, kindOf, normalPath, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Inode } from '@alluvium/metastore';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import { storePath, ufsUriOf } from '../../mount/mount.js';
import { changeInStore } from '../change-in-store.js';
import { requireAttributes, requireReplication } from '../check-attributes.js';
import type { FileContext } from '../context.js';
import { fingerprintOf } from '../fingerprint-of.js';
import { withIntent } from '../intents/with-intent.js';
import { loadPathLocked, mayBeInStore } from '../load-metadata.js';
import { WRITE } from '../permissions.js';
import { planAttributes, reachesBelow } from '../plan-attributes.js';
import { modeOf, ttlOf } from '../plan.js';
import { fewBelow, type InodeAt } from '../subtree/few-below.js';
import { workInSlices, type SubtreeWork } from '../subtree/subtree-work.js';
import { isFound, requireFound, type Walk } from '../walk.js';
import { requireStoreWritable, requireWritable } from '../writable.js';

type Reply = fs.SetAttributePResponse;
type Options = fs.SetAttributePOptions;

/** Files that are changed in the store at a time. */
const PARALLEL = 32;

/**
 * SetAttribute: only present fields act. Owner, group and mode of persisted inodes are changed in the store first: when that fails
 * nothing is changed here.
 */
export function setAttribute(c: FileContext, request: fs.SetAttributePRequest, user: string): Reply | Promise<Reply> {
  const path = normalPath(request.path ?? '');
  const options = request.options ?? {};
  if (c.locks.isFree(path, 'READ')) {
    const walk = c.tree.walk(path);
    if (isFound(walk) || !mayBeInStore(c, walk)) {
      const inode = check(c, walk, options, user);
      const few = isRecursive(inode, options) ? fewBelow(c, inode, path) : [[inode, path] as const];
      if (few?.every(([at]) => !concernsStore(at, options)) === true) return setNow(c, few, options, user);
    }
  }
  return c.locks.hold([{ path, mode: 'WRITE_INODE' }], () => setLocked(c, path, options, user));
}

function setNow(c: FileContext, few: readonly InodeAt[], options: Options, user: string): Promise<Reply> {
  for (const [at, atPath] of few.slice(1)) checkDescendant(c, at, atPath, options, user);
  const nowMs = c.clock.nowMs();
  return c.committer.commit(few.flatMap(([at]) => planAttributes(at, options, nowMs, undefined))).then(() => ({}));
}

async function setLocked(c: FileContext, path: NormalPath, options: Options, user: string): Promise<Reply> {
  await loadPathLocked(c, path, ttlOf(undefined));
  const inode = check(c, c.tree.walk(path), options, user);
  c.committer.requireAccepting();
  const recursive = isRecursive(inode, options);
  const set = (...end: JournalEntry[]): Promise<void> =>
    workInSlices(c, { kind: 'setAttribute', path, user }, async (work) => {
      try {
        if (recursive) await checkBelow(c, work, inode, path, options, user);
        await setEach(c, work, recursive ? c.tree.within(inode, path) : [[inode, path]], options);
      } catch (error) {
        // What the store has taken is planned or journaled, unless it did not say, or the journal refused.
        if (work.isCancelled(error) || kindOf(error) === 'permissionDenied') work.plan.push(...end);
        throw error;
      }
      work.plan.push(...end);
    });
  const stored = isChangedInStore(c, inode, path, options) || (recursive && c.mounts.within(path).length > 0);
  if (!changesStore(options) || !stored) await set();
  else {
    const { owner, group } = options;
    const mode = options.mode === undefined ? undefined : modeOf(options.mode, 0);
    await withIntent(c, { kind: 'SET_ATTRIBUTE', inode: inode.id, path, user, owner, group, mode, recursive }, set);
  }
  return {};
}

/** Before the first change: a descendant that may not be changed stops the whole. */
async function checkBelow(
  c: FileContext,
  work: SubtreeWork,
  inode: Inode,
  path: NormalPath,
  options: Options,
  user: string,
): Promise<void> {
  for (const [at, atPath] of c.tree.within(inode, path)) {
    if (at.id !== inode.id) checkDescendant(c, at, atPath, options, user);
    if (work.passed(atPath)) await work.rest();
  }
}

/** Each directory before what is in it; files that are in a store several at a time. */
async function setEach(c: FileContext, work: SubtreeWork, inodes: Iterable<InodeAt>, options: Options): Promise<void> {
  let stored: InodeAt[] = [];
  for (const [at, atPath] of inodes) {
    if (!concernsStore(at, options)) {
      work.plan.push(...planAttributes(at, options, c.clock.nowMs(), undefined));
      if (work.did(atPath)) await work.rest();
      continue;
    }
    if (at.kind === 'file' && stored.push([at, atPath]) < PARALLEL) continue;
    await setStored(c, work, stored, options);
    stored = [];
    if (at.kind === 'directory') await setStored(c, work, [[at, atPath]], options);
  }
  await setStored(c, work, stored, options);
}

/** What the store has taken is planned, also when it refuses another. */
async function setStored(c: FileContext, work: SubtreeWork, stored: readonly InodeAt[], options: Options): Promise<void> {
  const results = await Promise.allSettled(stored.map(([at, atPath]) => changeStore(c, at, atPath, options)));
  let due = false;
  for (const [i, [at, atPath]] of stored.entries()) {
    const result = results[i]!;
    const current = c.tree.get(at.id);
    if (result.status === 'rejected' || current === undefined) continue;
    work.plan.push(...planAttributes(current, options, c.clock.nowMs(), result.value));
    due = work.did(atPath) || due;
  }
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  if (due) await work.rest();
}

function isRecursive(inode: Inode, options: Options): boolean {
  return inode.kind === 'directory' && reachesBelow(options);
}

/** Whether the store has to be asked, or changed, for this inode. */
function concernsStore(inode: Inode, options: Options): boolean {
  if (options.persisted === true) return true;
  return changesStore(options) && inode.persistence === 'PERSISTED';
}

function changesStore(options: Options): boolean {
  return options.owner !== undefined || options.group !== undefined || options.mode !== undefined;
}

function check(c: FileContext, walk: Walk, options: Options, user: string): Inode {
  const { path } = walk;
  c.permissions.requireTraverse(user, walk);
  const inode = requireFound(walk);
  if (options.owner !== undefined) c.permissions.requireSuper(user);
  if (options.group !== undefined || options.mode !== undefined) c.permissions.requireOwner(user, walk);
  if (!changesStore(options)) c.permissions.require(user, walk, WRITE);
  else requireWritable(c, path);
  if (options.owner !== undefined && options.group !== undefined && !c.groupsOf(options.owner).includes(options.group)) {
    throw fail(
      'unknown',
      `Could not update owner:group for ${path} to ${options.owner}:${options.group}. alluxio.exception.status.FailedPreconditionException: Owner ${options.owner} does not belong to the group ${options.group}`,
    );
  }
  requireAttributes(inode, path, options);
  return inode;
}

function checkDescendant(c: FileContext, inode: Inode, path: NormalPath, options: Options, user: string): void {
  requireReplication(inode, options);
  if (c.permissions.isSuper(user)) return;
  const walk = c.tree.walk(path);
  if (!isFound(walk)) return;
  if (!changesStore(options)) c.permissions.require(user, walk, WRITE);
  else if (options.owner === undefined) c.permissions.requireOwner(user, walk);
}

/** Answers the fingerprint after the change, undefined when the store was not concerned. */
async function changeStore(c: FileContext, inode: Inode, path: NormalPath, options: Options): Promise<string | undefined> {
  const mount = c.mounts.resolve(path);
  const at = storePath(mount, path);
  if (options.persisted === true && inode.kind === 'file' && inode.persistence !== 'PERSISTED') {
    const status = await mount.store.status(at);
    if (status === undefined || status.length !== inode.length) {
      throw fail('invalidArgument', `Cannot mark "${path}" as persisted: ${ufsUriOf(mount, path)} does not have its ${inode.length} bytes`);
    }
    return fingerprintOf(mount.store, status);
  }
  if (!isChangedInStore(c, inode, path, options)) return undefined;
  requireStoreWritable(c, path);
  const mode = options.mode === undefined ? undefined : modeOf(options.mode, 0);
  const status = await changeInStore(mount.store, at, ufsUriOf(mount, path), { owner: options.owner, group: options.group, mode });
  return status === undefined ? undefined : fingerprintOf(mount.store, status);
}

function isChangedInStore(c: FileContext, inode: Inode, path: NormalPath, options: Options): boolean {
  if (!changesStore(options) || inode.persistence !== 'PERSISTED' || (inode.kind === 'file' && !inode.completed)) return false;
  return c.mounts.resolve(path).store.capabilities.permissions;
}
