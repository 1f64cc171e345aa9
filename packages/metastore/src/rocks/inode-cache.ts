import type { InodeId } from '@alluvium/base';
import type { Inode } from '../inode.js';
import { ClockCache, type Kept } from './clock-cache.js';
import { hashOfId } from './id-bytes.js';

/** An inode in memory. */
export interface Slot extends Kept {
  inode: Inode;
  /** The database does not have it as it is. */
  dirty: boolean;
  /** The database does not have it where it is. */
  moved: boolean;
  /** The next one whose name has the same hash. */
  next: Slot | undefined;
}

const MAX_BUCKETS = 1 << 20;

/** Inodes as objects by id and by name, a bounded number of them. Nothing in it grows by leaps, which would stop everything for a while. */
export class InodeCache {
  /** Brings everything to the database. */
  readonly #write: () => void;
  readonly #byId: ClockCache<InodeId, Slot>;
  /** By the hash of directory and name; a power of two. */
  readonly #byName: (Slot | undefined)[];

  constructor(max: number, write: () => void) {
    this.#write = write;
    this.#byId = new ClockCache(max);
    let buckets = 16;
    while (buckets < max && buckets < MAX_BUCKETS) buckets *= 2;
    this.#byName = Array.from({ length: buckets });
  }

  get(id: InodeId): Slot | undefined {
    return this.#byId.get(id);
  }

  child(parent: InodeId, name: string): Slot | undefined {
    const slot = this.peekChild(parent, name);
    if (slot !== undefined) slot.used = true;
    return slot;
  }

  /** Without counting as use. */
  peekChild(parent: InodeId, name: string): Slot | undefined {
    let slot = this.#byName[this.#bucketOf(parent, name)];
    while (slot !== undefined && (slot.inode.name !== name || slot.inode.parentId !== parent)) slot = slot.next;
    return slot;
  }

  /** Adds the slot; what was there under its id lies at the same place. The caller shrinks the cache when it has finished with it. */
  set(slot: Slot): void {
    const { id, parentId, name } = slot.inode;
    const there = this.peekChild(parentId, name);
    this.#byId.set(id, slot);
    if (there === slot) return;
    if (there !== undefined) this.#forgetName(there);
    const bucket = this.#bucketOf(parentId, name);
    slot.next = this.#byName[bucket];
    this.#byName[bucket] = slot;
  }

  delete(slot: Slot): void {
    this.#byId.delete(slot.inode.id);
    this.#forgetName(slot);
  }

  /** Gives up what is more than the cache may hold, now that something was added under an id. */
  shrink(id: InodeId): void {
    this.#byId.shrink(id, this.#giveUp);
  }

  clear(): void {
    this.#byId.clear();
    this.#byName.fill(undefined);
  }

  readonly #giveUp = (slot: Slot): void => {
    if (slot.dirty) this.#write();
    this.#forgetName(slot);
  };

  #forgetName(slot: Slot): void {
    const bucket = this.#bucketOf(slot.inode.parentId, slot.inode.name);
    let before: Slot | undefined;
    let at = this.#byName[bucket];
    while (at !== undefined && at !== slot) {
      before = at;
      at = at.next;
    }
    if (at === undefined) return;
    if (before === undefined) this.#byName[bucket] = slot.next;
    else before.next = slot.next;
    slot.next = undefined;
  }

  #bucketOf(parent: InodeId, name: string): number {
    let hash = hashOfId(parent);
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x0100_0193);
    return (hash ^ (hash >>> 15)) & (this.#byName.length - 1);
  }
}
