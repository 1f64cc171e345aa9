// Whose blocks go first when room is needed.
import type { BlockId } from '@alluvium/base';

export interface CacheClasses {
  /** Blocks of a lower rank go first, whatever their use; within a rank the order of eviction decides. */
  rank(id: BlockId): number;
  /**
   * A small number that two blocks share when they always have the same rank, such as that of the rule which both fall under. The store
   * keeps an order of eviction for each group, so that the rank of a whole group may change at any time at no cost; when the group of
   * a block changes, `BlockStore.regroup` is to be called.
   */
  group(id: BlockId): number;
}

/** All blocks alike. */
export const ONE_CLASS: CacheClasses = { rank: () => 0, group: () => 0 };
