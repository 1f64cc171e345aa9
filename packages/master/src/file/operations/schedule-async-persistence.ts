import { fail, normalPath, type NormalPath } from '@alluvium/base';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';
import { fileEntry } from '../inode-to-entry.js';
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
  // An update_inode entry cannot change the time from which a file is to be persisted; the whole inode can.
  const entry =
    inode.shouldPersistTimeMs < 0
      ? fileEntry({ ...inode, persistence: 'TO_BE_PERSISTED', shouldPersistTimeMs: c.clock.nowMs() }, path)
      : { updateInode: { id: inode.id, persistenceState: 'TO_BE_PERSISTED' } };
  return c.committer.commit([entry]).then(() => {
    c.persistRequested(inode.id);
    return {};
  });
}
