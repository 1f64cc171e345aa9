// Slots of the block table, the one with the lowest key on top. Each slot knows its place, so that any of them can go or change its key.
import { NOWHERE, type BlockTable } from './block-table.js';

const FIRST_ROOM = 16;

export class SlotHeap {
  readonly #table: BlockTable;
  #slots = new Int32Array(FIRST_ROOM);
  #size = 0;

  constructor(table: BlockTable) {
    this.#table = table;
  }

  get size(): number {
    return this.#size;
  }

  /** Of a heap that is not empty. */
  get first(): number {
    return this.#slots[0]!;
  }

  add(slot: number): void {
    if (this.#size === this.#slots.length) {
      const grown = new Int32Array(this.#size + (this.#size >> 1));
      grown.set(this.#slots);
      this.#slots = grown;
    }
    this.#up(this.#size++, slot);
  }

  remove(slot: number): void {
    const at = this.#table.placeOf(slot);
    this.#table.setPlace(slot, NOWHERE);
    const last = this.#slots[--this.#size]!;
    if (last !== slot) this.#settle(at, last);
  }

  rekeyed(slot: number): void {
    this.#settle(this.#table.placeOf(slot), slot);
  }

  #settle(at: number, slot: number): void {
    if (this.#up(at, slot) === at) this.#down(at, slot);
  }

  /** Puts `slot` at `at` or above; answers where. */
  #up(at: number, slot: number): number {
    const key = this.#table.keyOf(slot);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = this.#slots[above]!;
      if (this.#table.keyOf(other) <= key) break;
      this.#put(at, other);
      at = above;
    }
    this.#put(at, slot);
    return at;
  }

  #down(at: number, slot: number): void {
    const key = this.#table.keyOf(slot);
    for (;;) {
      let below = 2 * at + 1;
      if (below >= this.#size) break;
      if (below + 1 < this.#size && this.#table.keyOf(this.#slots[below + 1]!) < this.#table.keyOf(this.#slots[below]!)) below++;
      const other = this.#slots[below]!;
      if (this.#table.keyOf(other) >= key) break;
      this.#put(at, other);
      at = below;
    }
    this.#put(at, slot);
  }

  #put(at: number, slot: number): void {
    this.#slots[at] = slot;
    this.#table.setPlace(slot, at);
  }
}
