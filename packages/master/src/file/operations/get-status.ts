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
  if (inode !== undefined) {
    const located = isOpened(request.options) ? whenReadable(c, inode) : undefined;
    return located === undefined ? answer(c, inode, path, request.options) : waitAndAnswer(c, located, path, request.options, user);
  }
  // Hadoop takes nothing but this for "there is no such file".
  requireTraversable(walk, 'notFound');
  const load = request.options?.loadMetadataType ?? LoadMetadataPType.ONCE;
  if (load === LoadMetadataPType.NEVER || (load === LoadMetadataPType.ONCE && c.absent.has(path))) throw notFound(path);
  return loadAndAnswer(c, path, request.options, user);
}

/** Whether the call is a client's look before it reads. */
function isOpened(options: fs.GetStatusPOptions | undefined): boolean {
  return (options?.accessMode ?? Bits.NONE) !== Bits.NONE;
}

/** What only workers have cannot be read before they are back. */
function whenReadable(c: FileContext, inode: Inode): Promise<void> | undefined {
  return inode.kind === 'file' && inode.completed && inode.persistence !== 'PERSISTED' ? c.blocks.whenLocated(inode.blocks) : undefined;
}

async function waitAndAnswer(
  c: FileContext,
  ready: Promise<void>,
  path: NormalPath,
  options: fs.GetStatusPOptions | undefined,
  user: string,
): Promise<fs.GetStatusPResponse> {
  await ready;
  const walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  requireTraversable(walk, 'notFound');
  return settled(c, answer(c, requireFound(walk), path, options));
}

function loadAndAnswer(
  c: FileContext,
  path: NormalPath,
  options: fs.GetStatusPOptions | undefined,
  user: string,
): Promise<fs.GetStatusPResponse> {
  return waitAndAnswer(c, c.loader.loadPath(c, path, ttlOf(options?.commonOptions)), path, options, user);
}

function answer(c: FileContext, inode: Inode, path: NormalPath, options: fs.GetStatusPOptions | undefined): fs.GetStatusPResponse {
  if (isOpened(options) && inode.kind === 'file' && options?.updateTimestamps !== false) c.accessTimes.opened(inode);
  return { fileInfo: fileInfoOf(c, inode, path, c.mounts.resolve(path)) };
}
