/** What a cache keeps of each key besides the value. */
export interface Kept {
  /** Whether it was asked for since its turn to go came the last time. */
  used: boolean;
}

/**
 * A bounded map that gives up what was not asked for: a hand goes round in the order in which the entries came, and what was used since it
 * passed the last time goes to the end of the queue instead of going.
 */
export class ClockCache<K, V extends Kept> {
  readonly #entries = new Map<K, V>();
  /** The hand: goes on where it was, past entries that were added meanwhile. */
  #hand: IterableIterator<[K, V]> | undefined;

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.used = true;
    return entry;
  }

  /** Without counting as use. */
  peek(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, entry: V): void {
    this.#entries.set(key, entry);
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#hand = undefined;
  }

  /** Gives entries up until there are no more than `max`; `gone` is told of each. */
  shrink(max: number, gone: (key: K, entry: V) => void): void {
    while (this.#entries.size > max) {
      this.#hand ??= this.#entries.entries();
      const next = this.#hand.next();
      if (next.done === true) {
        this.#hand = undefined;
        continue;
      }
      const [key, entry] = next.value;
      this.#entries.delete(key);
      if (entry.used && max > 0) {
        entry.used = false;
        this.#entries.set(key, entry);
      } else {
        gone(key, entry);
      }
    }
  }
}
