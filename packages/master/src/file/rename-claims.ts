import { isWithin, type NormalPath } from '@alluvium/base';
import type { LockClaim } from '../lock/lock-table.js';

/** What a rename holds: two claims of one operation must not conflict with each other. */
export function renameClaims(from: NormalPath, to: NormalPath): LockClaim[] {
  if (isWithin(to, from)) return [{ path: from, mode: 'WRITE_EDGE' }];
  if (isWithin(from, to)) return [{ path: to, mode: 'WRITE_EDGE' }];
  return [
    { path: from, mode: 'WRITE_EDGE' },
    { path: to, mode: 'WRITE_EDGE' },
  ];
}
