// From block ids to slots of the block table. Open addressing in typed arrays; many small parts, so that growing one is no pause.
import type { BlockId } from '@alluvium/base';

/** The ids by slot, as the table keeps them. */
export interface IdsBySlot {
  lowOf(slot: number): number;
  highOf(slot: number): number;
}

const PARTS = 128;
const FIRST_ROOM = 16;
const EMPTY = -1;
/** Grown when more than this share is taken. */
const FULLEST = 0.75;

const WIDE = new BigInt64Array(1);
const HALVES = new Uint32Array(WIDE.buffer);

interface Part {
  slots: Int32Array;
  size: number;
}

export class IdIndex {
  readonly #ids: IdsBySlot;
  readonly #parts: Part[] = Array.from({ length: PARTS }, () => ({ slots: new Int32Array(FIRST_ROOM).fill(EMPTY), size: 0 }));

  constructor(ids: IdsBySlot) {
    this.#ids = ids;
  }

  /** The slot of `id`, or -1. */
  find(id: BlockId): number {
    WIDE[0] = id;
    const low = HALVES[0]!;
    const high = HALVES[1]!;
    const hash = hashOf(low, high);
    const { slots } = this.#parts[hash % PARTS]!;
    const mask = slots.length - 1;
    for (let at = home(hash, mask); ; at = (at + 1) & mask) {
      const slot = slots[at]!;
      if (slot === EMPTY || (this.#ids.lowOf(slot) === low && this.#ids.highOf(slot) === high)) return slot;
    }
  }

  /** The id of `slot` must not be in yet. */
  add(slot: number): void {
    const hash = this.#hashOf(slot);
    const part = this.#parts[hash % PARTS]!;
    if (part.size + 1 > part.slots.length * FULLEST) this.#grow(part);
    place(part.slots, hash, slot);
    part.size++;
  }

  /** Later entries of the same run move up, so that no marks are left behind. */
  remove(slot: number): void {
    const hash = this.#hashOf(slot);
    const part = this.#parts[hash % PARTS]!;
    const { slots } = part;
    const mask = slots.length - 1;
    let hole = home(hash, mask);
    while (slots[hole] !== slot) {
      if (slots[hole] === EMPTY) return;
      hole = (hole + 1) & mask;
    }
    for (let at = (hole + 1) & mask; slots[at] !== EMPTY; at = (at + 1) & mask) {
      const wanted = home(this.#hashOf(slots[at]!), mask);
      if (((at - wanted) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = slots[at]!;
      hole = at;
    }
    slots[hole] = EMPTY;
    part.size--;
  }

  #grow(part: Part): void {
    const old = part.slots;
    part.slots = new Int32Array(old.length * 2).fill(EMPTY);
    for (const slot of old) if (slot !== EMPTY) place(part.slots, this.#hashOf(slot), slot);
  }

  #hashOf(slot: number): number {
    return hashOf(this.#ids.lowOf(slot), this.#ids.highOf(slot));
  }
}

/** Ids of one file differ in the low bits, ids of files of one block each above bit 24: both are to be spread. */
function hashOf(low: number, high: number): number {
  let hash = Math.imul(low ^ (low >>> 15), 0x85ebca6b) ^ Math.imul(high, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 13), 0x9e3779b1);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function home(hash: number, mask: number): number {
  return Math.floor(hash / PARTS) & mask;
}

function place(slots: Int32Array, hash: number, slot: number): void {
  const mask = slots.length - 1;
  let at = home(hash, mask);
  while (slots[at] !== EMPTY) at = (at + 1) & mask;
  slots[at] = slot;
}
