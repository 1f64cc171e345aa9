import { fail } from '@alluvium/base';
import type { Page } from './slab.js';

/** The cells of a slab at one moment. Holds what has changed before its turn, a page at a time. */
export class PageSnapshot<T> implements Iterator<T> {
  readonly #live: readonly (Page | undefined)[];
  readonly #read: (page: Page, unit: number) => T;
  readonly #close: () => void;
  /** By number of the page: 1 as long as it is as it was, and still to be answered. */
  #untouched: Uint8Array;
  /** Where the next untouched page is looked for. */
  #next = 0;
  /** As they were: pages that have changed before their turn. */
  #aside: Page[] = [];
  #page: Page | undefined;
  #unit = 0;
  #done = false;
  #abandoned = false;

  constructor(live: readonly (Page | undefined)[], read: (page: Page, unit: number) => T, close: () => void) {
    this.#live = live;
    this.#read = read;
    this.#close = close;
    this.#untouched = Uint8Array.from(live, (page) => (page === undefined ? 0 : 1));
  }

  beforeChange(number: number): void {
    if (this.#untouched[number] !== 1) return;
    this.#untouched[number] = 0;
    const page = this.#live[number];
    if (page !== undefined && page.live > 0) this.#aside.push(page.copy());
  }

  next(): IteratorResult<T> {
    if (this.#abandoned) throw fail('aborted', 'The store was cleared under a snapshot');
    while (!this.#done) {
      const page = this.#page;
      if (page === undefined || this.#unit + page.cellUnits > page.fresh) {
        if (!this.#turnPage()) this.return();
        continue;
      }
      const unit = this.#unit;
      this.#unit += page.cellUnits;
      if (page.isLive(unit)) return { done: false, value: this.#read(page, unit) };
    }
    return { done: true, value: undefined };
  }

  /** Goes on to the next page; false when there is none. */
  #turnPage(): boolean {
    const page = this.#aside.pop() ?? this.#nextUntouched();
    if (page === undefined) return false;
    this.#page = page;
    this.#unit = 0;
    return true;
  }

  /** A copy: the page may change between one step and the next. */
  #nextUntouched(): Page | undefined {
    for (; this.#next < this.#untouched.length; this.#next++) {
      if (this.#untouched[this.#next] !== 1) continue;
      this.#untouched[this.#next] = 0;
      const page = this.#live[this.#next];
      if (page !== undefined && page.live > 0) return page.copy(this.#page);
    }
    return undefined;
  }

  return(): IteratorResult<T> {
    this.#done = true;
    this.#page = undefined;
    this.#aside = [];
    this.#untouched = new Uint8Array(0);
    this.#close();
    return { done: true, value: undefined };
  }

  abandon(): void {
    this.#abandoned = true;
    this.#aside = [];
    this.#page = undefined;
  }
}
