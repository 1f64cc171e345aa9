import type { ClassUse } from './class-use.js';
import type { PolicyTable } from './policy-table.js';

/** How much of each quota is used, and on how many workers it is used up. */
export function policyGauges(policies: PolicyTable, use: ClassUse): [string, number][] {
  const all = policies.all();
  return all
    .filter((policy) => policy.quota === policy)
    .flatMap((policy): [string, number][] => {
      const sharers = all.filter(({ quota }) => quota === policy).map(({ id }) => id);
      return [
        [`Cluster.CacheQuotaUsed.Path:${policy.path}`, use.usedBytes(sharers)],
        [`Cluster.CacheQuotaWorkersOver.Path:${policy.path}`, use.workersOver(policy, sharers)],
      ];
    });
}
