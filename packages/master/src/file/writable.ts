import { fail, type NormalPath } from '@alluvium/base';
import type { FileContext } from './context.js';
import { notAllowed } from '../mount/guarded-store.js';
import { ufsUriOf, type Mount } from '../mount/mount.js';

/** The mount of a path; throws when it is read-only. */
export function requireWritable(c: FileContext, path: NormalPath): Mount {
  const mount = c.mounts.resolve(path);
  if (mount.readOnly)
    throw fail('permissionDenied', `A write operation on ${path} under a readonly mount point ${mount.path} is not allowed`);
  return mount;
}

/** Throws when the store of a path must not be changed at the moment; asked by operations that a worker finishes there. */
export function requireStoreWritable(c: FileContext, path: NormalPath): void {
  const mount = c.mounts.resolve(path);
  const mode = c.mounts.modeOf(mount);
  if (mode !== 'READ_WRITE') throw notAllowed('WRITE', ufsUriOf(mount, path), mode);
}
