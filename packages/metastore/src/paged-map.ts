import { fail } from '@alluvium/base';

// Ids are a container (the upper 40 bits) and a sequence within it (the lower 24). A page has what 256 neighbouring containers have
// of 256 neighbouring sequences, so that the ids of files, of directories and of blocks all fill their pages.
const id64 = new BigUint64Array(1);
const id32 = new Uint32Array(id64.buffer);
const LOW = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

/** The page of the id that lies in `id64`. */
function pageOfId(): number {
  return id32[HIGH]! * 0x1_0000 + ((id32[LOW]! >>> 8) & 0xffff);
}

/** The place in its page of the id that lies in `id64`. */
function slotOfId(): number {
  return ((id32[LOW]! >>> 24) << 8) | (id32[LOW]! & 0xff);
}

function idOf(page: number, slot: number): bigint {
  id32[HIGH] = Math.floor(page / 0x1_0000);
  id32[LOW] = (((slot >>> 8) << 24) | ((page & 0xffff) << 8) | (slot & 0xff)) >>> 0;
  return id64[0]!;
}

/**
 * A map from 64-bit ids that never works on all of its entries at a time: a Map of the language stops everything for a tenth of a
 * second when it outgrows a million. Snapshots are exact and taken lazily: a page is copied before it changes for the first time.
 */
export class PagedMap<K extends bigint, V> {
  readonly #pages = new Map<number, Map<number, V>>();
  #size = 0;
  #open: Snapshot<K, V>[] = [];

  get size(): number {
    return this.#size;
  }

  get(id: K): V | undefined {
    if (this.#size === 0) return undefined;
    id64[0] = id;
    return this.#pages.get(pageOfId())?.get(slotOfId());
  }

  has(id: K): boolean {
    return this.get(id) !== undefined;
  }

  /** `value` is not undefined. */
  set(id: K, value: V): void {
    id64[0] = id;
    const at = pageOfId();
    const slot = slotOfId();
    let page = this.#pages.get(at);
    if (page === undefined) this.#pages.set(at, (page = new Map()));
    else if (this.#open.length > 0) this.#beforeChange(at, page);
    const before = page.size;
    page.set(slot, value);
    this.#size += page.size - before;
  }

  delete(id: K): boolean {
    if (this.#size === 0) return false;
    id64[0] = id;
    const at = pageOfId();
    const slot = slotOfId();
    const page = this.#pages.get(at);
    if (page === undefined || !page.has(slot)) return false;
    if (this.#open.length > 0) this.#beforeChange(at, page);
    page.delete(slot);
    this.#size--;
    if (page.size === 0) this.#pages.delete(at);
    return true;
  }

  clear(): void {
    for (const snapshot of this.#open.splice(0)) snapshot.abandon();
    this.#pages.clear();
    this.#size = 0;
  }

  /** The ids, in any order. One that is there throughout is answered once, whatever happens to others meanwhile. */
  *keys(): Generator<K, void> {
    for (const [at, page] of this.#pages) for (const slot of page.keys()) yield idOf(at, slot) as K;
  }

  /** Like {@link keys}, with what is there when it is its turn. */
  *entries(): Generator<[K, V], void> {
    for (const [at, page] of this.#pages) for (const [slot, value] of page) yield [idOf(at, slot) as K, value];
  }

  /** The entries at this moment, whatever happens meanwhile; fails once the map is cleared. */
  snapshot(): Iterator<[K, V]> {
    const snapshot = new Snapshot<K, V>(this.#pages, () => {
      this.#open = this.#open.filter((other) => other !== snapshot);
    });
    this.#open.push(snapshot);
    return snapshot;
  }

  #beforeChange(at: number, page: ReadonlyMap<number, V>): void {
    for (const snapshot of this.#open) snapshot.beforeChange(at, page);
  }
}

type Page<V> = ReadonlyMap<number, V>;

class Snapshot<K extends bigint, V> implements Iterator<[K, V]> {
  readonly #live: ReadonlyMap<number, Page<V>>;
  readonly #close: () => void;
  /** Pages that are as they were, and still to be answered. */
  readonly #untouched: Set<number>;
  /** As they were: pages that have changed before their turn. */
  readonly #aside = new Map<number, Page<V>>();
  #at = 0;
  #page: Iterator<readonly [number, V]> | undefined;
  #done = false;
  #abandoned = false;

  constructor(live: ReadonlyMap<number, Page<V>>, close: () => void) {
    this.#live = live;
    this.#close = close;
    this.#untouched = new Set(live.keys());
  }

  beforeChange(at: number, page: Page<V>): void {
    if (this.#untouched.delete(at)) this.#aside.set(at, new Map(page));
  }

  next(): IteratorResult<[K, V]> {
    if (this.#abandoned) throw fail('aborted', 'The store was cleared under a snapshot');
    while (!this.#done) {
      const next = this.#page?.next();
      if (next !== undefined && next.done !== true) return { done: false, value: [idOf(this.#at, next.value[0]) as K, next.value[1]] };
      if (!this.#turnPage()) this.return();
    }
    return { done: true, value: undefined };
  }

  /** Goes on to the next page; false when there is none. */
  #turnPage(): boolean {
    for (const at of this.#untouched) {
      this.#untouched.delete(at);
      this.#begin(at, [...this.#live.get(at)!]);
      return true;
    }
    for (const [at, page] of this.#aside) {
      this.#aside.delete(at);
      this.#begin(at, page);
      return true;
    }
    return false;
  }

  #begin(at: number, entries: Iterable<readonly [number, V]>): void {
    this.#at = at;
    this.#page = entries[Symbol.iterator]();
  }

  return(): IteratorResult<[K, V]> {
    this.#done = true;
    this.#page = undefined;
    this.#untouched.clear();
    this.#aside.clear();
    this.#close();
    return { done: true, value: undefined };
  }

  abandon(): void {
    this.#abandoned = true;
  }
}
