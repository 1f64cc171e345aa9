import { normalPath } from '@alluvium/base';
import type { RemoveOptions } from '../file-system.js';
import { onceOnly } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import type { ClientContext } from './context.js';

export async function remove({ master, random }: ClientContext, path: string, options: RemoveOptions = {}): Promise<void> {
  const { recursive = false, alluxioOnly = false, unchecked = false, deleteMountPoints = false, syncParentNextTime = false } = options;
  const request = {
    path: normalPath(path),
    options: {
      recursive,
      alluxioOnly,
      unchecked,
      syncParentNextTime,
      deleteMountPoint: deleteMountPoints,
      commonOptions: onceOnly(random),
    },
  };
  await master.unary(fileMethods.remove, request, options.signal);
}
