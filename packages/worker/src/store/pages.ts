// Checksums of a block by page: made while its bytes arrive, checked when they leave.
import { crc32c } from '@alluvium/platform';

/** The unit of checking and, for partly cached blocks, of presence. Part of the sidecar format: blocks of its first version have larger ones. */
export const PAGE_BYTES = 64 << 10;
export const LARGE_PAGE_BYTES = 1 << 20;

export function pageCountOf(length: number, pageBytes = PAGE_BYTES): number {
  return Math.ceil(length / pageBytes);
}

/** What is known of a block's pages: which are here, and the CRC-32C of each that is. */
export interface Pages {
  readonly pageBytes: number;
  /** One bit a page, lowest bit of byte 0 first. */
  readonly present: Uint8Array;
  readonly sums: Uint32Array;
}

export function allPages(sums: Uint32Array, pageBytes = PAGE_BYTES): Pages {
  const present = new Uint8Array(Math.ceil(sums.length / 8));
  for (let page = 0; page < sums.length; page++) present[page >> 3]! |= 1 << (page & 7);
  return { pageBytes, present, sums };
}

export function hasEveryPage(pages: Pages): boolean {
  for (let page = 0; page < pages.sums.length; page++) {
    if ((pages.present[page >> 3]! & (1 << (page & 7))) === 0) return false;
  }
  return true;
}

/** Sums pages while the bytes come by in order, in pieces of any size. */
export class PageSummer {
  #sums: number[] = [];
  #length = 0;
  #current = 0;

  get length(): number {
    return this.#length;
  }

  update(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const take = Math.min(PAGE_BYTES - (this.#length % PAGE_BYTES), bytes.length - at);
      this.#current = crc32c(bytes.subarray(at, at + take), this.#current);
      this.#length += take;
      at += take;
      if (this.#length % PAGE_BYTES === 0) {
        this.#sums.push(this.#current);
        this.#current = 0;
      }
    }
  }

  /** The sums of all pages so far, the last one perhaps of a part of a page. */
  sums(): Uint32Array {
    const partial = this.#length % PAGE_BYTES === 0 ? [] : [this.#current];
    return Uint32Array.from([...this.#sums, ...partial]);
  }
}
