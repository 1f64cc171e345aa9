import type { InodeId } from '@alluvium/base';
import type { Inode } from '../inode.js';
import { ClockCache, type Kept } from './clock-cache.js';

/** An inode in memory. */
export interface Slot extends Kept {
  inode: Inode;
  /** The database does not have it as it is. */
  dirty: boolean;
  /** The database does not have it where it is. */
  moved: boolean;
}

/** Inodes as objects by id and by name, a bounded number of them. */
export class InodeCache {
  readonly #max: number;
  /** Brings everything to the database. */
  readonly #write: () => void;
  readonly #byId = new ClockCache<InodeId, Slot>();
  readonly #byName = new Map<InodeId, Map<string, Slot>>();

  constructor(max: number, write: () => void) {
    this.#max = max;
    this.#write = write;
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
    return this.#byName.get(parent)?.get(name);
  }

  /** Adds the slot; what was there under its id lies at the same place. The caller shrinks the cache when it has finished with it. */
  set(slot: Slot): void {
    const { id, parentId, name } = slot.inode;
    this.#byId.set(id, slot);
    let names = this.#byName.get(parentId);
    if (names === undefined) this.#byName.set(parentId, (names = new Map()));
    names.set(name, slot);
  }

  delete(slot: Slot): void {
    this.#byId.delete(slot.inode.id);
    this.#forgetName(slot);
  }

  /** Gives up what is more than the cache may hold. */
  shrink(): void {
    this.#byId.shrink(this.#max, this.#giveUp);
  }

  clear(): void {
    this.#byId.clear();
    this.#byName.clear();
  }

  readonly #giveUp = (_: InodeId, slot: Slot): void => {
    if (slot.dirty) this.#write();
    this.#forgetName(slot);
  };

  #forgetName(slot: Slot): void {
    const { parentId, name } = slot.inode;
    const names = this.#byName.get(parentId);
    if (names?.get(name) !== slot) return;
    names.delete(name);
    if (names.size === 0) this.#byName.delete(parentId);
  }
}
