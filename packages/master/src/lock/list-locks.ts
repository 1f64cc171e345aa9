import type { namespaceService as ns } from '@alluvium/wire';
import type { FileContext } from '../file/context.js';

/** Claims in one answer: far more than a person reads, and few enough for one message. */
const MOST = 10_000;

/** ListLocks: which operations hold or wait for which paths at this moment, the oldest first. Only for super users: it names paths. */
export function listLocks(c: FileContext, _request: ns.ListLocksRequest, user: string): ns.ListLocksReply {
  c.permissions.requireSuper(user);
  const locks: ns.LockInfo[] = [];
  for (const { path, mode, held, operation, user: holder, sinceMs } of c.locks.list()) {
    if (locks.length === MOST) break;
    locks.push({ path, mode, held, operation, user: holder, sinceMs: BigInt(sinceMs) });
  }
  return { locks };
}
