import type { InodeId } from '@alluvium/base';
import type { Inode } from './inode.js';

/**
 * Inodes and the edges between them. Synchronous: one thread owns the namespace. Rebuilt from checkpoint and journal at start,
 * so an implementation need not be durable. The edge of an inode is (parentId, name); a `put` that changes it moves the inode.
 * All implementations pass one contract suite (test/inode-store-contract).
 */
export interface InodeStore {
  readonly size: number;
  get(id: InodeId): Inode | undefined;
  /** The child of a directory by name. */
  child(parent: InodeId, name: string): Inode | undefined;
  childCount(parent: InodeId): number;
  /**
   * Children ordered by name (UTF-16 code units, as Java's String order), after `startAfter` when given. The iteration survives
   * changes made meanwhile: each child present throughout is answered exactly once.
   */
  children(parent: InodeId, startAfter?: string): IterableIterator<Inode>;
  /** Inserts, or replaces the inode of that id. The caller has checked that the edge is free; the parent may come later (a checkpoint is loaded in any order). */
  put(inode: Inode): void;
  /** Removes an inode without children; no-op when absent. */
  remove(id: InodeId): void;
  /**
   * All inodes at this moment, in any order, unaffected by later changes, taken lazily:
   * a change made before an inode was answered first sets the old version aside.
   */
  snapshot(): Iterator<Inode>;
  clear(): void;
}
