import type { BlockId } from '@alluvium/base';
import type { BlockStore } from './block-store.js';
import { SnapshotOverlay } from './snapshot-overlay.js';

/** Block lengths in memory. */
export function heapBlockStore(): BlockStore {
  return new HeapBlockStore();
}

class HeapBlockStore implements BlockStore {
  readonly #lengths = new Map<BlockId, number>();
  readonly #overlay = new SnapshotOverlay<BlockId, number>();

  get size(): number {
    return this.#lengths.size;
  }

  length(id: BlockId): number | undefined {
    return this.#lengths.get(id);
  }

  put(id: BlockId, length: number): void {
    this.#overlay.beforeChange(id, this.#lengths.get(id));
    this.#lengths.set(id, length);
  }

  remove(id: BlockId): void {
    this.#overlay.beforeChange(id, this.#lengths.get(id));
    this.#lengths.delete(id);
  }

  snapshot(): Iterator<[BlockId, number]> {
    return this.#overlay.open(this.#lengths);
  }

  clear(): void {
    this.#overlay.abandonAll();
    this.#lengths.clear();
  }
}
