// What the read path tells of each read, so that hits and misses can be counted and explained.
import type { BlockId } from '@alluvium/base';

/** What the reader knows of why bytes did not come from the cache. That a block is absent is explained further by what became of it. */
export type MissCause =
  /** Nothing of the block is here. */
  | 'absent'
  /** Some pages of it are here, the wanted ones are not. */
  | 'partial'
  /** The client asked that it be not cached. */
  | 'noCache'
  /** The cache could not take it. */
  | 'noRoom'
  /** The quota of its path is used up, and nothing of that path could make room. */
  | 'overQuota'
  /** What was here is not what was stored. */
  | 'damaged'
  /** The file in the store is no longer the one that was cached. */
  | 'replaced';

/**
 * Called synchronously, once for each read and source when it ends (not for each chunk): a read that takes some bytes from the
 * cache and some from the store is a hit and a miss. Costs a look into a map or two, and never throws.
 */
export interface ReadObserver {
  /** `bytes` came from the cache; 0 when a client opened the file itself. */
  hit(block: BlockId, bytes: number, user: string): void;
  /** `bytes` came from the under store. */
  miss(block: BlockId, cause: MissCause, bytes: number, user: string): void;
}

/** Tells several. */
export function observers(...all: readonly ReadObserver[]): ReadObserver {
  return {
    hit: (block, bytes, user) => {
      for (const one of all) one.hit(block, bytes, user);
    },
    miss: (block, cause, bytes, user) => {
      for (const one of all) one.miss(block, cause, bytes, user);
    },
  };
}
