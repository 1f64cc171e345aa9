import { EMPTY, GONE, HashIndex } from './hash-index.js';
import { hashOfHalves } from './hash.js';
import { UNIT_BITS, UNIT_MASK, type Slab } from './slab.js';

/** More than the 16 ids that lie beside each other, so that groups of them keep clear of each other. */
const STEP = 17;

/** Cells that have an id at the same word, by that id, which is given in halves as they lie in memory. */
export class IdIndex {
  readonly #slab: Slab;
  readonly #word: number;
  readonly #index = new HashIndex(STEP);

  constructor(slab: Slab, word: number) {
    this.#slab = slab;
    this.#word = word;
  }

  /** The address of the cell with this id; 0: none. */
  find(first: number, second: number): number {
    const hash = hashOfHalves(first, second);
    const { hashes, addresses } = this.#index.segment(hash);
    const mask = hashes.length - 1;
    for (let at = hash & mask; ; at = (at + STEP) & mask) {
      const address = addresses[at]!;
      if (address === EMPTY) return 0;
      if (hashes[at] !== hash || address === GONE) continue;
      const { words } = this.#slab.pages[address >>> UNIT_BITS]!;
      const word = 2 * (address & UNIT_MASK) + this.#word;
      if (words[word] === first && words[word + 1] === second) return address;
    }
  }

  add(first: number, second: number, address: number): void {
    this.#index.add(hashOfHalves(first, second), address);
  }

  replace(first: number, second: number, address: number, by: number): void {
    this.#index.replace(hashOfHalves(first, second), address, by);
  }

  remove(first: number, second: number, address: number): void {
    this.#index.remove(hashOfHalves(first, second), address);
  }

  clear(): void {
    this.#index.clear();
  }
}
