import { fail } from '@alluvium/base';

/**
 * Exact snapshots of a Map that goes on changing: before a key changes, each open snapshot that has not answered it yet
 * sets the old value aside. Costs one check per change while no snapshot is open.
 */
export class SnapshotOverlay<K, V> {
  #open: OpenSnapshot<K, V>[] = [];

  /** To be called before `key` is set or deleted, with its value so far (undefined: absent). */
  beforeChange(key: K, before: V | undefined): void {
    if (this.#open.length === 0) return;
    for (const snapshot of this.#open) snapshot.beforeChange(key, before);
  }

  /** The entries of `live` at this moment, taken lazily. */
  open(live: ReadonlyMap<K, V>): Iterator<[K, V]> {
    const snapshot = new OpenSnapshot(live, () => {
      this.#open = this.#open.filter((other) => other !== snapshot);
    });
    this.#open.push(snapshot);
    return snapshot;
  }

  /** Open snapshots fail from now on: their store was cleared. */
  abandonAll(): void {
    for (const snapshot of this.#open.splice(0)) snapshot.abandon();
  }
}

class OpenSnapshot<K, V> implements Iterator<[K, V]> {
  readonly #live: IterableIterator<[K, V]>;
  readonly #close: () => void;
  /** Old values of keys that changed before they were answered; undefined for keys that did not exist. */
  readonly #aside = new Map<K, V | undefined>();
  /** Keys answered that may be met again, because they were deleted and set anew behind the iteration. */
  readonly #answered = new Set<K>();
  #asideIterator: IterableIterator<[K, V | undefined]> | undefined;
  #done = false;
  #abandoned = false;

  constructor(live: ReadonlyMap<K, V>, close: () => void) {
    this.#live = live.entries();
    this.#close = close;
  }

  beforeChange(key: K, before: V | undefined): void {
    if (!this.#aside.has(key) && !this.#answered.has(key)) this.#aside.set(key, before);
  }

  next(): IteratorResult<[K, V]> {
    if (this.#abandoned) throw fail('aborted', 'The store was cleared under a snapshot');
    if (this.#done) return { done: true, value: undefined };
    while (this.#asideIterator === undefined) {
      const next = this.#live.next();
      if (next.done === true) {
        this.#asideIterator = this.#aside.entries();
        break;
      }
      const [key] = next.value;
      if (this.#aside.has(key) || this.#answered.has(key)) continue;
      this.#answered.add(key);
      return next;
    }
    for (;;) {
      const next = this.#asideIterator.next();
      if (next.done === true) {
        this.return();
        return { done: true, value: undefined };
      }
      const [key, value] = next.value;
      if (value !== undefined) return { done: false, value: [key, value] };
    }
  }

  return(): IteratorResult<[K, V]> {
    this.#done = true;
    this.#close();
    return { done: true, value: undefined };
  }

  abandon(): void {
    this.#abandoned = true;
  }
}
