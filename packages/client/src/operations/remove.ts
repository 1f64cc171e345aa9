import { normalPath } from '@alluvium/base';
import type { RemoveOptions } from '../file-system.js';
import { onceOnly } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import type { ClientContext } from './context.js';

export async function remove({ master, random }: ClientContext, path: string, options: RemoveOptions = {}): Promise<void> {
  const { recursive = false, alluxioOnly = false, signal } = options;
  const request = {
    path: normalPath(path),
    options: {
      recursive,
      alluxioOnly,
      unchecked: false,
      syncParentNextTime: false,
      deleteMountPoint: false,
      commonOptions: onceOnly(random),
    },
  };
  await master.unary(fileMethods.remove, request, signal);
}
