import { normalPath } from '@alluvium/base';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';

/** NeedsSync: the next access to the path compares it with its store, whatever its interval. The path need not exist here. */
export function needsSync(c: FileContext, request: fs.NeedsSyncRequest, user: string): fs.NeedsSyncResponse {
  const path = normalPath(request.path ?? '');
  c.permissions.requireTraverse(user, c.tree.walk(path));
  c.absent.forget(path);
  c.sync.times.invalidate(path);
  return {};
}
