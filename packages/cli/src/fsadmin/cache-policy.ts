import { fail } from '@alluvium/base';
import type { CachePolicy } from '@alluvium/client';
import { UsageError } from '../exit-code.js';
import { formatSize } from '../output/size.js';
import { formatTable } from '../output/table.js';
import type { Session } from '../session.js';

const QUOTA = 'alluvium.cache.quota';
const QUOTA_PER_WORKER = 'alluvium.cache.quota.per.worker';
const PRIORITY = 'alluvium.cache.priority';
const NAMES = [QUOTA, QUOTA_PER_WORKER, PRIORITY];

interface SetOptions {
  readonly quota?: string;
  readonly quotaPerWorker?: string;
  readonly priority?: string;
}

export async function setCachePolicy(session: Session, [text]: readonly [string], options: SetOptions): Promise<void> {
  const path = session.path(text);
  const properties: Record<string, string> = {};
  if (options.quota !== undefined) properties[QUOTA] = options.quota;
  if (options.quotaPerWorker !== undefined) properties[QUOTA_PER_WORKER] = options.quotaPerWorker;
  if (options.priority !== undefined) properties[PRIORITY] = options.priority;
  if (Object.keys(properties).length === 0) throw new UsageError('--quota, --quota-per-worker or --priority is wanted');
  await (await session.fileSystem()).admin.setPathProperties(path, properties, { signal: session.signal });
}

export async function removeCachePolicy(session: Session, [text]: readonly [string]): Promise<void> {
  const path = session.path(text);
  const { admin } = await session.fileSystem();
  const set = (await admin.pathProperties({ signal: session.signal })).get(path) ?? new Map<string, string>();
  const names = NAMES.filter((name) => set.has(name));
  if (names.length === 0) throw fail('notFound', `Cannot take the cache policy from "${path}": it has none`);
  await admin.removePathProperties(path, names, { signal: session.signal });
}

export async function listCachePolicies(session: Session): Promise<void> {
  const policies = await (await session.fileSystem()).admin.cachePolicies({ signal: session.signal });
  if (session.json) return session.printJson(policies);
  if (policies.length === 0) return session.print('No path has a cache policy.');
  const rows = policies.map((policy) => [
    policy.path,
    policy.priority,
    quotaText(policy),
    formatSize(policy.usedBytes),
    policy.quotaUsedBytes === undefined ? '-' : formatSize(policy.quotaUsedBytes),
    policy.workersOver === 0 ? '' : `used up on ${policy.workersOver === 1 ? '1 worker' : `${policy.workersOver} workers`}`,
  ]);
  for (const line of formatTable([['Path', 'Priority', 'Quota', 'Used', 'Of quota', ''], ...rows])) await session.print(line);
}

/** The quota that counts at a path. */
export function quotaText({ path, quotaBytes, quotaPerWorkerBytes, quotaPath }: CachePolicy): string {
  if (quotaPath === undefined) return 'none';
  if (quotaPath !== path) return `that of ${quotaPath}`;
  const texts: string[] = [];
  if (quotaBytes !== undefined) texts.push(formatSize(quotaBytes));
  if (quotaPerWorkerBytes !== undefined) texts.push(`${formatSize(quotaPerWorkerBytes)} a worker`);
  return texts.join(', ');
}
