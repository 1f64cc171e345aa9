import type { BlockId } from '@alluvium/base';
import type { BlockStore } from './block-store.js';
import { key } from './packed/hash.js';
import { IdIndex } from './packed/id-index.js';
import { Slab, UNIT_BITS, UNIT_MASK } from './packed/slab.js';

/** Block lengths in memory, packed: the id and the length of each are a cell. */
export function heapBlockStore(): BlockStore {
  return new HeapBlockStore();
}

const CELL_BYTES = 16;

class HeapBlockStore implements BlockStore {
  readonly #cells = new Slab();
  readonly #byId = new IdIndex(this.#cells, 0);

  get size(): number {
    return this.#cells.size;
  }

  length(id: BlockId): number | undefined {
    key.load(id);
    const address = this.#byId.find(key.first, key.second);
    return address === 0 ? undefined : this.#cells.pages[address >>> UNIT_BITS]!.numbers[(address & UNIT_MASK) + 1]!;
  }

  put(id: BlockId, length: number): void {
    key.load(id);
    const { first, second } = key;
    let address = this.#byId.find(first, second);
    const before = address;
    if (before === 0) address = this.#cells.allocate(CELL_BYTES);
    else this.#cells.beforeChange(address);
    const { longs, numbers } = this.#cells.pages[address >>> UNIT_BITS]!;
    const unit = address & UNIT_MASK;
    longs[unit] = id;
    numbers[unit + 1] = length;
    if (before === 0) this.#byId.add(first, second, address);
  }

  remove(id: BlockId): void {
    key.load(id);
    const { first, second } = key;
    const address = this.#byId.find(first, second);
    if (address === 0) return;
    this.#byId.remove(first, second, address);
    this.#cells.free(address);
  }

  snapshot(): Iterator<[BlockId, number]> {
    return this.#cells.snapshot((page, unit) => [page.longs[unit]! as BlockId, page.numbers[unit + 1]!]);
  }

  clear(): void {
    this.#cells.clear();
    this.#byId.clear();
  }
}
