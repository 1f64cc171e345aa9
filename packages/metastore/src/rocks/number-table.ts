import { ClockCache, type Kept } from './clock-cache.js';
import { idKey } from './keys.js';
import type { RocksDatabase } from './rocks-database.js';

interface Entry extends Kept {
  number: number;
}

const value = Buffer.alloc(8);

/** A number for each of many ids, of one kind of row. Changes are kept until they are written, whatever the size of the cache. */
export class NumberTable {
  readonly #database: RocksDatabase;
  readonly #kind: number;
  readonly #cache: ClockCache<bigint, Entry>;
  /** What is to be written; undefined: that there is none. */
  readonly #changed = new Map<bigint, number | undefined>();

  constructor(database: RocksDatabase, kind: number, cacheSize: number) {
    this.#database = database;
    this.#kind = kind;
    this.#cache = new ClockCache(cacheSize);
  }

  /** How many changes wait to be written. */
  get waiting(): number {
    return this.#changed.size;
  }

  get(id: bigint): number | undefined {
    const cached = this.#cache.get(id);
    if (cached !== undefined) return cached.number;
    const changed = this.#changed.get(id);
    if (changed !== undefined || this.#changed.has(id)) return changed;
    const stored = this.#database.get(idKey(this.#kind, id));
    if (stored === undefined) return undefined;
    const number = stored.readDoubleBE(0);
    this.#keep(id, number);
    return number;
  }

  set(id: bigint, number: number): void {
    this.#changed.set(id, number);
    const cached = this.#cache.peek(id);
    if (cached === undefined) this.#keep(id, number);
    else cached.number = number;
  }

  delete(id: bigint): void {
    this.#changed.set(id, undefined);
    this.#cache.delete(id);
  }

  /** Adds all changes to what the database writes next. */
  putChanges(): void {
    for (const [id, number] of this.#changed) {
      const key = idKey(this.#kind, id);
      if (number === undefined) {
        this.#database.delete(key);
      } else {
        value.writeDoubleBE(number);
        this.#database.put(key, value);
      }
    }
    this.#changed.clear();
  }

  forget(): void {
    this.#cache.clear();
    this.#changed.clear();
  }

  #keep(id: bigint, number: number): void {
    this.#cache.set(id, { number, used: false });
    this.#cache.shrink(id, () => {});
  }
}
