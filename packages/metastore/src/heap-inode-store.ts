import type { InodeId } from '@alluvium/base';
import type { Inode } from './inode.js';
import type { InodeStore } from './inode-store.js';
import { SnapshotOverlay } from './snapshot-overlay.js';

/** Inodes in memory as objects. */
export function heapInodeStore(): InodeStore {
  return new HeapInodeStore();
}

class HeapInodeStore implements InodeStore {
  readonly #byId = new Map<InodeId, Inode>();
  readonly #directories = new Map<InodeId, Children>();
  readonly #overlay = new SnapshotOverlay<InodeId, Inode>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: InodeId): Inode | undefined {
    return this.#byId.get(id);
  }

  child(parent: InodeId, name: string): Inode | undefined {
    return this.#directories.get(parent)?.byName.get(name);
  }

  childCount(parent: InodeId): number {
    return this.#directories.get(parent)?.byName.size ?? 0;
  }

  *children(parent: InodeId, startAfter?: string): IterableIterator<Inode> {
    const children = this.#directories.get(parent);
    if (children === undefined) return;
    const names = children.sortedNames();
    for (let i = startAfter === undefined ? 0 : firstAfter(names, startAfter); i < names.length; i++) {
      const inode = children.byName.get(names[i]!);
      if (inode !== undefined) yield inode;
    }
  }

  put(inode: Inode): void {
    const before = this.#byId.get(inode.id);
    this.#overlay.beforeChange(inode.id, before);
    this.#byId.set(inode.id, inode);
    if (before !== undefined && (before.parentId !== inode.parentId || before.name !== inode.name)) this.#unlink(before);
    let children = this.#directories.get(inode.parentId);
    if (children === undefined) this.#directories.set(inode.parentId, (children = new Children()));
    children.set(inode);
  }

  remove(id: InodeId): void {
    const inode = this.#byId.get(id);
    if (inode === undefined) return;
    this.#overlay.beforeChange(id, inode);
    this.#byId.delete(id);
    this.#unlink(inode);
  }

  snapshot(): Iterator<Inode> {
    const entries = this.#overlay.open(this.#byId);
    return {
      next(): IteratorResult<Inode> {
        const next = entries.next();
        return next.done === true ? { done: true, value: undefined } : { done: false, value: next.value[1] };
      },
      return(): IteratorResult<Inode> {
        entries.return?.();
        return { done: true, value: undefined };
      },
    };
  }

  clear(): void {
    this.#overlay.abandonAll();
    this.#byId.clear();
    this.#directories.clear();
  }

  #unlink(inode: Inode): void {
    const children = this.#directories.get(inode.parentId);
    if (children === undefined || children.byName.get(inode.name)?.id !== inode.id) return;
    children.delete(inode.name);
    if (children.byName.size === 0) this.#directories.delete(inode.parentId);
  }
}

/** The edges of one directory. The sorted names are made when a listing asks and never changed afterwards, so it may go on using them. */
class Children {
  readonly byName = new Map<string, Inode>();
  #sorted: readonly string[] | undefined;

  set(inode: Inode): void {
    if (!this.byName.has(inode.name)) this.#sorted = undefined;
    this.byName.set(inode.name, inode);
  }

  delete(name: string): void {
    this.byName.delete(name);
    this.#sorted = undefined;
  }

  sortedNames(): readonly string[] {
    this.#sorted ??= [...this.byName.keys()].sort();
    return this.#sorted;
  }
}

/** The index of the first name greater than `name`. */
function firstAfter(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (names[middle]! <= name) low = middle + 1;
    else high = middle;
  }
  return low;
}
