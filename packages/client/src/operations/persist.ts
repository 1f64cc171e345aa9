import { normalPath } from '@alluvium/base';
import type { PersistOptions } from '../file-system.js';
import { COMMON } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import type { ClientContext } from './context.js';

export async function persist({ master }: ClientContext, path: string, { waitMs = 0n, signal }: PersistOptions = {}): Promise<void> {
  const options = { persistenceWaitTime: waitMs, commonOptions: COMMON };
  await master.unary(fileMethods.scheduleAsyncPersistence, { path: normalPath(path), options }, signal);
}
