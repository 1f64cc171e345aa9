// The properties of a path that say what is to be kept of it in the cache. They are set like any property of a path, and journaled so.
import { fail, parseBytes } from '@alluvium/base';
import { stringOption } from '@alluvium/platform';

export const cacheQuota = stringOption({
  name: 'alluvium.cache.quota',
  default: 'none',
  doc: 'How many bytes the files at and below a path may take in the cache, on all workers together; "none" for no limit. Counts as a property of a path only: `alluvium fsadmin cachePolicy set`.',
});

export const cacheQuotaPerWorker = stringOption({
  name: 'alluvium.cache.quota.per.worker',
  default: 'none',
  doc: 'How many bytes the files at and below a path may take in the cache of each worker; "none" for no limit. Counts as a property of a path only.',
});

export const cachePriority = stringOption({
  name: 'alluvium.cache.priority',
  default: 'normal',
  doc: 'What is evicted first when room is needed: low before normal before high. Counts as a property of a path only.',
});

export const cachePolicyOptions = [cacheQuota, cacheQuotaPerWorker, cachePriority];

export type Priority = 'low' | 'normal' | 'high';

/** What a path itself says; absent: what is said above it counts. */
export interface PolicyHere {
  readonly quotaBytes?: number | 'none';
  readonly quotaPerWorkerBytes?: number | 'none';
  readonly priority?: Priority;
}

/** Throws `invalidArgument` for a value of one of these properties that means nothing; other properties are not looked at. */
export function checkPolicyProperty(name: string, value: string): boolean {
  if (name === cacheQuota.name || name === cacheQuotaPerWorker.name) quotaOf(name, value);
  else if (name === cachePriority.name) priorityOf(value);
  else return false;
  return true;
}

/** Undefined when a path says nothing of the cache. What cannot be read counts as not said: a journal may come from elsewhere. */
export function policyOf(properties: ReadonlyMap<string, string>): PolicyHere | undefined {
  const quotaBytes = lenient(properties, cacheQuota.name, (text) => quotaOf(cacheQuota.name, text));
  const quotaPerWorkerBytes = lenient(properties, cacheQuotaPerWorker.name, (text) => quotaOf(cacheQuotaPerWorker.name, text));
  const priority = lenient(properties, cachePriority.name, priorityOf);
  if (quotaBytes === undefined && quotaPerWorkerBytes === undefined && priority === undefined) return undefined;
  return {
    ...(quotaBytes !== undefined && { quotaBytes }),
    ...(quotaPerWorkerBytes !== undefined && { quotaPerWorkerBytes }),
    ...(priority !== undefined && { priority }),
  };
}

function lenient<T>(properties: ReadonlyMap<string, string>, name: string, parse: (text: string) => T): T | undefined {
  const text = properties.get(name);
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function quotaOf(name: string, text: string): number | 'none' {
  if (text.trim().toLowerCase() === 'none') return 'none';
  const bytes = parseBytes(text);
  if (!Number.isSafeInteger(bytes) || bytes < 0)
    throw fail('invalidArgument', `Cannot use "${text}" for ${name}: bytes such as 10GB wanted, or none`);
  return bytes;
}

function priorityOf(text: string): Priority {
  const priority = text.trim().toLowerCase();
  if (priority === 'low' || priority === 'normal' || priority === 'high') return priority;
  throw fail('invalidArgument', `Cannot use "${text}" for ${cachePriority.name}: low, normal or high wanted`);
}
