import { normalPath } from '@alluvium/base';
import { common, type fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';
import { requireFound } from '../walk.js';

/** CheckAccess: nothing when the caller has the asked bits on the path, else `permissionDenied`. */
export function checkAccess(c: FileContext, request: fs.CheckAccessPRequest, user: string): fs.CheckAccessPResponse {
  const walk = c.tree.walk(normalPath(request.path ?? ''));
  c.permissions.requireTraverse(user, walk);
  requireFound(walk);
  // The wire's bits count from 1.
  c.permissions.require(user, walk, (request.options?.bits ?? common.Bits.NONE) - 1);
  return {};
}
