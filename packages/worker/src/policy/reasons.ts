// Why blocks leave, and why reads miss: names for counters, and words for people.
import type { MissCause } from './read-observer.js';

export type LeaveReason = 'evictedLru' | 'evictedOverQuota' | 'evictedLowPriority' | 'evictedAhead' | 'freed' | 'damaged' | 'directoryLost';

/** A block that is absent was never here, or left for one of the reasons above. */
export type MissReason = Exclude<MissCause, 'absent'> | 'neverCached' | LeaveReason;

const WORDS: Readonly<Record<MissReason, string>> = {
  neverCached: 'never cached here',
  evictedLru: 'evicted for room: others were used later or more often',
  evictedOverQuota: 'evicted because the quota of its path was used up',
  evictedLowPriority: 'evicted for room: its path has low priority',
  evictedAhead: 'evicted ahead, to keep room free',
  freed: 'freed',
  damaged: 'damaged',
  directoryLost: 'its storage directory failed',
  partial: 'only other pages of it were cached',
  noCache: 'the client asked not to cache it',
  noRoom: 'the cache had no room for it',
  overQuota: 'the quota of its path is used up',
  replaced: 'the file in the store was replaced',
};

export function inWords(reason: MissReason): string {
  return WORDS[reason];
}
