import type { InodeId } from '@alluvium/base';
import { PagedMap } from '@alluvium/metastore';
import { DueHeap, type Due } from '../../due-heap.js';

interface DueInode extends Due {
  readonly id: InodeId;
}

/** Inodes by the time at which something is due for them, in milliseconds since the epoch. */
export class DueQueue {
  readonly #byId = new PagedMap<InodeId, DueInode>();
  readonly #heap = new DueHeap<DueInode>();
  /** Taken out, and neither put back nor gone since: somebody is working on them. */
  readonly #taken = new Set<InodeId>();
  /** Told that the earliest time is now an earlier one. */
  onEarlier: () => void = () => {};

  get size(): number {
    return this.#byId.size;
  }

  /** The earliest time; undefined when there is none. */
  get nextMs(): number | undefined {
    return this.#heap.first()?.dueMs;
  }

  /** Whether something is due for it, at any time or just now. */
  has(id: InodeId): boolean {
    return this.#byId.has(id) || this.#taken.has(id);
  }

  /** Those for which something is due, in any order; survives changes made meanwhile. */
  *ids(): Generator<InodeId, void> {
    yield* this.#byId.keys();
    yield* this.#taken;
  }

  set(id: InodeId, dueMs: number): void {
    this.#taken.delete(id);
    const before = this.#byId.get(id);
    if (before?.dueMs === dueMs) return;
    const firstMs = this.nextMs;
    if (before !== undefined) this.#heap.remove(before);
    const due = before ?? { id, dueMs, heapIndex: -1 };
    due.dueMs = dueMs;
    if (before === undefined) this.#byId.set(id, due);
    this.#heap.add(due);
    if (firstMs === undefined || dueMs < firstMs) this.onEarlier();
  }

  delete(id: InodeId): void {
    this.#taken.delete(id);
    if (this.#byId.size === 0) return;
    const due = this.#byId.get(id);
    if (due === undefined) return;
    this.#byId.delete(id);
    this.#heap.remove(due);
  }

  /** Takes out the inode that is due first, if its time has come. */
  take(nowMs: number): InodeId | undefined {
    const due = this.#heap.first();
    if (due === undefined || due.dueMs > nowMs) return undefined;
    this.delete(due.id);
    this.#taken.add(due.id);
    return due.id;
  }
}
