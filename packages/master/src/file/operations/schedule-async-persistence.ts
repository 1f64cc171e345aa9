import { fail, normalPath, type NormalPath } from '@alluvium/base';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';
import { persistEntry } from '../plan.js';
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
  if (c.locks.isFree(path, 'shared')) return schedule(c, path, user);
  return c.locks.hold([{ path, mode: 'shared' }], () => schedule(c, path, user));
}

function schedule(c: FileContext, path: NormalPath, user: string): Reply | Promise<Reply> {
  const walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  const inode = requireFound(walk);
  if (inode.kind === 'directory') throw fail('notFound', `Path "${path}" must be a file.`);
  if (!inode.completed) throw fail('invalidArgument', `Cannot persist an incomplete Alluxio file: ${path}`);
  if (inode.persistence === 'PERSISTED') return {};
  requireWritable(c, path);
  return c.committer.commit([persistEntry(inode, path, c.clock.nowMs())]).then(() => {
    c.persistRequested(inode.id);
    return {};
  });
}
