import type { Cancellable } from '../file-system.js';
import { namespaceMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import type { LockReport } from './cluster-admin.js';

export async function listLocks({ master }: ClientContext, { signal }: Cancellable = {}): Promise<LockReport[]> {
  const { locks = [] } = await master.unary(namespaceMethods.listLocks, {}, signal);
  return locks.map(({ path = '', mode = '', held = false, operation = '', user = '', sinceMs = 0n }) => ({
    path,
    mode,
    held,
    operation,
    user,
    sinceMs,
  }));
}
