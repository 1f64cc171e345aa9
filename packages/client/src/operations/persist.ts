import { normalPath } from '@alluvium/base';
import type { Cancellable } from '../file-system.js';
import { COMMON } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import type { ClientContext } from './context.js';

export async function persist({ master }: ClientContext, path: string, { signal }: Cancellable = {}): Promise<void> {
  const options = { persistenceWaitTime: 0n, commonOptions: COMMON };
  await master.unary(fileMethods.scheduleAsyncPersistence, { path: normalPath(path), options }, signal);
}
