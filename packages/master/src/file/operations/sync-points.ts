// Active sync: the store tells of its changes. Alluxio has it for HDFS alone; no store here has it.
import { fail, normalPath } from '@alluvium/base';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';
import { requireFound } from '../walk.js';

/** StartSync: refused for every store that has no events, in the words of 2.9.4. */
export function startSync(c: FileContext, request: fs.StartSyncPRequest, user: string): fs.StartSyncPResponse {
  const path = normalPath(request.path ?? '');
  const walk = c.tree.walk(path);
  c.permissions.requireParentWrite(user, walk);
  requireFound(walk);
  throw fail('internal', `Active Syncing is not supported on this UFS type: ${c.mounts.resolve(path).store.capabilities.type}`);
}

/** StopSync: there is no sync point to stop. */
export function stopSync(c: FileContext, request: fs.StopSyncPRequest, user: string): fs.StopSyncPResponse {
  const path = normalPath(request.path ?? '');
  c.permissions.requireParentWrite(user, c.tree.walk(path));
  throw fail('invalidArgument', `${path} is not a sync point`);
}

export function getSyncPathList(): fs.GetSyncPathListPResponse {
  return {};
}
