import type { BlockId } from '@alluvium/base';

/** Block metadata that is journaled: the length. Locations are soft state and live in the BlockMaster. */
export interface BlockStore {
  readonly size: number;
  /** Bytes; -1 unknown length; undefined when the block is not known. */
  length(id: BlockId): number | undefined;
  put(id: BlockId, length: number): void;
  remove(id: BlockId): void;
  /** All blocks at this moment, unaffected by later changes. */
  snapshot(): Iterator<[BlockId, number]>;
  clear(): void;
}
