import type { InodeId } from '@alluvium/base';
import { heapInodeStore, type Inode, type InodeStore } from '@alluvium/metastore';

const keyOf = (parent: InodeId, name: string): string => `${parent}/${name}`;

/** An inode store whose edges and counts can be damaged behind its back. What is written anew is right again. */
export class DamagedStore implements InodeStore {
  readonly #sound = heapInodeStore();
  /** Edges that lead to what is not there, or elsewhere. */
  readonly #phantoms = new Map<string, Inode>();
  /** Edges that nobody finds. */
  readonly #lost = new Set<string>();
  readonly #counts = new Map<InodeId, number>();

  plantEdge(parent: InodeId, name: string, inode: Inode): void {
    this.#phantoms.set(keyOf(parent, name), { ...inode, parentId: parent, name });
  }

  loseEdge(parent: InodeId, name: string): void {
    this.#lost.add(keyOf(parent, name));
  }

  miscount(parent: InodeId, count: number): void {
    this.#counts.set(parent, count);
  }

  get size(): number {
    return this.#sound.size;
  }

  get(id: InodeId): Inode | undefined {
    return this.#sound.get(id);
  }

  child(parent: InodeId, name: string): Inode | undefined {
    const key = keyOf(parent, name);
    return this.#lost.has(key) ? undefined : (this.#phantoms.get(key) ?? this.#sound.child(parent, name));
  }

  childCount(parent: InodeId): number {
    return this.#counts.get(parent) ?? [...this.children(parent)].length;
  }

  *children(parent: InodeId, startAfter?: string): IterableIterator<Inode> {
    const phantoms = [...this.#phantoms.values()].filter(
      (at) => at.parentId === parent && (startAfter === undefined || at.name > startAfter),
    );
    const all = [...phantoms, ...this.#sound.children(parent, startAfter)];
    for (const at of all.toSorted((a, b) => (a.name < b.name ? -1 : 1))) if (!this.#lost.has(keyOf(parent, at.name))) yield at;
  }

  put(inode: Inode): void {
    const key = keyOf(inode.parentId, inode.name);
    this.#phantoms.delete(key);
    this.#lost.delete(key);
    this.#sound.put(inode);
  }

  remove(id: InodeId): void {
    this.#sound.remove(id);
  }

  snapshot(): Iterator<Inode> {
    return this.#sound.snapshot();
  }

  clear(): void {
    this.#sound.clear();
  }
}
