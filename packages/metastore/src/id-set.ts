import { PagedMap } from './paged-map.js';

/** A set of 64-bit ids that never works on all of them at a time, as a Set of the language does when it outgrows itself. */
export class IdSet<K extends bigint> {
  readonly #ids = new PagedMap<K, true>();

  get size(): number {
    return this.#ids.size;
  }

  has(id: K): boolean {
    return this.#ids.has(id);
  }

  add(id: K): void {
    this.#ids.set(id, true);
  }

  delete(id: K): boolean {
    return this.#ids.delete(id);
  }

  clear(): void {
    this.#ids.clear();
  }

  /** In any order. One that is there throughout is answered once, whatever happens to others meanwhile. */
  values(): Generator<K, void> {
    return this.#ids.keys();
  }

  [Symbol.iterator](): Generator<K, void> {
    return this.values();
  }
}
