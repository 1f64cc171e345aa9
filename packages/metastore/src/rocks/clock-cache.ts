import { hashOfId } from './id-bytes.js';

/** What a cache keeps of each key besides the value. */
export interface Kept {
  /** Whether it was asked for since its turn to go came the last time. */
  used: boolean;
}

/** A larger part would stop everything for a while whenever its map makes room. */
const PART_SIZE = 4096;

/**
 * A bounded map that gives up what was not asked for: in each of its parts a hand goes round in the order in which the entries came, and what
 * was used since it passed the last time goes to the end of the queue instead of going.
 */
export class ClockCache<K extends bigint, V extends Kept> {
  readonly #parts: readonly Part<K, V>[];
  readonly #max: number;

  /** Holds about `max` entries after each {@link shrink}. */
  constructor(max: number) {
    const parts = Math.max(1, Math.floor(max / PART_SIZE));
    this.#parts = Array.from({ length: parts }, () => new Part<K, V>());
    this.#max = Math.floor(max / parts);
  }

  get(key: K): V | undefined {
    const entry = this.peek(key);
    if (entry !== undefined) entry.used = true;
    return entry;
  }

  /** Without counting as use. */
  peek(key: K): V | undefined {
    return this.#partOf(key).entries.get(key);
  }

  set(key: K, entry: V): void {
    this.#partOf(key).entries.set(key, entry);
  }

  delete(key: K): void {
    this.#partOf(key).entries.delete(key);
  }

  clear(): void {
    for (const part of this.#parts) part.clear();
  }

  /** Gives entries up where `key` was added; `gone` is told of each. */
  shrink(key: K, gone: (entry: V) => void): void {
    this.#partOf(key).shrink(this.#max, gone);
  }

  #partOf(key: K): Part<K, V> {
    return this.#parts[this.#parts.length === 1 ? 0 : hashOfId(key) % this.#parts.length]!;
  }
}

class Part<K, V extends Kept> {
  readonly entries = new Map<K, V>();
  /** The hand: goes on where it was, past entries that were added meanwhile. */
  #hand: IterableIterator<[K, V]> | undefined;

  clear(): void {
    this.entries.clear();
    this.#hand = undefined;
  }

  shrink(max: number, gone: (entry: V) => void): void {
    while (this.entries.size > max) {
      this.#hand ??= this.entries.entries();
      const next = this.#hand.next();
      if (next.done === true) {
        this.#hand = undefined;
        continue;
      }
      const [key, entry] = next.value;
      this.entries.delete(key);
      if (entry.used && max > 0) {
        entry.used = false;
        this.entries.set(key, entry);
      } else {
        gone(entry);
      }
    }
  }
}
