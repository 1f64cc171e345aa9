import { fail, type NormalPath } from '@alluvium/base';
import type { FileContext } from './context.js';
import type { Mount } from '../mount/mount.js';

/** The mount of a path; throws when it is read-only. */
export function requireWritable(c: FileContext, path: NormalPath): Mount {
  const mount = c.mounts.resolve(path);
  if (mount.readOnly)
    throw fail('permissionDenied', `A write operation on ${path} under a readonly mount point ${mount.path} is not allowed`);
  return mount;
}
