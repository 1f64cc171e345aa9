import { fail, normalPath, sleep, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Inode } from '@alluvium/metastore';
import { fileJournal, type fileSystemMaster as fs } from '@alluvium/wire';
import { storePath, ufsUriOf } from '../../mount/mount.js';
import type { FileContext } from '../context.js';
import { fingerprintOf } from '../fingerprint-of.js';
import { loadPathLocked, mayBeInStore } from '../load-metadata.js';
import { WRITE } from '../permissions.js';
import { modeOf, requireXattr, ttlOf } from '../plan.js';
import { RENAME_INTENT } from '../rename-intents.js';
import { isFound, requireFound, type Walk } from '../walk.js';
import { requireWritable } from '../writable.js';

type Reply = fs.SetAttributePResponse;
type Options = fs.SetAttributePOptions;

const MEDIA: readonly string[] = ['MEM', 'SSD', 'HDD'];
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
  if (c.locks.isFree(path, 'shared')) {
    const walk = c.tree.walk(path);
    if (isFound(walk) || !mayBeInStore(c, walk)) {
      const inode = check(c, walk, options, user);
      const simple =
        !isRecursive(inode, options) && options.persisted !== true && !(changesStore(options) && inode.persistence === 'PERSISTED');
      if (simple) return c.committer.commit(planChange(c, inode, options, undefined)).then(() => ({}));
    }
  }
  return c.locks.hold([{ path, mode: 'exclusive' }], () => setLocked(c, path, options, user));
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
      plan.push(...planChange(c, current, options, fingerprint));
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
  return inode.kind === 'directory' && (options.recursive === true || options.pinned !== undefined);
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
  checkReplication(inode, options);
  if (options.persisted === true && inode.kind === 'directory') throw fail('internal', 'Only files can be persisted');
  if (options.pinnedMedia?.some((medium) => !MEDIA.includes(medium)) === true) throw fail('internal', '');
  requireXattr(path, options.xattr);
  return inode;
}

function checkReplication(inode: Inode, options: Options): void {
  const { replicationMin: min, replicationMax: max } = options;
  if (min === undefined && max === undefined) return;
  if (min !== undefined && min < 0) throw fail('internal', 'Min replication must be a non-negative integer');
  const wantedMin = min ?? (inode.kind === 'file' ? inode.replicationMin : 0);
  const wantedMax = max ?? (inode.kind === 'file' ? inode.replicationMax : -1);
  if (wantedMax >= 0 && wantedMin > wantedMax) {
    throw fail(
      'internal',
      `Cannot set min and max replication to be ${wantedMin} and ${wantedMax}: min replication must be smaller or equal than max replication`,
    );
  }
}

function checkDescendant(c: FileContext, inode: Inode, path: NormalPath, options: Options, user: string): void {
  const walk = c.tree.walk(path);
  if (!isFound(walk)) return;
  if (!changesStore(options)) c.permissions.require(user, walk, WRITE);
  else if (options.owner === undefined) c.permissions.requireOwner(user, walk);
  checkReplication(inode, options);
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

function planChange(c: FileContext, inode: Inode, options: Options, fingerprint: string | undefined): JournalEntry[] {
  const plan: JournalEntry[] = [];
  const update: fileJournal.UpdateInodeEntry = { id: inode.id };
  if (options.pinned !== undefined) {
    update.pinned = options.pinned;
    if (options.pinnedMedia !== undefined) update.mediumType = [...new Set(options.pinnedMedia)];
  }
  const ttl = options.commonOptions?.ttl;
  if (ttl !== undefined) {
    const { ttlMs, ttlAction } = ttlOf(options.commonOptions);
    update.ttl = BigInt(ttlMs);
    update.ttlAction = fileJournal.PTtlAction[ttlAction];
  }
  if (options.pinned !== undefined || ttl !== undefined) update.lastModificationTimeMs = BigInt(c.clock.nowMs());
  if (options.owner !== undefined) update.owner = options.owner;
  if (options.group !== undefined) update.group = options.group;
  if (options.mode !== undefined) update.mode = modeOf(options.mode, inode.mode);
  if (fingerprint !== undefined) update.ufsFingerprint = fingerprint;
  if (options.persisted === true && inode.kind === 'file') update.persistenceState = 'PERSISTED';
  addXattr(update, inode, options);
  planReplication(plan, update, inode, options);
  plan.push({ updateInode: update });
  if (options.directChildrenLoaded !== undefined && inode.kind === 'directory') {
    plan.push({ updateInodeDirectory: { id: inode.id, directChildrenLoaded: options.directChildrenLoaded } });
  }
  return plan;
}

function addXattr(update: fileJournal.UpdateInodeEntry, inode: Inode, options: Options): void {
  const named = options.xattr !== undefined && Object.keys(options.xattr).length > 0;
  if (!named && options.xattrUpdateStrategy !== fileJournal.XAttrUpdateStrategy.TRUNCATE) return;
  update.xAttr = options.xattr ?? {};
  update.xAttrUpdateStrategy = options.xattrUpdateStrategy ?? fileJournal.XAttrUpdateStrategy.TRUNCATE;
  // Whoever replaces all of a path's attributes does not know of an unfinished rename.
  const intent = inode.xattr?.get(RENAME_INTENT);
  if (intent !== undefined && update.xAttrUpdateStrategy === fileJournal.XAttrUpdateStrategy.TRUNCATE)
    update.xAttr = { ...update.xAttr, [RENAME_INTENT]: Buffer.from(intent) };
}

/** A pinned file has at least one copy, and a file that must have copies is pinned. */
function planReplication(plan: JournalEntry[], update: fileJournal.UpdateInodeEntry, inode: Inode, options: Options): void {
  if (inode.kind === 'directory') return;
  const file: fileJournal.UpdateInodeFileEntry = { id: inode.id };
  if (options.replicationMax !== undefined) file.replicationMax = options.replicationMax;
  if (options.replicationMin !== undefined) {
    file.replicationMin = options.replicationMin;
    if (options.replicationMin > 0 && options.pinned === undefined) {
      update.pinned = true;
      update.mediumType = [...inode.pinnedMedia];
    }
  } else if (options.pinned === true && inode.replicationMin === 0) {
    file.replicationMin = 1;
  } else if (options.pinned === false) {
    file.replicationMin = 0;
  }
  if (file.replicationMax !== undefined || file.replicationMin !== undefined) plan.push({ updateInodeFile: file });
}
