import { ROOT_PATH, normalPath, parentPath } from '@alluvium/base';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';
import type { Operation } from '../serve.js';
import { targetOf } from '../walk.js';

/** A Remove that, where it is asked to, makes the next listing of the parent look into the store again. */
export function markingParent(remove: Operation<fs.DeletePRequest, fs.DeletePResponse>): Operation<fs.DeletePRequest, fs.DeletePResponse> {
  return (c, request, user) =>
    request.options?.syncParentNextTime === true ? removeAndMark(c, request, user, remove) : remove(c, request, user);
}

async function removeAndMark(
  c: FileContext,
  request: fs.DeletePRequest,
  user: string,
  remove: Operation<fs.DeletePRequest, fs.DeletePResponse>,
): Promise<fs.DeletePResponse> {
  const reply = await remove(c, request, user);
  const path = normalPath(request.path ?? '');
  const parent = path === ROOT_PATH ? undefined : targetOf(c.tree.walk(parentPath(path)));
  if (parent?.kind === 'directory' && parent.childrenLoaded)
    await c.committer.commit([{ updateInodeDirectory: { id: parent.id, directChildrenLoaded: false } }]);
  else await c.committer.settled();
  return reply;
}
