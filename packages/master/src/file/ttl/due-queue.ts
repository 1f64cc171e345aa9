import type { InodeId } from '@alluvium/base';
import { PagedMap } from '@alluvium/metastore';

/** Entries that no longer count are cleared out of the heap when there are more of them than of the others, beyond this. */
const SLACK = 1000;

/**
 * Inodes by the time at which something is due for them, in milliseconds since the epoch. A binary heap in which an entry counts only as
 * long as it says the same as the map beside it, so that a time is changed or dropped without a search.
 */
export class DueQueue {
  readonly #dueMs = new PagedMap<InodeId, number>();
  readonly #heapMs: number[] = [];
  readonly #heapIds: InodeId[] = [];
  /** Told that the earliest time is now an earlier one. */
  onEarlier: () => void = () => {};

  get size(): number {
    return this.#dueMs.size;
  }

  /** The earliest time; undefined when there is none. */
  get nextMs(): number | undefined {
    this.#dropStale();
    return this.#heapMs[0];
  }

  set(id: InodeId, dueMs: number): void {
    if (this.#dueMs.get(id) === dueMs) return;
    this.#dueMs.set(id, dueMs);
    const first = this.#heapMs[0];
    this.#push(dueMs, id);
    if (this.#heapMs.length > 2 * this.#dueMs.size + SLACK) this.#rebuild();
    if (first === undefined || dueMs < first) this.onEarlier();
  }

  delete(id: InodeId): void {
    if (this.#dueMs.size > 0) this.#dueMs.delete(id);
  }

  /** Takes out the inode that is due first, if its time has come. */
  take(nowMs: number): InodeId | undefined {
    this.#dropStale();
    if (this.#heapMs.length === 0 || this.#heapMs[0]! > nowMs) return undefined;
    const id = this.#pop();
    this.#dueMs.delete(id);
    return id;
  }

  #dropStale(): void {
    while (this.#heapMs.length > 0 && this.#dueMs.get(this.#heapIds[0]!) !== this.#heapMs[0]) this.#pop();
  }

  #rebuild(): void {
    this.#heapMs.length = 0;
    this.#heapIds.length = 0;
    for (const [id, dueMs] of this.#dueMs.entries()) this.#push(dueMs, id);
  }

  #push(dueMs: number, id: InodeId): void {
    let at = this.#heapMs.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#heapMs[parent]! <= dueMs) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#heapMs[at] = dueMs;
    this.#heapIds[at] = id;
  }

  #pop(): InodeId {
    const id = this.#heapIds[0]!;
    const lastMs = this.#heapMs.pop()!;
    const lastId = this.#heapIds.pop()!;
    const { length } = this.#heapMs;
    let at = 0;
    while (at * 2 + 1 < length) {
      const left = at * 2 + 1;
      const child = left + 1 < length && this.#heapMs[left + 1]! < this.#heapMs[left]! ? left + 1 : left;
      if (this.#heapMs[child]! >= lastMs) break;
      this.#move(child, at);
      at = child;
    }
    if (length > 0) {
      this.#heapMs[at] = lastMs;
      this.#heapIds[at] = lastId;
    }
    return id;
  }

  #move(from: number, to: number): void {
    this.#heapMs[to] = this.#heapMs[from]!;
    this.#heapIds[to] = this.#heapIds[from]!;
  }
}
