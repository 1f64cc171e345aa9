import type { InodeId } from '@alluvium/base';
import type { DirectoryInode } from '../inode.js';

/** A power of two. */
const PLACES = 4096;

/** Directories that were met lately, ready made: every path leads through some. What two hash to the same place, the later one has. */
export class DirectoryCache {
  #byId: (DirectoryInode | undefined)[] = [];
  #byEdge: (DirectoryInode | undefined)[] = [];

  constructor() {
    this.clear();
  }

  get(idHash: number, id: InodeId): DirectoryInode | undefined {
    const directory = this.#byId[idHash & (PLACES - 1)];
    return directory !== undefined && directory.id === id ? directory : undefined;
  }

  child(edgeHash: number, parent: InodeId, name: string): DirectoryInode | undefined {
    const directory = this.#byEdge[edgeHash & (PLACES - 1)];
    return directory !== undefined && directory.name === name && directory.parentId === parent ? directory : undefined;
  }

  add(idHash: number, edgeHash: number, directory: DirectoryInode): void {
    this.#byId[idHash & (PLACES - 1)] = directory;
    this.#byEdge[edgeHash & (PLACES - 1)] = directory;
  }

  /** An inode of this id and edge changes or goes: what is kept at its places may be it. */
  forget(idHash: number, edgeHash: number): void {
    this.#byId[idHash & (PLACES - 1)] = undefined;
    this.#byEdge[edgeHash & (PLACES - 1)] = undefined;
  }

  clear(): void {
    this.#byId = new Array<DirectoryInode | undefined>(PLACES).fill(undefined);
    this.#byEdge = new Array<DirectoryInode | undefined>(PLACES).fill(undefined);
  }
}
