import { ROOT_PATH, fail, isWithin, messageOf, normalPath, type BlockId, type InodeId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { FileInode, Inode } from '@alluvium/metastore';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import { storePath, ufsUriOf, type Mount } from '../../mount/mount.js';
import { Pace } from '../../task/pace.js';
import { settled, type FileContext } from '../context.js';
import { takeCopiedFingerprints } from '../copied-fingerprints.js';
import { hasMoved } from '../intents/settle-rename.js';
import { withIntent } from '../intents/with-intent.js';
import { loadPathLocked, mayBeInStore, requireNotReserved } from '../load-metadata.js';
import { removeLeftOver } from '../left-over.js';
import { mayBeStored } from '../may-be-stored.js';
import { makingRoom } from '../make-room.js';
import { persistEntry, planRemove, renameEntry, ttlOf, withOperationId } from '../plan.js';
import { renameClaims } from '../rename-claims.js';
import { makingInStore, parentsToMake } from '../store-directories.js';
import { MAX_DEPTH } from '../tree-heights.js';
import { isFound, notFound, parentOf, requireFound, requireTraversable, targetOf, type Walk } from '../walk.js';
import { requireStoreWritable, requireWritable } from '../writable.js';

type Reply = fs.RenamePResponse;

/** Files whose persistence is asked for in one journal operation. */
const BATCH = 500;

interface Planned {
  readonly source: Inode;
  readonly parent: Inode;
  readonly replaced: Inode | undefined;
  readonly mount: Mount;
}

/**
 * Rename. A persisted source is renamed in the store first, then journaled; when the journal refuses, the store's rename is taken
 * back. What a crash cuts off in between is settled at the next start.
 */
export function rename(c: FileContext, request: fs.RenamePRequest, user: string): Reply | Promise<Reply> {
  const from = normalPath(request.path ?? '');
  const to = normalPath(request.dstPath ?? '');
  const options = request.options ?? {};
  if (c.tree.retries.has(options.commonOptions?.operationId)) return {};
  if (c.locks.isFree(from, 'WRITE_EDGE') && c.locks.isFree(to, 'WRITE_EDGE')) {
    const source = c.tree.walk(from);
    const target = c.tree.walk(to);
    if ((isFound(source) || !mayBeInStore(c, source)) && !isLong(c, source, target, options)) {
      const planned = check(c, source, target, options, user);
      if (planned === undefined) return {};
      if (!needsStore(c, planned, target)) return commit(c, planned, from, to, options, unpersistedFile(planned.source, options));
    }
  }
  return c.locks.hold(renameClaims(from, to), () => renameLocked(c, from, to, options, user));
}

/** Whether what is below the source has to be gone through. */
function isLong(c: FileContext, source: Walk, target: Walk, options: fs.RenamePOptions): boolean {
  const inode = targetOf(source);
  return inode?.kind === 'directory' && (options.persist === true || c.tree.mayBeHigher(inode.id, levelsLeft(target)));
}

async function renameLocked(c: FileContext, from: NormalPath, to: NormalPath, options: fs.RenamePOptions, user: string): Promise<Reply> {
  if (c.tree.retries.has(options.commonOptions?.operationId)) return settled(c, {});
  c.committer.requireAccepting();
  await loadPathLocked(c, from, ttlOf(undefined));
  await loadPathLocked(c, to, ttlOf(undefined));
  const directory = targetOf(c.tree.walk(from));
  if (directory?.kind === 'directory' && c.tree.mayBeHigher(directory.id, levelsLeft(c.tree.walk(to))))
    await c.tree.measure(directory.id, new Pace(c.clock));
  const checked = check(c, c.tree.walk(from), c.tree.walk(to), options, user);
  if (checked === undefined) return settled(c, {});
  const { source, replaced, mount } = checked;
  const persisted = options.persist === true ? await persistBelow(c, source, from) : [];
  const renamed = (entries: () => readonly JournalEntry[]): Promise<Reply> =>
    commit(c, planAgain(c, from, to, options, user), from, to, options, persisted, entries);
  if (source.persistence !== 'PERSISTED') {
    // An attempt to persist it may have left it under the old name; it is persisted anew under the new one.
    if (source.kind === 'file' && mayBeStored(source)) await removeLeftOver(c, source, from, mount);
    return makingRoom(c, replaced, to, user, (room) => renamed(() => room), { from, operation: options.commonOptions?.operationId });
  }
  const parents = parentsToMake(c, to, user, c.groupsOf(user)[0] ?? source.group);
  const intent = { kind: 'RENAME', inode: source.id, path: from, target: to, operation: options.commonOptions?.operationId, user } as const;
  return makingInStore(c, parents, user, undefined, (made) =>
    withIntent(c, intent, async (end) => {
      await renameInStore(checked, from, to);
      await takeCopiedFingerprints(c, mount.store, source, storePath(mount, to));
      if (source.kind === 'directory') c.absent.clear();
      else c.absent.forget(to);
      try {
        return await renamed(() => [...made.entries(), end]);
      } catch (error) {
        if (replaced === undefined) await takeBack(c, mount, from, to);
        throw error;
      }
    }),
  );
}

/** Who cannot read what was renamed under its old name would have to wait for the journal. */
async function takeBack(c: FileContext, mount: Mount, from: NormalPath, to: NormalPath): Promise<void> {
  await mount.store.rename(storePath(mount, to), storePath(mount, from)).catch((error: unknown) => {
    c.log.error('rename in the under store not taken back', { from, to, reason: messageOf(error) });
  });
}

/** When the store does not say whether it has moved the thing, the intent stays, and is settled when it does. */
async function renameInStore({ replaced, mount }: Planned, from: NormalPath, to: NormalPath): Promise<void> {
  const [at, newAt] = [storePath(mount, from), storePath(mount, to)];
  try {
    await mount.store.rename(at, newAt, { overwrite: replaced !== undefined });
  } catch (error) {
    if (await hasMoved(mount, at, newAt).catch(() => false)) return;
    throw fail(
      'unknown',
      `Failed to rename ${ufsUriOf(mount, from)} to ${ufsUriOf(mount, to)} in the under file system: ${messageOf(error)}`,
      error,
    );
  }
}

function planAgain(c: FileContext, from: NormalPath, to: NormalPath, options: fs.RenamePOptions, user: string): Planned {
  const planned = check(c, c.tree.walk(from), c.tree.walk(to), options, user);
  if (planned === undefined) throw fail('internal', `Cannot rename "${from}": source and destination are the same`);
  return planned;
}

/** Undefined when there is nothing to do. */
function check(c: FileContext, source: Walk, target: Walk, options: fs.RenamePOptions, user: string): Planned | undefined {
  const from = source.path;
  const to = target.path;
  c.permissions.requireParentWrite(user, source);
  c.permissions.requireParentWrite(user, target);
  requireTraversable(source);
  requireTraversable(target);
  if (from === ROOT_PATH) throw fail('invalidArgument', 'The root directory cannot be renamed');
  if (to === ROOT_PATH) throw fail('invalidArgument', 'Cannot rename a path to the root directory');
  const inode = requireFound(source);
  if (from === to) return undefined;
  if (isWithin(to, from)) throw fail('invalidArgument', `Cannot rename because ${from} is a prefix of ${to}`);
  const mount = requireSameMount(c, from, to);
  const parent = parentOf(target);
  if (parent === undefined) throw notFound(to.slice(0, to.lastIndexOf('/')) || '/');
  requireWritable(c, from);
  requireWritable(c, to);
  if (mayBeStored(inode)) requireStoreWritable(c, from);
  requireNotReserved(c, to);
  const existing = targetOf(target);
  const replaces = options.s3SyntaxOptions?.overwrite === true && existing?.kind === 'file' && inode.kind === 'file';
  if (existing !== undefined && !replaces)
    throw fail('alreadyExists', `Cannot rename because destination already exists. src: ${from} dst: ${to}`);
  if (inode.kind === 'directory' && c.tree.mayBeHigher(inode.id, levelsLeft(target)))
    throw fail('invalidArgument', `Cannot rename "${from}" to "${to}": what is below would be more than ${MAX_DEPTH} levels deep`);
  return { source: inode, parent, replaced: existing, mount };
}

function requireSameMount(c: FileContext, from: NormalPath, to: NormalPath): Mount {
  if (c.mounts.at(to) !== undefined) throw fail('invalidArgument', `${to} is a mount point and cannot be renamed onto`);
  const mount = c.mounts.resolve(from);
  if (mount !== c.mounts.resolve(to)) throw fail('invalidArgument', `Renaming ${from} to ${to} is a cross mount operation`);
  const inside = c.mounts.within(from)[0];
  if (inside !== undefined) throw fail('invalidArgument', `Cannot rename ${from} because it is or contains the mount point ${inside.path}`);
  return mount;
}

function needsStore(c: FileContext, planned: Planned, target: Walk): boolean {
  if (mayBeStored(planned.source) || mayBeStored(planned.replaced)) return true;
  // What is renamed onto a name that the store has, unseen, would replace it when it is persisted.
  return planned.source.persistence === 'TO_BE_PERSISTED' && mayBeInStore(c, target);
}

function commit(
  c: FileContext,
  planned: Planned,
  from: NormalPath,
  to: NormalPath,
  options: fs.RenamePOptions,
  persisted: readonly InodeId[],
  entries: () => readonly JournalEntry[] = () => [],
): Promise<Reply> {
  const { source, replaced } = planned;
  const nowMs = c.clock.nowMs();
  const plan: JournalEntry[] = [];
  const freed: readonly BlockId[] = replaced === undefined ? [] : planRemove(plan, replaced, to, nowMs, false);
  if (source.kind === 'file' && persisted.length > 0) plan.push(persistEntry(source, from, nowMs));
  plan.push(renameEntry(source.id, planned.parent.id, from, to, nowMs));
  withOperationId(plan, options.commonOptions?.operationId);
  return c.committer.commit([...plan, ...entries()]).then(() => {
    if (freed.length > 0) c.blocks.free(freed);
    for (const id of persisted) c.persistRequested(id);
    return {};
  });
}

/** How many levels of directories may be below what is renamed to the target. */
function levelsLeft(target: Walk): number {
  return MAX_DEPTH - target.names.length;
}

function unpersistedFile(source: Inode, options: fs.RenamePOptions): InodeId[] {
  return options.persist === true && source.kind === 'file' && staysUnpersisted(source) ? [source.id] : [];
}

/**
 * Asks for the persistence of the files at or below the source that are only in the cache and are not persisted by themselves.
 * Before the rename, which carries the operation id: a retry after a crash in between asks for the rest.
 */
async function persistBelow(c: FileContext, source: Inode, path: NormalPath): Promise<InodeId[]> {
  if (source.kind === 'file') return staysUnpersisted(source) ? [source.id] : [];
  const asked: InodeId[] = [];
  let plan: JournalEntry[] = [];
  const pace = new Pace(c.clock);
  for (const [at, atPath] of c.tree.within(source, path)) {
    if (at.kind === 'file' && staysUnpersisted(at)) {
      plan.push(persistEntry(at, atPath, c.clock.nowMs()));
      asked.push(at.id);
    }
    if (plan.length < BATCH && !pace.spent()) continue;
    const full = plan;
    plan = [];
    await c.committer.commit(full);
    if (pace.due) await pace.rest();
  }
  await c.committer.commit(plan);
  return asked;
}

function staysUnpersisted(file: FileInode): boolean {
  if (!file.completed) return false;
  return file.persistence === 'NOT_PERSISTED' || (file.persistence === 'TO_BE_PERSISTED' && file.shouldPersistTimeMs < 0);
}
