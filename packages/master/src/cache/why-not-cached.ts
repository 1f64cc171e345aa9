// Why a block is in no cache, in words for people: the newest thing that any worker remembers of it, or what follows from the rest.
import type { cacheService } from '@alluvium/wire';
import type { PolicyClass } from './policy-table.js';

export interface WhyNotQuestion {
  /** What workers that serve remember of the block. */
  readonly facts: readonly { readonly worker: string; readonly facts: cacheService.BlockFacts }[];
  /** Workers that had it and are lost. */
  readonly lostWorkers: readonly string[];
  /** Its bytes were written, or are in the store. */
  readonly isWritten: boolean;
  readonly isPersisted: boolean;
  readonly policy: PolicyClass | undefined;
  /** Not every worker has answered. */
  readonly someSilent: boolean;
}

export function whyNotCached(q: WhyNotQuestion): string {
  const partial = q.facts.find(({ facts }) => (facts.pagesPresent ?? 0) > 0);
  if (partial !== undefined) {
    const { pagesPresent = 0, pages = 0 } = partial.facts;
    const quota = partial.facts.overQuota === true ? ', where the quota of its path is used up' : '';
    return `partly cached: ${pagesPresent} of ${pages} pages are on ${partial.worker}${quota}`;
  }
  const left = newest(q.facts, ({ leftMs }) => leftMs);
  if (q.lostWorkers.length > 0)
    return `lost with ${q.lostWorkers.join(', ')}${left === undefined ? '' : `; before that ${leftText(left)}`}`;
  if (left !== undefined) return leftText(left);
  const missed = newest(q.facts, ({ misses, lastAccessMs }) => ((misses ?? 0n) > 0n ? (lastAccessMs ?? 0n) : undefined));
  if (missed !== undefined) return `read from the store on ${missed.worker}: ${missed.facts.lastMiss ?? 'not told why'}`;
  if (q.policy?.quota?.here.quotaBytes === 0 || q.policy?.quota?.here.quotaPerWorkerBytes === 0)
    return `not to be cached: the quota of ${q.policy.quota.path} is 0`;
  if (!q.isPersisted) return q.isWritten ? 'no worker that is here has it, and it is in no store' : 'not written yet';
  return `never cached, as far as the workers${q.someSilent ? ' that answered' : ''} remember`;
}

interface OnWorker {
  readonly worker: string;
  readonly facts: cacheService.BlockFacts;
}

function leftText({ worker, facts }: OnWorker): string {
  return `left ${worker} at ${new Date(Number(facts.leftMs)).toISOString()}: ${facts.leftWhy ?? 'not told why'}`;
}

function newest(all: readonly OnWorker[], timeOf: (facts: cacheService.BlockFacts) => bigint | undefined): OnWorker | undefined {
  let best: OnWorker | undefined;
  let bestMs = -1n;
  for (const one of all) {
    const timeMs = timeOf(one.facts);
    if (timeMs === undefined || timeMs <= bestMs) continue;
    best = one;
    bestMs = timeMs;
  }
  return best;
}
