import type { InodeId } from '@alluvium/base';
import type { Inode } from '../inode.js';
import { unpackInode } from './inode-row.js';
import { nameOf } from './keys.js';

/** What a listing reads a directory by. */
export interface DirectoryReader {
  /** Another number after every change in the directory. Throws once the store is closed. */
  versionOf(directory: InodeId): number;
  /** As it is now. */
  child(directory: InodeId, name: string): Inode | undefined;
  /** As it is now, if it is in memory. */
  cachedChild(directory: InodeId, name: string): Inode | undefined;
  /** Edges and what they hold in turn: the first after `name`, or of all. */
  rowsAfter(directory: InodeId, name: string | undefined, limit: number): readonly Buffer[];
}

/** Pages grow, so that whoever wants but the first child does not pay for more. */
const FIRST_PAGE = 16;
const LARGEST_PAGE = 512;

/**
 * The children of a directory, page by page; nothing of the database is held between pages. Once something has changed in the
 * directory, what is left of a page are names to look up.
 */
export class RocksChildren implements IterableIterator<Inode> {
  /** Undefined once it has ended. */
  #reader: DirectoryReader | undefined;
  readonly #directory: InodeId;
  #last: string | undefined;
  #rows: readonly Buffer[] = [];
  #at = 0;
  #pageSize = FIRST_PAGE;
  #version = 0;
  /** The page has fewer rows than it might have. */
  #isLastPage = false;

  constructor(reader: DirectoryReader, directory: InodeId, after: string | undefined) {
    this.#reader = reader;
    this.#directory = directory;
    this.#last = after;
  }

  next(): IteratorResult<Inode> {
    while (this.#reader !== undefined) {
      const version = this.#reader.versionOf(this.#directory);
      if (this.#at === this.#rows.length && !this.#turnPage(this.#reader, version)) break;
      const inode = this.#read(this.#reader, version);
      if (inode !== undefined) return { done: false, value: inode };
    }
    this.#reader = undefined;
    this.#rows = [];
    return { done: true, value: undefined };
  }

  return(): IteratorResult<Inode> {
    this.#reader = undefined;
    this.#rows = [];
    return { done: true, value: undefined };
  }

  [Symbol.iterator](): this {
    return this;
  }

  /** False when there are no more. */
  #turnPage(reader: DirectoryReader, version: number): boolean {
    if (this.#isLastPage && this.#version === version) return false;
    this.#rows = reader.rowsAfter(this.#directory, this.#last, this.#pageSize);
    this.#at = 0;
    this.#version = version;
    this.#isLastPage = this.#rows.length < this.#pageSize * 2;
    this.#pageSize = Math.min(LARGEST_PAGE, this.#pageSize * 4);
    return this.#rows.length > 0;
  }

  /** The next of the page; undefined when it has gone. */
  #read(reader: DirectoryReader, version: number): Inode | undefined {
    const name = nameOf(this.#rows[this.#at]!);
    const row = this.#rows[this.#at + 1]!;
    this.#at += 2;
    this.#last = name;
    if (version !== this.#version) return reader.child(this.#directory, name);
    return reader.cachedChild(this.#directory, name) ?? unpackInode(this.#directory, name, row);
  }
}
