import { blockIdOf, containerOf, fail, normalPath } from '@alluvium/base';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';
import { WRITE } from '../permissions.js';
import { requireBlockCount } from '../plan.js';
import { requireFound } from '../walk.js';

type Reply = fs.GetNewBlockIdForFilePResponse;

/** GetNewBlockIdForFile: the next block of the file's container, added to the file at once. */
export function getNewBlockId(c: FileContext, request: fs.GetNewBlockIdForFilePRequest, user: string): Reply | Promise<Reply> {
  const path = normalPath(request.path ?? '');
  if (c.locks.isFree(path, 'shared')) return addBlock(c, path, user);
  return c.locks.hold([{ path, mode: 'shared' }], () => addBlock(c, path, user));
}

function addBlock(c: FileContext, path: ReturnType<typeof normalPath>, user: string): Promise<Reply> {
  const walk = c.tree.walk(path);
  const inode = requireFound(walk);
  if (inode.kind === 'directory') throw fail('invalidArgument', `Cannot add a block to "${path}": it is a directory`);
  if (inode.completed || inode.owner !== user) c.permissions.require(user, walk, WRITE);
  else c.permissions.requireTraverse(user, walk);
  if (inode.completed) throw fail('invalidArgument', `Cannot add a block to "${path}": the file is complete`);
  requireBlockCount(path, inode.blocks.length + 1);
  const id = blockIdOf(containerOf(inode.id), inode.blocks.length);
  return c.committer.commit([{ newBlock: { id: inode.id } }]).then(() => ({ id }));
}
