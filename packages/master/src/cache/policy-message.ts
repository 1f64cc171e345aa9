import { cacheService } from '@alluvium/wire';
import type { Priority } from './policy-properties.js';
import type { PolicyClass } from './policy-table.js';
import type { ClassUse } from './class-use.js';
import { sumMessage } from './use-windows.js';

const { CachePriority } = cacheService;

export const PRIORITY: Readonly<Record<Priority, cacheService.CachePriority>> = {
  low: CachePriority.LOW,
  normal: CachePriority.NORMAL,
  high: CachePriority.HIGH,
};

/** What an operator is told of a policy; `all` are those whose use may count for its quota. */
export function policyMessage(policy: PolicyClass, all: readonly PolicyClass[], use: ClassUse): cacheService.CachePolicy {
  const { path, here, priority, quota } = policy;
  const message: cacheService.CachePolicy = {
    path,
    priority: PRIORITY[priority],
    prioritySet: here.priority !== undefined,
    usedBytes: sumMessage(use.usedBytes([policy.id])),
  };
  if (typeof here.quotaBytes === 'number') message.quotaBytes = BigInt(here.quotaBytes);
  if (typeof here.quotaPerWorkerBytes === 'number') message.quotaPerWorkerBytes = BigInt(here.quotaPerWorkerBytes);
  if (quota === undefined) return message;
  const sharers = all.filter((other) => other.quota?.id === quota.id).map(({ id }) => id);
  message.quotaPath = quota.path;
  message.quotaUsedBytes = sumMessage(use.usedBytes(sharers));
  message.workersOver = use.workersOver(quota, sharers);
  return message;
}
