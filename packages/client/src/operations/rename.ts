import { normalPath } from '@alluvium/base';
import type { Cancellable } from '../file-system.js';
import { onceOnly } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import type { ClientContext } from './context.js';

export async function rename({ master, random }: ClientContext, from: string, to: string, { signal }: Cancellable = {}): Promise<void> {
  const options = { persist: false, commonOptions: onceOnly(random) };
  await master.unary(fileMethods.rename, { path: normalPath(from), dstPath: normalPath(to), options }, signal);
}
