import type { InodeId } from '@alluvium/base';
import { Children } from './children.js';
import type { Inode } from './inode.js';
import type { InodeStore } from './inode-store.js';
import { PagedMap } from './paged-map.js';

/** Inodes in memory as objects. */
export function heapInodeStore(): InodeStore {
  return new HeapInodeStore();
}

const NOTHING: readonly Inode[] = [];

class HeapInodeStore implements InodeStore {
  readonly #byId = new PagedMap<InodeId, Inode>();
  readonly #directories = new PagedMap<InodeId, Children>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: InodeId): Inode | undefined {
    return this.#byId.get(id);
  }

  child(parent: InodeId, name: string): Inode | undefined {
    return this.#directories.get(parent)?.get(name);
  }

  childCount(parent: InodeId): number {
    return this.#directories.get(parent)?.size ?? 0;
  }

  children(parent: InodeId, startAfter?: string): IterableIterator<Inode> {
    return this.#directories.get(parent)?.after(startAfter) ?? NOTHING.values();
  }

  put(inode: Inode): void {
    const before = this.#byId.get(inode.id);
    this.#byId.set(inode.id, inode);
    if (before !== undefined && (before.parentId !== inode.parentId || before.name !== inode.name)) this.#unlink(before);
    let children = this.#directories.get(inode.parentId);
    if (children === undefined) this.#directories.set(inode.parentId, (children = new Children()));
    children.set(inode);
  }

  remove(id: InodeId): void {
    const inode = this.#byId.get(id);
    if (inode === undefined) return;
    this.#byId.delete(id);
    this.#unlink(inode);
  }

  snapshot(): Iterator<Inode> {
    const entries = this.#byId.snapshot();
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
    this.#byId.clear();
    this.#directories.clear();
  }

  #unlink(inode: Inode): void {
    const children = this.#directories.get(inode.parentId);
    if (children === undefined || children.get(inode.name)?.id !== inode.id) return;
    children.delete(inode.name);
    if (children.size === 0) this.#directories.delete(inode.parentId);
  }
}
