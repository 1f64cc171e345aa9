// Which directory of a tier a new block goes to, among those that have room.
import { fail, type Random } from '@alluvium/base';
import type { StorageDirectory } from './storage-directory.js';

export interface Allocator {
  /** One of `able`, which is not empty: directories of one tier or medium, in the order of the configuration. */
  choose(able: readonly StorageDirectory[]): StorageDirectory;
}

/** Whether a directory that has room should take a block, too. */
export type Reviewer = (directory: StorageDirectory, bytes: number) => boolean;

export const acceptAll: Reviewer = () => true;

/** By Alluxio's class names, whole or short. Throws `invalidArgument`. */
export function allocatorOf(name: string): Allocator {
  switch (name.slice(name.lastIndexOf('.') + 1)) {
    case 'MaxFreeAllocator':
    case 'MaxFree':
      return { choose: (able) => able.reduce((best, other) => (other.availableBytes > best.availableBytes ? other : best)) };
    case 'RoundRobinAllocator':
    case 'RoundRobin':
      return roundRobin();
    case 'GreedyAllocator':
    case 'Greedy':
      return { choose: (able) => able[0]! };
    default:
      throw fail('invalidArgument', `Cannot use the allocator "${name}": MaxFreeAllocator, RoundRobinAllocator or GreedyAllocator wanted`);
  }
}

/** The next one after the last, in each tier. */
function roundRobin(): Allocator {
  const last = new Map<string, number>();
  return {
    choose: (able) => {
      const { tierAlias } = able[0]!;
      const chosen = able.find((directory) => directory.number > (last.get(tierAlias) ?? -1)) ?? able[0]!;
      last.set(tierAlias, chosen.number);
      return chosen;
    },
  };
}

export interface ReviewerLimits {
  readonly softBytes: number;
  readonly hardBytes: number;
}

/** By Alluxio's class names, whole or short. Throws `invalidArgument`. */
export function reviewerOf(name: string, limits: ReviewerLimits, random: Random): Reviewer {
  switch (name.slice(name.lastIndexOf('.') + 1)) {
    case 'ProbabilisticBufferReviewer':
    case 'ProbabilisticBuffer':
      if (limits.softBytes <= limits.hardBytes) return acceptAll;
      return probabilisticBuffer(limits, random);
    case 'AcceptingReviewer':
    case 'Accepting':
      return acceptAll;
    default:
      throw fail('invalidArgument', `Cannot use the reviewer "${name}": ProbabilisticBufferReviewer or AcceptingReviewer wanted`);
  }
}

/** Refuses the more often, the less would be left between the two limits, so that blocks already begun there have room to grow. */
function probabilisticBuffer({ softBytes, hardBytes }: ReviewerLimits, random: Random): Reviewer {
  return (directory, bytes) => {
    const left = directory.availableBytes - bytes;
    if (left >= softBytes) return true;
    if (left <= hardBytes) return false;
    return random.next() < (left - hardBytes) / (softBytes - hardBytes);
  };
}
