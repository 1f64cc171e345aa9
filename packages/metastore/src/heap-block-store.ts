import type { BlockId } from '@alluvium/base';
import type { BlockStore } from './block-store.js';
import { PagedMap } from './paged-map.js';

/** Block lengths in memory. */
export function heapBlockStore(): BlockStore {
  return new HeapBlockStore();
}

class HeapBlockStore implements BlockStore {
  readonly #lengths = new PagedMap<BlockId, number>();

  get size(): number {
    return this.#lengths.size;
  }

  length(id: BlockId): number | undefined {
    return this.#lengths.get(id);
  }

  put(id: BlockId, length: number): void {
    this.#lengths.set(id, length);
  }

  remove(id: BlockId): void {
    this.#lengths.delete(id);
  }

  snapshot(): Iterator<[BlockId, number]> {
    return this.#lengths.snapshot();
  }

  clear(): void {
    this.#lengths.clear();
  }
}
