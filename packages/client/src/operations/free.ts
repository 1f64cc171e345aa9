import { normalPath } from '@alluvium/base';
import type { FreeOptions } from '../file-system.js';
import { COMMON } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import type { ClientContext } from './context.js';

export async function free({ master }: ClientContext, path: string, options: FreeOptions = {}): Promise<void> {
  const { recursive = false, forced = false, signal } = options;
  await master.unary(fileMethods.free, { path: normalPath(path), options: { recursive, forced, commonOptions: COMMON } }, signal);
}
