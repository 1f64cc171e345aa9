import { fail } from '@alluvium/base';
import { IdIndex } from './id-index.js';
import { LargeList } from './large-list.js';
import type { NameKey } from './name-key.js';
import { HEADER_BYTES, WIDE_NAME, WORD_NAME_LENGTH } from './record-layout.js';
import { Slab, UNIT_BITS, UNIT_BYTES, UNIT_MASK, type Page } from './slab.js';

// A cell of the lists: words 0 and 1 the parent's id, word 2 the number of its large list or 0, word 3 how many children; then their
// addresses in the order of their names, unless there is a large list.
const WORD_LARGE = 2;
const WORD_COUNT = 3;
const HEADER_WORDS = 4;
const FIRST_CAPACITY = 2;
/** More make a large list. */
const MAX_SMALL = 1000;

/** Where a child is in the order of a directory; chunk is 0 in a list that is not large. */
interface Place {
  chunk: number;
  index: number;
  found: boolean;
}

/** Neighbours in the order of a directory, to be taken one by one. */
interface Run {
  addresses: Uint32Array;
  next: number;
  end: number;
  large: LargeList | undefined;
  chunk: number;
}

const NOTHING = new Uint32Array(0);

/** The children of all directories, in the order of their names. */
export class ChildLists {
  readonly #records: Slab;
  readonly #cells = new Slab();
  readonly #index = new IdIndex(this.#cells, 0);
  /** By number; a number is used again. */
  #large: (LargeList | undefined)[] = [undefined];
  #vacant: number[] = [];
  readonly #place: Place = { chunk: 0, index: 0, found: false };
  /** Grows whenever a child comes or goes anywhere. */
  version = 0;
  /** Grows when everything is cleared. */
  generation = 0;

  /** `records`: where the inodes are. */
  constructor(records: Slab) {
    this.#records = records;
  }

  count(first: number, second: number): number {
    const cell = this.#index.find(first, second);
    return cell === 0 ? 0 : this.#pageOf(cell).words[wordOf(cell) + WORD_COUNT]!;
  }

  /** Adds a child, of which the caller knows that its name is not there. */
  insert(first: number, second: number, name: NameKey, address: number): void {
    this.version++;
    let cell = this.#index.find(first, second);
    if (cell === 0) cell = this.#addList(first, second);
    const { words } = this.#pageOf(cell);
    const word = wordOf(cell);
    const count = words[word + WORD_COUNT]!;
    const { chunk, index } = this.#find(cell, name);
    const large = this.#largeOf(cell);
    if (large !== undefined) {
      large.insert(chunk, index, address);
      words[word + WORD_COUNT] = count + 1;
    } else if (count === MAX_SMALL) {
      this.#toLarge(cell).insert(0, index, address);
    } else {
      this.#insertSmall(cell, count, index, address);
    }
  }

  /** The child of that name lies elsewhere now. */
  replace(first: number, second: number, name: NameKey, address: number): void {
    const cell = this.#index.find(first, second);
    if (cell === 0) return;
    const { chunk, index, found } = this.#find(cell, name);
    if (!found) return;
    const large = this.#largeOf(cell);
    if (large !== undefined) large.set(chunk, index, address);
    else this.#pageOf(cell).words[wordOf(cell) + HEADER_WORDS + index] = address;
  }

  remove(first: number, second: number, name: NameKey): void {
    const cell = this.#index.find(first, second);
    if (cell === 0) return;
    const { chunk, index, found } = this.#find(cell, name);
    if (!found) return;
    this.version++;
    const large = this.#largeOf(cell);
    const { words } = this.#pageOf(cell);
    const word = wordOf(cell);
    const count = words[word + WORD_COUNT]! - 1;
    words[word + WORD_COUNT] = count;
    const start = word + HEADER_WORDS;
    if (large !== undefined) large.remove(chunk, index);
    else words.copyWithin(start + index, start + index + 1, start + count + 1);
    if (count === 0) this.#dropList(first, second, cell);
  }

  /** Where the children of a directory after a name lie, as long as the version stays; all of them when there is no name. */
  run(first: number, second: number, after: NameKey | undefined, run: Run): void {
    const cell = this.#index.find(first, second);
    run.end = run.next = 0;
    run.large = undefined;
    if (cell === 0) return;
    let index = 0;
    run.chunk = 0;
    if (after !== undefined) {
      const place = this.#find(cell, after);
      index = place.found ? place.index + 1 : place.index;
      run.chunk = place.chunk;
    }
    run.large = this.#largeOf(cell);
    const { words } = this.#pageOf(cell);
    const word = wordOf(cell);
    const start = run.large === undefined ? word + HEADER_WORDS : 0;
    run.addresses = run.large?.addressesOf(run.chunk) ?? words;
    run.next = start + index;
    run.end = start + (run.large?.countOf(run.chunk) ?? words[word + WORD_COUNT]!);
  }

  clear(): void {
    this.#cells.clear();
    this.#index.clear();
    this.#large = [undefined];
    this.#vacant = [];
    this.version++;
    this.generation++;
  }

