// Memory of the packed stores: pages outside the heap of the language, each cut into cells of one size.
import { invariant } from '@alluvium/base';
import { PageSnapshot } from './page-snapshot.js';

/** Cells begin at multiples of 8 bytes, so that the words and numbers in them are aligned. */
export const UNIT_BYTES = 8;
/** An address is the number of a page and a unit in it. */
export const UNIT_BITS = 13;
export const UNIT_MASK = (1 << UNIT_BITS) - 1;
const PAGE_UNITS = 1 << UNIT_BITS;
/** 32 GiB in all. */
const MAX_PAGES = 2 ** (32 - UNIT_BITS);
/** What is larger has a page for itself. */
const MAX_SHARED_UNITS = 1024;
/** The first four words are there in every cell. */
const MIN_UNITS = 2;
/** Up to here there is a size of cells for every number of units; above, each is an eighth larger than the one before. */
const MAX_EXACT_UNITS = 32;
/** A cell with more to spare, beyond an eighth, is too large. */
const MAX_SPARE_BYTES = 32;
/** The fourth word of a cell that is not in use. Whoever uses cells never has this there. */
const FREE = 0xffff_ffff;
const NONE = -1;

/** Units of the smallest size of cells that holds so many. */
const SIZES: Uint16Array = sizes();

function sizes(): Uint16Array {
  const out = new Uint16Array(MAX_SHARED_UNITS + 1);
  let size = MIN_UNITS;
  for (let units = 0; units <= MAX_SHARED_UNITS; units++) {
    while (size < units) size = size < MAX_EXACT_UNITS ? size + 1 : Math.min(MAX_SHARED_UNITS, size + (size >> 3));
    out[units] = size;
  }
  return out;
}

/** Several views of the same bytes. Unit `u` of a page is words 2u and 2u + 1, or the number or long u. */
export class Page {
  readonly bytes: Buffer;
  readonly words: Uint32Array;
  readonly numbers: Float64Array;
  readonly longs: BigInt64Array;
  /** Of each cell in it. */
  cellUnits: number;
  live = 0;
  /** From here on no cell has been used yet. */
  fresh = 0;
  /** The first of the cells that were given back; each knows the next. */
  free = NONE;
  /** Where it is in the list of its size's pages with room. */
  listedAt = NONE;

  constructor(units: number, cellUnits: number) {
    const memory = new ArrayBuffer(units * UNIT_BYTES);
    this.bytes = Buffer.from(memory);
    this.words = new Uint32Array(memory);
    this.numbers = new Float64Array(memory);
    this.longs = new BigInt64Array(memory);
    this.cellUnits = cellUnits;
  }

  isLive(unit: number): boolean {
    return this.words[2 * unit + 3] !== FREE;
  }

  /** As it is now: in `into`, if that is as large. */
  copy(into?: Page): Page {
    const to = into?.bytes.length === this.bytes.length ? into : new Page(this.bytes.length / UNIT_BYTES, this.cellUnits);
    to.bytes.set(this.bytes);
    to.cellUnits = this.cellUnits;
    to.live = this.live;
    to.fresh = this.fresh;
    return to;
  }
}

/**
 * Cells by address. It grows and shrinks by a page at a time. Snapshots are exact and taken lazily: a page is copied before it changes
 * for the first time.
 */
export class Slab {
  /** By number; what is not there has been given back. Number 0 is not used, so that no address is 0. */
  readonly pages: (Page | undefined)[] = [undefined];
  #size = 0;
  /** Numbers of pages that have been given back. */
  #vacant: number[] = [];
  /** By units of their cells: numbers of the pages with room. */
  readonly #withRoom: (number[] | undefined)[] = [];
  #open: PageSnapshot<unknown>[] = [];

  /** Cells in use. */
  get size(): number {
    return this.#size;
  }

