// Pages that were asked for a few bytes of lately. The second time such a page is worth keeping; the first time it most likely is not.
import type { BlockId } from '@alluvium/base';

const BITS = 1 << 20;
/** Then the older half is forgotten. */
const MAX_ENTRIES = BITS / 8;

/** Remembers in bounded memory, and now and then takes one page for another. */
export class TouchedPages {
  #recent = new Uint8Array(BITS / 8);
  #older = new Uint8Array(BITS / 8);
  #entries = 0;

  /** Notes the page and tells whether it was noted before. */
  touch(id: BlockId, page: number): boolean {
    const low = Number(BigInt.asUintN(32, id));
    const high = Number(BigInt.asUintN(32, id >> 32n));
    let hash = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) ^ Math.imul(page, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    const bit = (hash ^ (hash >>> 13)) & (BITS - 1);
    const at = bit >> 3;
    const mask = 1 << (bit & 7);
    const known = ((this.#recent[at]! | this.#older[at]!) & mask) !== 0;
    if ((this.#recent[at]! & mask) === 0) this.#note(at, mask);
    return known;
  }

  #note(at: number, mask: number): void {
    this.#recent[at]! |= mask;
    if (++this.#entries < MAX_ENTRIES) return;
    [this.#older, this.#recent] = [this.#recent, this.#older.fill(0)];
    this.#entries = 0;
  }
}