  #pageOf(cell: number): Page {
    return this.#cells.pages[cell >>> UNIT_BITS]!;
  }

  #largeOf(cell: number): LargeList | undefined {
    return this.#large[this.#pageOf(cell).words[wordOf(cell) + WORD_LARGE]!];
  }

  #addList(first: number, second: number): number {
    const cell = this.#cells.allocate(4 * (HEADER_WORDS + FIRST_CAPACITY));
    const { words } = this.#pageOf(cell);
    const word = wordOf(cell);
    words[word] = first;
    words[word + 1] = second;
    words[word + WORD_LARGE] = 0;
    words[word + WORD_COUNT] = 0;
    this.#index.add(first, second, cell);
    return cell;
  }

  #dropList(first: number, second: number, cell: number): void {
    const large = this.#pageOf(cell).words[wordOf(cell) + WORD_LARGE]!;
    if (large !== 0) {
      this.#large[large] = undefined;
      this.#vacant.push(large);
    }
    this.#index.remove(first, second, cell);
    this.#cells.free(cell);
  }

  #insertSmall(at: number, count: number, index: number, address: number): void {
    let cell = at;
    if (count === 2 * this.#pageOf(cell).cellUnits - HEADER_WORDS) {
      cell = this.#cells.allocate(4 * (HEADER_WORDS + count + Math.max(2, count >> 3)));
      const from = this.#pageOf(at).words;
      const { words } = this.#pageOf(cell);
      words.set(from.subarray(wordOf(at), wordOf(at) + HEADER_WORDS + count), wordOf(cell));
      this.#index.replace(words[wordOf(cell)]!, words[wordOf(cell) + 1]!, at, cell);
      this.#cells.free(at);
    }
    const { words } = this.#pageOf(cell);
    const start = wordOf(cell) + HEADER_WORDS;
    if (index < count) words.copyWithin(start + index + 1, start + index, start + count);
    words[start + index] = address;
    words[start - HEADER_WORDS + WORD_COUNT] = count + 1;
  }

  /** The cell keeps only the number of the list; the children are one more than now, as the caller goes on to add one. */
  #toLarge(at: number): LargeList {
    const from = this.#pageOf(at).words;
    const start = wordOf(at);
    const list = new LargeList(from.subarray(start + HEADER_WORDS, start + HEADER_WORDS + MAX_SMALL));
    const number = this.#vacant.pop() ?? this.#large.length;
    this.#large[number] = list;
    const cell = this.#cells.allocate(4 * HEADER_WORDS);
    const { words } = this.#pageOf(cell);
    const word = wordOf(cell);
    words[word] = from[start]!;
    words[word + 1] = from[start + 1]!;
    words[word + WORD_LARGE] = number;
    words[word + WORD_COUNT] = MAX_SMALL + 1;
    this.#index.replace(words[word]!, words[word + 1]!, at, cell);
    this.#cells.free(at);
    return list;
  }

  /** Where a name is, or is to be. The answer is overwritten by the next one. */
  #find(cell: number, name: NameKey): Place {
    const place = this.#place;
    const large = this.#largeOf(cell);
    place.chunk = 0;
    if (large === undefined) {
      const { words } = this.#pageOf(cell);
      const word = wordOf(cell);
      this.#search(words, word + HEADER_WORDS, words[word + WORD_COUNT]!, name);
      return place;
    }
    // The last chunk that begins at or before the name.
    let low = 0;
    let high = large.chunks - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#compare(large.at(middle, 0), name) <= 0) low = middle;
      else high = middle - 1;
    }
    this.#search(large.addressesOf(low), 0, large.countOf(low), name);
    place.chunk = low;
    return place;
  }

  #search(addresses: Uint32Array, start: number, count: number, name: NameKey): void {
    let low = 0;
    let high = count;
    let found = false;
    // Names come in order more often than not.
    if (count > 0) {
      const last = this.#compare(addresses[start + count - 1]!, name);
      if (last < 0) low = count;
      else if (last === 0) {
        low = high = count - 1;
        found = true;
      } else high = count - 1;
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#compare(addresses[start + middle]!, name);
      if (order < 0) low = middle + 1;
      else high = middle;
      if (order === 0) {
        low = high;
        found = true;
      }
    }
    this.#place.index = low;
    this.#place.found = found;
  }

  #compare(address: number, name: NameKey): number {
    const page = this.#records.pages[address >>> UNIT_BITS]!;
    const unit = address & UNIT_MASK;
    const wide = (page.words[2 * unit]! & WIDE_NAME) !== 0;
    return name.compare(page.bytes, unit * UNIT_BYTES + HEADER_BYTES, page.words[2 * unit + WORD_NAME_LENGTH]!, wide);
  }
}

function wordOf(cell: number): number {
  return 2 * (cell & UNIT_MASK);
}

/** Goes through the children of a directory, whatever happens meanwhile: each that is there throughout is met once. */
export class ChildCursor {
  readonly #lists: ChildLists;
  readonly #first: number;
  readonly #second: number;
  readonly #generation: number;
  readonly #run: Run = { addresses: NOTHING, next: 0, end: 0, large: undefined, chunk: 0 };
  #version = -1;

  constructor(lists: ChildLists, first: number, second: number) {
    this.#lists = lists;
    this.#first = first;
    this.#second = second;
    this.#generation = lists.generation;
  }

  /** The address of the next child; 0: there is none. `last`: the name of the one before; `name` is overwritten. */
  next(last: string | undefined, name: NameKey): number {
    const lists = this.#lists;
    const run = this.#run;
    if (lists.version !== this.#version) {
      if (lists.generation !== this.#generation) throw fail('aborted', 'The store was cleared under a listing');
      this.#version = lists.version;
      if (last !== undefined) name.load(this.#first, this.#second, last);
      lists.run(this.#first, this.#second, last === undefined ? undefined : name, run);
    }
    while (run.next === run.end) {
      if (run.large === undefined || run.chunk + 1 >= run.large.chunks) return 0;
      run.chunk++;
      run.addresses = run.large.addressesOf(run.chunk);
      run.next = 0;
      run.end = run.large.countOf(run.chunk);
    }
    return run.addresses[run.next++]!;
  }
}
