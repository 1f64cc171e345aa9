import { normalPath, type NormalPath } from '@alluvium/base';
import { common, type fileSystemMaster as fs } from '@alluvium/wire';
import { settled, type FileContext } from '../context.js';
import { mayBeInStore } from '../load-metadata.js';
import { ttlOf } from '../plan.js';
import { isFound, requireFound } from '../walk.js';

type Reply = fs.CheckAccessPResponse;

/** CheckAccess: nothing when the caller has the asked bits on the path, else `permissionDenied`. */
export function checkAccess(c: FileContext, request: fs.CheckAccessPRequest, user: string): Reply | Promise<Reply> {
  const path = normalPath(request.path ?? '');
  const walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  if (!isFound(walk) && mayBeInStore(c, walk)) return loadAndCheck(c, path, request, user);
  return check(c, path, request, user);
}

async function loadAndCheck(c: FileContext, path: NormalPath, request: fs.CheckAccessPRequest, user: string): Promise<Reply> {
  await c.loader.loadPath(c, path, ttlOf(undefined));
  return settled(c, check(c, path, request, user));
}

function check(c: FileContext, path: NormalPath, { options }: fs.CheckAccessPRequest, user: string): Reply {
  const walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  requireFound(walk);
  // The wire's bits count from 1.
  c.permissions.require(user, walk, (options?.bits ?? common.Bits.NONE) - 1);
  return {};
}