  /** A cell of at least so many bytes, with anything in it. The address is never 0. */
  allocate(bytes: number): number {
    const units = (bytes + UNIT_BYTES - 1) >>> 3;
    this.#size++;
    if (units > MAX_SHARED_UNITS) {
      const number = this.#addPage(new Page(units, units));
      const page = this.pages[number]!;
      page.fresh = units;
      page.live = 1;
      return number * PAGE_UNITS;
    }
    const cellUnits = SIZES[units]!;
    const list = (this.#withRoom[cellUnits] ??= []);
    let number = list[list.length - 1];
    if (number === undefined) {
      number = this.#addPage(new Page(PAGE_UNITS, cellUnits));
      this.#list(this.pages[number]!, number, list);
    } else if (this.#open.length > 0) {
      this.#beforeChange(number);
    }
    const page = this.pages[number]!;
    const unit = take(page);
    if (page.free === NONE && page.fresh + cellUnits > PAGE_UNITS) this.#unlist(page, list);
    return number * PAGE_UNITS + unit;
  }

  free(address: number): void {
    this.beforeChange(address);
    const number = address >>> UNIT_BITS;
    const page = this.pages[number]!;
    const unit = address & UNIT_MASK;
    this.#size--;
    page.words[2 * unit + 3] = FREE;
    page.words[2 * unit] = page.free;
    page.free = unit;
    const list = page.cellUnits > MAX_SHARED_UNITS ? [] : (this.#withRoom[page.cellUnits] ??= []);
    if (--page.live > 0) {
      if (page.listedAt === NONE) this.#list(page, number, list);
    } else if (page.listedAt === NONE || list.length > 1) {
      // The last page with room is kept, or a single cell that comes and goes would cost a page each time.
      this.#unlist(page, list);
      this.pages[number] = undefined;
      this.#vacant.push(number);
    }
  }

  /** Whether so many bytes fill the cell at an address well enough to stay there. */
  fits(address: number, bytes: number): boolean {
    const spare = this.pages[address >>> UNIT_BITS]!.cellUnits * UNIT_BYTES - bytes;
    return spare >= 0 && spare <= MAX_SPARE_BYTES + (bytes >> 3);
  }

  /** To be called before the cell is written to, unless it was just allocated. */
  beforeChange(address: number): void {
    if (this.#open.length > 0) this.#beforeChange(address >>> UNIT_BITS);
  }

  /** All cells of this moment, read when it is their turn. */
  snapshot<T>(read: (page: Page, unit: number) => T): Iterator<T> {
    const snapshot = new PageSnapshot<T>(this.pages, read, () => {
      this.#open = this.#open.filter((other) => other !== snapshot);
    });
    this.#open.push(snapshot);
    return snapshot;
  }

  clear(): void {
    for (const snapshot of this.#open.splice(0)) snapshot.abandon();
    this.pages.length = 1;
    this.#withRoom.length = 0;
    this.#vacant = [];
    this.#size = 0;
  }

  #beforeChange(number: number): void {
    for (const snapshot of this.#open) snapshot.beforeChange(number);
  }

  #addPage(page: Page): number {
    const number = this.#vacant.pop() ?? this.pages.length;
    invariant(number < MAX_PAGES, 'The metadata in memory has outgrown 32 GiB');
    this.pages[number] = page;
    return number;
  }

  #list(page: Page, number: number, list: number[]): void {
    page.listedAt = list.length;
    list.push(number);
  }

  #unlist(page: Page, list: number[]): void {
    const at = page.listedAt;
    if (at === NONE) return;
    page.listedAt = NONE;
    const last = list.pop()!;
    if (at === list.length) return;
    list[at] = last;
    this.pages[last]!.listedAt = at;
  }
}

function take(page: Page): number {
  page.live++;
  let unit = page.free;
  if (unit === NONE) {
    unit = page.fresh;
    page.fresh += page.cellUnits;
  } else {
    const next = page.words[2 * unit]!;
    page.free = next === 0xffff_ffff ? NONE : next;
  }
  return unit;
}
