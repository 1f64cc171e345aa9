import { EMPTY, GONE, HashIndex } from './hash-index.js';
import type { NameKey } from './name-key.js';
import { HEADER_BYTES, WIDE_NAME, WORD_HASH, WORD_NAME_LENGTH, WORD_PARENT } from './record-layout.js';
import { UNIT_BITS, UNIT_BYTES, UNIT_MASK, type Slab } from './slab.js';

/** Neighbours come along with what is looked for. */
const STEP = 1;

/** Inodes by parent and name. */
export class EdgeIndex {
  readonly #records: Slab;
  readonly #index = new HashIndex(STEP);

  constructor(records: Slab) {
    this.#records = records;
  }

  /** The address of the inode of that name below the parent with an id of these halves; 0: none. */
  find(first: number, second: number, name: NameKey): number {
    const { hash } = name;
    const { hashes, addresses } = this.#index.segment(hash);
    const mask = hashes.length - 1;
    for (let at = hash & mask; ; at = (at + STEP) & mask) {
      const address = addresses[at]!;
      if (address === EMPTY) return 0;
      if (hashes[at] === hash && address !== GONE && this.is(address, first, second, name)) return address;
    }
  }

  add(hash: number, address: number): void {
    this.#index.add(hash, address);
  }

  /** False when the inode at the address does not have its edge. */
  replace(hash: number, address: number, by: number): boolean {
    return this.#index.replace(hash, address, by);
  }

  /** False when the inode at the address does not have its edge. */
  remove(hash: number, address: number): boolean {
    return this.#index.remove(hash, address);
  }

  clear(): void {
    this.#index.clear();
  }

  /** Whether the inode at an address has this parent and name. */
  is(address: number, first: number, second: number, name: NameKey): boolean {
    const page = this.#records.pages[address >>> UNIT_BITS]!;
    const { words } = page;
    const unit = address & UNIT_MASK;
    const word = 2 * unit;
    if (words[word + WORD_HASH] !== name.hash || words[word + WORD_PARENT] !== first || words[word + WORD_PARENT + 1] !== second)
      return false;
    const wide = (words[word]! & WIDE_NAME) !== 0;
    return name.compare(page.bytes, unit * UNIT_BYTES + HEADER_BYTES, words[word + WORD_NAME_LENGTH]!, wide) === 0;
  }
}
