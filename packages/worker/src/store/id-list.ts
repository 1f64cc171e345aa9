// Some block ids, each with a mark, packed: those that a directory is found to have.
import type { BlockId } from '@alluvium/base';
import { IdIndex, type IdsBySlot } from './id-index.js';

const CHUNK_BITS = 12;
const CHUNK_IDS = 1 << CHUNK_BITS;
const MASK = CHUNK_IDS - 1;

interface Chunk {
  readonly ids: BigInt64Array;
  readonly halves: Uint32Array;
  readonly marks: Uint8Array;
}

export class IdList implements IdsBySlot {
  readonly #chunks: Chunk[] = [];
  readonly #index = new IdIndex(this);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(id: BlockId): void {
    if (this.#size === this.#chunks.length * CHUNK_IDS) {
      const ids = new BigInt64Array(CHUNK_IDS);
      this.#chunks.push({ ids, halves: new Uint32Array(ids.buffer), marks: new Uint8Array(CHUNK_IDS) });
    }
    const at = this.#size++;
    this.#chunks[at >>> CHUNK_BITS]!.ids[at & MASK] = id;
    this.#index.add(at);
  }

  has(id: BlockId): boolean {
    return this.#index.find(id) >= 0;
  }

  /** Marks an id; false when it is not in the list, or is marked already. */
  mark(id: BlockId): boolean {
    const at = this.#index.find(id);
    if (at < 0 || this.#chunks[at >>> CHUNK_BITS]!.marks[at & MASK] !== 0) return false;
    this.#chunks[at >>> CHUNK_BITS]!.marks[at & MASK] = 1;
    return true;
  }

  *unmarked(): IterableIterator<BlockId> {
    for (let at = 0; at < this.#size; at++) {
      const { ids, marks } = this.#chunks[at >>> CHUNK_BITS]!;
      if (marks[at & MASK] === 0) yield ids[at & MASK]! as BlockId;
    }
  }

  lowOf(slot: number): number {
    return this.#chunks[slot >>> CHUNK_BITS]!.halves[(slot & MASK) * 2]!;
  }

  highOf(slot: number): number {
    return this.#chunks[slot >>> CHUNK_BITS]!.halves[(slot & MASK) * 2 + 1]!;
  }
}
