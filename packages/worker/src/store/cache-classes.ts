// Whose blocks go first when room is needed.
import type { BlockId } from '@alluvium/base';

export interface CacheClasses {
  /**
   * The group of a block: a number below 65,536 that blocks share when they always have the same rank, such as that of the rule which
   * they fall under. The store asks when a block comes, and when `BlockStore.regroup` is called.
   */
  group(id: BlockId): number;
  /**
   * Blocks of groups of a lower rank go first, whatever their use; within a rank the order of eviction decides. The store keeps an order
   * for each group, so that the rank of a whole group may change at any time at no cost.
   */
  rank(group: number): number;
}

/** All blocks alike. */
export const ONE_CLASS: CacheClasses = { rank: () => 0, group: () => 0 };
