import { blockIdOf, containerOf, fail, normalPath } from '@alluvium/base';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import { settled, type FileContext } from '../context.js';
import { WRITE } from '../permissions.js';
import { requireBlockCount, withOperationId } from '../plan.js';
import type { OperationId } from '../retry-cache.js';
import { requireFound } from '../walk.js';

type Reply = fs.GetNewBlockIdForFilePResponse;

/**
 * GetNewBlockIdForFile: the next block of the file's container, added to the file at once. A repeated request is answered with the
 * block that it added: one more that nobody writes would keep the file from being completed.
 */
export function getNewBlockId(c: FileContext, request: fs.GetNewBlockIdForFilePRequest, user: string): Reply | Promise<Reply> {
  const path = normalPath(request.path ?? '');
  const operation = request.options?.commonOptions?.operationId;
  if (c.locks.isFree(path, 'WRITE_INODE')) return addBlock(c, path, user, operation);
  return c.locks.hold([{ path, mode: 'WRITE_INODE' }], () => addBlock(c, path, user, operation));
}

function addBlock(
  c: FileContext,
  path: ReturnType<typeof normalPath>,
  user: string,
  operation: OperationId | undefined,
): Reply | Promise<Reply> {
  const walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  const inode = requireFound(walk);
  if (inode.kind === 'directory') throw fail('invalidArgument', `Cannot add a block to "${path}": it is a directory`);
  if (inode.completed || inode.owner !== user) c.permissions.require(user, walk, WRITE);
  if (inode.completed) throw fail('invalidArgument', `Cannot add a block to "${path}": the file is complete`);
  const last = inode.blocks.at(-1);
  if (last !== undefined && operation !== undefined && c.tree.retries.inodeOf(operation) === inode.id) return settled(c, { id: last });
  requireBlockCount(path, inode.blocks.length + 1);
  const id = blockIdOf(containerOf(inode.id), inode.blocks.length);
  return c.committer.commit(withOperationId([{ newBlock: { id: inode.id } }], operation)).then(() => ({ id }));
}
