import { normalPath, type NormalPath } from '@alluvium/base';
import type { Inode } from '@alluvium/metastore';
import { common, fileSystemMaster as fs } from '@alluvium/wire';
import { settled, type FileContext } from '../context.js';
import { fileInfoOf } from '../file-info.js';
import { ttlOf } from '../plan.js';
import { notFound, requireFound, requireTraversable, targetOf } from '../walk.js';

const { LoadMetadataPType } = fs;
const { Bits } = common;

/** GetStatus: from the tree, or after asking the store once for a path that is not known. */
export function getStatus(
  c: FileContext,
  request: fs.GetStatusPRequest,
  user: string,
): fs.GetStatusPResponse | Promise<fs.GetStatusPResponse> {
  const path = normalPath(request.path ?? '');
  const walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  const inode = targetOf(walk);
  if (inode !== undefined) return answer(c, inode, path, request.options);
  requireTraversable(walk);
  const load = request.options?.loadMetadataType ?? LoadMetadataPType.ONCE;
  if (load === LoadMetadataPType.NEVER || (load === LoadMetadataPType.ONCE && c.absent.has(path))) throw notFound(path);
  return loadAndAnswer(c, path, request.options, user);
}

async function loadAndAnswer(
  c: FileContext,
  path: NormalPath,
  options: fs.GetStatusPOptions | undefined,
  user: string,
): Promise<fs.GetStatusPResponse> {
  await c.loader.loadPath(c, path, ttlOf(options?.commonOptions));
  const walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  return settled(c, answer(c, requireFound(walk), path, options));
}

function answer(c: FileContext, inode: Inode, path: NormalPath, options: fs.GetStatusPOptions | undefined): fs.GetStatusPResponse {
  const mode = options?.accessMode ?? Bits.NONE;
  if (mode !== Bits.NONE && inode.kind === 'file' && options?.updateTimestamps !== false) c.accessTimes.opened(inode);
  return { fileInfo: fileInfoOf(c, inode, path, c.mounts.resolve(path)) };
}
