import { fail, type InodeId } from '@alluvium/base';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';

/** GetFilePath: where a file id is now. */
export function getFilePath(c: FileContext, request: fs.GetFilePathPRequest): fs.GetFilePathPResponse {
  const path = c.tree.pathOf((request.fileId ?? 0n) as InodeId);
  if (path === undefined) throw fail('notFound', `inodeId ${request.fileId ?? 0n} does not exist`);
  return { path };
}
