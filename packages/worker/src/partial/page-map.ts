import { PAGE_BYTES, pageCountOf, type Pages } from '../store/pages.js';

/** Which pages of a partly cached block are here, with the CRC-32C of each. */
export class PageMap {
  /** Of the whole block, bytes. */
  readonly length: number;
  readonly #present: Uint8Array;
  readonly #sums: Uint32Array;
  #missing: number;

  constructor(length: number, pages?: Pages) {
    this.length = length;
    const count = pageCountOf(length);
    this.#present = pages?.present ?? new Uint8Array(Math.ceil(count / 8));
    this.#sums = pages?.sums ?? new Uint32Array(count);
    this.#missing = 0;
    for (let page = 0; page < count; page++) if (!this.has(page)) this.#missing++;
  }

  get count(): number {
    return this.#sums.length;
  }

  /** How many pages are not here. */
  get missing(): number {
    return this.#missing;
  }

  get pages(): Pages {
    return { pageBytes: PAGE_BYTES, present: this.#present, sums: this.#sums };
  }

  get presentBytes(): number {
    let bytes = 0;
    for (let page = 0; page < this.count; page++) if (this.has(page)) bytes += this.endOf(page) - page * PAGE_BYTES;
    return bytes;
  }

  /** How many bytes of `[from, to)` are here. */
  presentBetween(from: number, to: number): number {
    let bytes = 0;
    for (let page = Math.floor(from / PAGE_BYTES); page * PAGE_BYTES < to; page++)
      if (this.has(page)) bytes += Math.min(to, this.endOf(page)) - Math.max(from, page * PAGE_BYTES);
    return bytes;
  }

  has(page: number): boolean {
    return (this.#present[page >> 3]! & (1 << (page & 7))) !== 0;
  }

  sumOf(page: number): number {
    return this.#sums[page]!;
  }

  set(page: number, sum: number): void {
    this.#sums[page] = sum;
    if (this.has(page)) return;
    this.#present[page >> 3]! |= 1 << (page & 7);
    this.#missing--;
  }

  clear(page: number): void {
    if (!this.has(page)) return;
    this.#present[page >> 3]! &= ~(1 << (page & 7));
    this.#missing++;
  }

  /** Where the page ends in the block. */
  endOf(page: number): number {
    return Math.min((page + 1) * PAGE_BYTES, this.length);
  }

  /** The first page from `page` on that is here, `to` when none before is. */
  nextPresent(page: number, to: number): number {
    while (page < to && !this.has(page)) page++;
    return page;
  }

  /** The first page from `page` on that is not here, `to` when all before are. */
  nextMissing(page: number, to: number): number {
    while (page < to && this.has(page)) page++;
    return page;
  }
}

/** The page that holds the byte at `position` of a block. */
export function pageAt(position: number): number {
  return Math.floor(position / PAGE_BYTES);
}
