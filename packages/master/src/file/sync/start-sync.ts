import { fail, normalPath, type NormalPath } from '@alluvium/base';
import { fsCommon, type namespaceService as ns } from '@alluvium/wire';
import type { FileContext } from '../context.js';
import { READ } from '../permissions.js';
import { isFound } from '../walk.js';
import type { Descendants } from './sync-times.js';

const { LoadDescendantPType } = fsCommon;

const MAX_REQUESTS_PER_SECOND = 1e6;

/** StartSync of NamespaceService: compares a path with its store as a task, and answers which. */
export function startSyncTask(c: FileContext, request: ns.StartSyncRequest, user: string): ns.StartSyncReply {
  const path = normalPath(request.path ?? '');
  requireMaySync(c, path, user);
  const requestsPerSecond = request.requestsPerSecond ?? 0;
  if (!(requestsPerSecond >= 0 && requestsPerSecond <= MAX_REQUESTS_PER_SECOND))
    throw fail(
      'invalidArgument',
      `Cannot sync "${path}" with ${requestsPerSecond} requests per second: 0 to ${MAX_REQUESTS_PER_SECOND} wanted`,
    );
  const { task } = c.sync.start(c, path, {
    user,
    descendants: descendantsOf(request.descendants ?? LoadDescendantPType.ALL),
    dryRun: request.dryRun ?? false,
    requestsPerSecond,
  });
  return { taskId: BigInt(task.id) };
}

/** Who may list a path may have it synced; a path that is not known here may come to light by that. */
export function requireMaySync(c: FileContext, path: NormalPath, user: string): void {
  const walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  if (isFound(walk)) c.permissions.require(user, walk, READ);
}

export function descendantsOf(type: fsCommon.LoadDescendantPType | undefined): Descendants {
  if (type === LoadDescendantPType.ALL) return 'ALL';
  return type === LoadDescendantPType.ONE ? 'ONE' : 'NONE';
}
