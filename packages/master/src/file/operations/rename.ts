import { ROOT_PATH, fail, isWithin, messageOf, normalPath, type BlockId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { FileInode, Inode } from '@alluvium/metastore';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import { storePath, ufsUriOf, type Mount } from '../../mount/mount.js';
import { settled, type FileContext } from '../context.js';
import { loadPathLocked, mayBeInStore, requireNotReserved } from '../load-metadata.js';
import { mayBeStored } from '../may-be-stored.js';
import { persistEntry, planRemove, ttlOf, withOperationId } from '../plan.js';
import { endIntent, hasMoved, intendRename, renameClaims, renameEntry } from '../rename-intents.js';
import { makeStoreParents } from '../store-directories.js';
import { MAX_DEPTH } from '../tree-heights.js';
import { isFound, notFound, parentOf, requireFound, requireTraversable, targetOf, type Walk } from '../walk.js';
import { requireWritable } from '../writable.js';

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
    if (isFound(source) || !mayBeInStore(c, source)) {
      const planned = check(c, source, target, options, user);
      if (planned === undefined) return {};
      if (!needsStore(c, planned, target)) return commit(c, planned, from, to, options);
    }
  }
  return c.locks.hold(renameClaims(from, to), () => renameWithStore(c, from, to, options, user));
}

async function renameWithStore(c: FileContext, from: NormalPath, to: NormalPath, options: fs.RenamePOptions, user: string): Promise<Reply> {
  if (c.tree.retries.has(options.commonOptions?.operationId)) return settled(c, {});
  c.committer.requireAccepting();
  await loadPathLocked(c, from, ttlOf(undefined));
  await loadPathLocked(c, to, ttlOf(undefined));
  const checked = check(c, c.tree.walk(from), c.tree.walk(to), options, user);
  if (checked === undefined) return settled(c, {});
  const { source, replaced, mount } = checked;
  if (mayBeStored(replaced) && source.persistence !== 'PERSISTED') await mount.store.removeFile(storePath(mount, to));
  // An attempt to persist it may have left it under the old name; it is persisted anew under the new one.
  if (source.persistence !== 'PERSISTED' && mayBeStored(source)) await mount.store.removeFile(storePath(mount, from));
  if (source.persistence !== 'PERSISTED') return commit(c, planAgain(c, from, to, options, user), from, to, options);
  await makeStoreParents(c, to, user, c.groupsOf(user)[0] ?? source.group);
  await c.committer.commit([intendRename(source.id, to, options.commonOptions?.operationId)]);
  await renameInStore(c, checked, from, to);
  if (source.kind === 'directory') c.absent.clear();
  else c.absent.forget(to);
  try {
    return await commit(c, planAgain(c, from, to, options, user), from, to, options);
  } catch (error) {
    await mount.store.rename(storePath(mount, to), storePath(mount, from)).catch((undo: unknown) => {
      c.log.error('rename in the under store not taken back', { from, to, reason: messageOf(undo) });
    });
    throw error;
  }
}

/** When the store does not say whether it has moved the thing, the intent stays, and is settled when it does. */
async function renameInStore(c: FileContext, { source, replaced, mount }: Planned, from: NormalPath, to: NormalPath): Promise<void> {
  const [at, newAt] = [storePath(mount, from), storePath(mount, to)];
  try {
    await mount.store.rename(at, newAt, { overwrite: replaced !== undefined });
  } catch (error) {
    const moved = await hasMoved(mount, at, newAt).catch(() => undefined);
    if (moved === true) return;
    if (moved === false) await c.committer.commit([endIntent(source.id)]);
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
  requireTraversable(source);
  requireTraversable(target);
  c.permissions.requireParentWrite(user, source);
  c.permissions.requireParentWrite(user, target);
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
  requireNotReserved(c, to);
  const existing = targetOf(target);
  const replaces = options.s3SyntaxOptions?.overwrite === true && existing?.kind === 'file' && inode.kind === 'file';
  if (existing !== undefined && !replaces)
    throw fail('alreadyExists', `Cannot rename because destination already exists. src: ${from} dst: ${to}`);
  if (inode.kind === 'directory' && c.tree.isHigher(inode.id, MAX_DEPTH - target.names.length))
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

function commit(c: FileContext, planned: Planned, from: NormalPath, to: NormalPath, options: fs.RenamePOptions): Promise<Reply> {
  const { source, replaced } = planned;
  const nowMs = c.clock.nowMs();
  const plan: JournalEntry[] = [];
  const freed: readonly BlockId[] = replaced === undefined ? [] : planRemove(plan, replaced, to, nowMs, false);
  const persist = options.persist === true ? [...unpersisted(c, source, from)] : [];
  // Before the rename, which carries the operation id: a retry after a crash in between asks for the rest.
  const asked = inBatches(persist.map(([file, at]) => persistEntry(file, at, nowMs))).map((batch) => c.committer.commit(batch));
  if (source.persistence === 'PERSISTED') plan.push(endIntent(source.id));
  plan.push(renameEntry(source.id, planned.parent.id, from, to, nowMs));
  const renamed = c.committer.commit(withOperationId(plan, options.commonOptions?.operationId));
  return Promise.all([...asked, renamed]).then(() => {
    if (freed.length > 0) c.blocks.free(freed);
    for (const [file] of persist) c.persistRequested(file.id);
    return {};
  });
}

/** Complete files at or below the source that are only in the cache and are not persisted by themselves. */
function* unpersisted(c: FileContext, inode: Inode, path: NormalPath): Generator<readonly [FileInode, NormalPath]> {
  for (const [at, atPath] of c.tree.within(inode, path))
    if (at.kind === 'file' && at.completed && staysUnpersisted(at)) yield [at, atPath];
}

function staysUnpersisted(file: FileInode): boolean {
  return file.persistence === 'NOT_PERSISTED' || (file.persistence === 'TO_BE_PERSISTED' && file.shouldPersistTimeMs < 0);
}

function inBatches<T>(all: readonly T[]): T[][] {
  const batches: T[][] = [];
  for (let i = 0; i < all.length; i += BATCH) batches.push(all.slice(i, i + BATCH));
  return batches;
}
