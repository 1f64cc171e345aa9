/** What a {@link DueHeap} keeps; only the heap writes `heapIndex`. */
export interface Due {
  dueMs: number;
  /** Where it is in the heap; -1: nowhere. */
  heapIndex: number;
}

/** Things by the time at which they are due, the earliest first. Adding and taking out cost the logarithm of how many there are. */
export class DueHeap<T extends Due> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The earliest. */
  first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    item.heapIndex = this.#items.length;
    this.#items.push(item);
    this.#up(item);
  }

  /** No-op for what is not in it. */
  remove(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    const last = this.#items.pop()!;
    item.heapIndex = -1;
    if (last === item) return;
    this.#put(last, index);
    this.#up(last);
    this.#down(last);
  }

  #put(item: T, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }

  #up(item: T): void {
    for (let index = item.heapIndex; index > 0;) {
      const parent = (index - 1) >> 1;
      const above = this.#items[parent]!;
      if (above.dueMs <= item.dueMs) return;
      this.#put(above, index);
      this.#put(item, parent);
      index = parent;
    }
  }

  #down(item: T): void {
    for (let index = item.heapIndex; ;) {
      let child = 2 * index + 1;
      if (child >= this.#items.length) return;
      if (child + 1 < this.#items.length && this.#items[child + 1]!.dueMs < this.#items[child]!.dueMs) child++;
      const below = this.#items[child]!;
      if (below.dueMs >= item.dueMs) return;
      this.#put(below, index);
      this.#put(item, child);
      index = child;
    }
  }
}
