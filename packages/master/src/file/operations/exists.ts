import type { NormalPath } from '@alluvium/base';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { settled, type FileContext } from '../context.js';
import { ttlOf } from '../plan.js';
import { validPath } from '../valid-path.js';
import { isFound, lastOf } from '../walk.js';

const { LoadMetadataPType } = fs;

const ABSENT: fs.ExistsPResponse = { exists: false };
const PRESENT: fs.ExistsPResponse = { exists: true };

/** Exists: false, never an error, for a path that is invalid or leads through a file. */
export function exists(c: FileContext, request: fs.ExistsPRequest, user: string): fs.ExistsPResponse | Promise<fs.ExistsPResponse> {
  const path = validPath(request.path ?? '');
  if (path === undefined) return ABSENT;
  const walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  if (isFound(walk)) return PRESENT;
  if (lastOf(walk).kind === 'file') return ABSENT;
  const load = request.options?.loadMetadataType ?? LoadMetadataPType.ONCE;
  if (load === LoadMetadataPType.NEVER || (load === LoadMetadataPType.ONCE && c.absent.has(path))) return ABSENT;
  return loadAndAnswer(c, path, request.options, user);
}

async function loadAndAnswer(
  c: FileContext,
  path: NormalPath,
  options: fs.ExistsPOptions | undefined,
  user: string,
): Promise<fs.ExistsPResponse> {
  await c.loader.loadPath(c, path, ttlOf(options?.commonOptions));
  const walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  return settled(c, isFound(walk) ? PRESENT : ABSENT);
}
