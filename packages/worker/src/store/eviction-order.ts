// The blocks of one directory in the order in which they would go: by the rank of their class, then by their key. Looking for a victim
// costs the logarithm of the blocks, however many there are and however many of them are protected.
import type { BlockTable } from './block-table.js';
import { NOWHERE, PARKED } from './block-table.js';
import { SlotHeap } from './slot-heap.js';

export class EvictionOrder {
  readonly #table: BlockTable;
  /** By group of the cache classes. */
  readonly #groups = new Map<number, SlotHeap>();
  /** Blocks that were protected when their turn came: looked at again when protection may have ended. */
  #parked = new Int32Array(16);
  #parkedCount = 0;
  #bytes = 0;

  constructor(table: BlockTable) {
    this.#table = table;
  }

  /** Of the whole blocks in the order; what is parked does not count. */
  get bytes(): number {
    return this.#bytes;
  }

  get parkedCount(): number {
    return this.#parkedCount;
  }

  has(slot: number): boolean {
    return this.#table.placeOf(slot) !== NOWHERE;
  }

  add(slot: number): void {
    const group = this.#table.groupOf(slot);
    let heap = this.#groups.get(group);
    if (heap === undefined) this.#groups.set(group, (heap = new SlotHeap(this.#table)));
    heap.add(slot);
    this.#bytes += this.#table.lengthOf(slot);
  }

  remove(slot: number): void {
    if (this.#table.placeOf(slot) === NOWHERE) return;
    if (this.#table.has(slot, PARKED)) return this.#unpark(slot);
    const group = this.#table.groupOf(slot);
    const heap = this.#groups.get(group)!;
    heap.remove(slot);
    if (heap.size === 0) this.#groups.delete(group);
    this.#bytes -= this.#table.lengthOf(slot);
  }

  /** The block has another key than before, set by the caller in the table. */
  rekeyed(slot: number): void {
    if (this.#table.placeOf(slot) === NOWHERE || this.#table.has(slot, PARKED)) return;
    this.#groups.get(this.#table.groupOf(slot))!.rekeyed(slot);
  }

  /** Which would go first, by rank and key, of all groups or of some; undefined when there is none. */
  first(rank: (slot: number) => number, only?: ReadonlySet<number>): { slot: number; rank: number } | undefined {
    let first: { slot: number; rank: number } | undefined;
    for (const [group, heap] of this.#groups) {
      if (only?.has(group) === false) continue;
      const slot = heap.first;
      const itsRank = rank(slot);
      if (
        first === undefined ||
        itsRank < first.rank ||
        (itsRank === first.rank && this.#table.keyOf(slot) < this.#table.keyOf(first.slot))
      )
        first = { slot, rank: itsRank };
    }
    return first;
  }

  /** Takes a block of the order aside until `look` finds that it may go. */
  park(slot: number): void {
    this.remove(slot);
    if (this.#parkedCount === this.#parked.length) {
      const grown = new Int32Array(this.#parked.length * 2);
      grown.set(this.#parked);
      this.#parked = grown;
    }
    this.#table.set(slot, PARKED, true);
    this.#table.setPlace(slot, this.#parkedCount);
    this.#parked[this.#parkedCount++] = slot;
  }

  /** Looks at the parked blocks below place `from`, at most `count`; those that may go are in the order again. Answers where to go on; 0 is the end. */
  look(from: number, count: number, isProtected: (slot: number) => boolean): number {
    let at = Math.min(from, this.#parkedCount);
    for (let left = count; at > 0 && left > 0; left--) {
      const slot = this.#parked[--at]!;
      if (isProtected(slot)) continue;
      this.#unpark(slot);
      this.add(slot);
    }
    return at;
  }

  #unpark(slot: number): void {
    const at = this.#table.placeOf(slot);
    const last = this.#parked[--this.#parkedCount]!;
    this.#parked[at] = last;
    this.#table.setPlace(last, at);
    this.#table.setPlace(slot, NOWHERE);
    this.#table.set(slot, PARKED, false);
  }
}
