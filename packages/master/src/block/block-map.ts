import type { BlockId, ContainerId } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { common } from '@alluvium/wire';

/** What the file system master needs of the block master. Lengths are journaled state, locations are soft. */
export interface BlockMap {
  /** Bytes; -1 unknown; undefined when no worker has committed the block and no entry made it. */
  length(id: BlockId): number | undefined;
  /** Where copies are, best tier first; the message is shared, never changed. */
  locations(id: BlockId): readonly common.BlockLocation[];
  /** Resolves when all have a copy, or when workers have had their time to come back after a start; undefined when that is so. */
  whenLocated(ids: readonly BlockId[]): Promise<void> | undefined;
  /**
   * The next unused container. When the reserved ones run out, adds a block_container_id_generator entry to `plan`;
   * the caller appends and applies `plan` in the same synchronous stretch.
   */
  nextContainer(plan: JournalEntry[]): ContainerId;
  /** Tells the workers that hold copies to drop them, with their next orders. Metadata stays. */
  free(ids: Iterable<BlockId>): void;
}
