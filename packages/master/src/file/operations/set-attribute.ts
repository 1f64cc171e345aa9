import { fail, normalPath, sleep, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Inode } from '@alluvium/metastore';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import { storePath, ufsUriOf } from '../../mount/mount.js';
import { requireAttributes, requireReplication } from '../check-attributes.js';
import type { FileContext } from '../context.js';
import { fingerprintOf } from '../fingerprint-of.js';
import { loadPathLocked, mayBeInStore } from '../load-metadata.js';
import { WRITE } from '../permissions.js';
import { planAttributes, reachesBelow } from '../plan-attributes.js';
import { modeOf, ttlOf } from '../plan.js';
import { isFound, requireFound, type Walk } from '../walk.js';
import { requireWritable } from '../writable.js';

type Reply = fs.SetAttributePResponse;
type Options = fs.SetAttributePOptions;

/** More inodes than this are changed in several journal operations. */
const MAX_AT_ONCE = 500;
/** Inodes that are checked between two turns of the loop. */
const TURN = 1000;

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
      const simple =
        !isRecursive(inode, options) && options.persisted !== true && !(changesStore(options) && inode.persistence === 'PERSISTED');
      if (simple) return c.committer.commit(planAttributes(inode, options, c.clock.nowMs(), undefined)).then(() => ({}));
    }
  }
  return c.locks.hold([{ path, mode: 'WRITE_INODE' }], () => setLocked(c, path, options, user));
}

async function setLocked(c: FileContext, path: NormalPath, options: Options, user: string): Promise<Reply> {
  await loadPathLocked(c, path, ttlOf(undefined));
  const inode = check(c, c.tree.walk(path), options, user);
  c.committer.requireAccepting();
  const recursive = isRecursive(inode, options);
  if (recursive) await checkBelow(c, inode, path, options, user);
  let plan: JournalEntry[] = [];
  try {
    for (const [at, atPath] of recursive ? c.tree.within(inode, path) : [[inode, path] as const]) {
      const fingerprint = await changeStore(c, at, atPath, options);
      const current = c.tree.get(at.id);
      if (current === undefined) continue;
      plan.push(...planAttributes(current, options, c.clock.nowMs(), fingerprint));
      if (plan.length < MAX_AT_ONCE) continue;
      const full = plan;
      plan = [];
      await c.committer.commit(full);
    }
  } finally {
    // What the store has taken is journaled, also when it refused the next.
    if (plan.length > 0) await c.committer.commit(plan);
  }
  return {};
}

/** Before the first change: a descendant that may not be changed stops the whole. */
async function checkBelow(c: FileContext, inode: Inode, path: NormalPath, options: Options, user: string): Promise<void> {
  let count = 0;
  for (const [at, atPath] of c.tree.within(inode, path)) {
    if (at.id !== inode.id) checkDescendant(c, at, atPath, options, user);
    if (++count % TURN === 0) await sleep(c.clock, 0);
  }
}

function isRecursive(inode: Inode, options: Options): boolean {
  return inode.kind === 'directory' && reachesBelow(options);
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
  const walk = c.tree.walk(path);
  if (!isFound(walk)) return;
  if (!changesStore(options)) c.permissions.require(user, walk, WRITE);
  else if (options.owner === undefined) c.permissions.requireOwner(user, walk);
  requireReplication(inode, options);
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
  if (!changesStore(options) || inode.persistence !== 'PERSISTED' || (inode.kind === 'file' && !inode.completed)) return undefined;
  if (!mount.store.capabilities.permissions) return undefined;
  if (options.owner !== undefined || options.group !== undefined)
    await inStore(mount.store.setOwner(at, options.owner, options.group), 'setOwner', ufsUriOf(mount, path));
  if (options.mode !== undefined) await inStore(mount.store.setMode(at, modeOf(options.mode, 0)), 'setMode', ufsUriOf(mount, path));
  const status = await mount.store.status(at);
  return status === undefined ? undefined : fingerprintOf(mount.store, status);
}

async function inStore(change: Promise<void>, what: string, uri: string): Promise<void> {
  try {
    await change;
  } catch (error) {
    throw fail('permissionDenied', `Could not ${what} for UFS file ${uri} . Aborting the setAttribute operation in Alluxio.`, error);
  }
}
