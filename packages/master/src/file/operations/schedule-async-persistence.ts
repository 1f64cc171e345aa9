import { fail, normalPath, type NormalPath } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import { storePath, ufsUriOf } from '../../mount/mount.js';
import { settled, type FileContext } from '../context.js';
import { persistEntry, safeNumber } from '../plan.js';
import { requireFound } from '../walk.js';
import { requireWritable } from '../writable.js';

type Reply = fs.ScheduleAsyncPersistencePResponse;

/** ScheduleAsyncPersistence: asks for a complete file to be written to its store. Anybody who reaches the file may. */
export function scheduleAsyncPersistence(
  c: FileContext,
  request: fs.ScheduleAsyncPersistencePRequest,
  user: string,
): Reply | Promise<Reply> {
  const path = normalPath(request.path ?? '');
  // Who asks for a file wants it persisted: a time below 0, which means not by itself, counts for creates only.
  const waitMs = Math.max(0, safeNumber(request.options?.persistenceWaitTime ?? 0n));
  if (c.locks.isFree(path, 'READ') && check(c, path, user).persistence !== 'NOT_PERSISTED') return schedule(c, path, user, waitMs);
  return c.locks.hold([{ path, mode: 'WRITE_INODE' }], () => scheduleLocked(c, path, user, waitMs));
}

async function scheduleLocked(c: FileContext, path: NormalPath, user: string, waitMs: number): Promise<Reply> {
  if (check(c, path, user).persistence === 'NOT_PERSISTED') await requireNotInStore(c, path);
  return settled(c, await schedule(c, path, user, waitMs));
}

/** A file of that name in the store was never looked at, because this one was made in the cache alone. */
async function requireNotInStore(c: FileContext, path: NormalPath): Promise<void> {
  const mount = c.mounts.resolve(path);
  if ((await mount.store.status(storePath(mount, path))) === undefined) return;
  throw fail('alreadyExists', `Cannot persist "${path}": ${ufsUriOf(mount, path)} exists and is not this file; rename one of them`);
}

function check(c: FileContext, path: NormalPath, user: string): FileInode {
  const walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  const inode = requireFound(walk);
  if (inode.kind === 'directory') throw fail('notFound', `Path "${path}" must be a file.`);
  if (!inode.completed) throw fail('invalidArgument', `Cannot persist an incomplete Alluxio file: ${path}`);
  if (inode.persistence !== 'PERSISTED') requireWritable(c, path);
  return inode;
}

function schedule(c: FileContext, path: NormalPath, user: string, waitMs: number): Reply | Promise<Reply> {
  const inode = check(c, path, user);
  if (inode.persistence === 'PERSISTED') return {};
  return c.committer.commit([persistEntry(inode, path, Math.min(Number.MAX_SAFE_INTEGER, c.clock.nowMs() + waitMs))]).then(() => {
    c.persistRequested(inode.id);
    return {};
  });
}
