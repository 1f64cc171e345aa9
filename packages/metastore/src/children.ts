import type { Inode } from './inode.js';
import { ownString } from './own-string.js';

/** Children of one chunk; more make two of it. */
const MAX_CHUNK = 512;
/** A chunk with fewer joins a neighbour with which it stays well below the most. */
const MIN_CHUNK = 128;
/** From so many on it pays to compare with a string of one piece. */
const MANY = 16;

/** Neighbours in the order of their names. */
interface Chunk {
  readonly names: string[];
  readonly inodes: Inode[];
}

/**
 * The children of one directory, by name and in the order of their names. They lie in chunks, so that no change and no look costs
 * more than a search by halves and a move within a chunk, however many there are.
 */
export class Children {
  readonly #chunks: Chunk[] = [];
  #size = 0;
  /** Grows whenever a child comes or goes. */
  #version = 0;

  get size(): number {
    return this.#size;
  }

  get version(): number {
    return this.#version;
  }

  get(name: string): Inode | undefined {
    const key = this.#size > MANY ? ownString(name) : name;
    const chunk = this.#chunks[this.#chunkOf(key)];
    if (chunk === undefined) return undefined;
    const index = firstNotBefore(chunk.names, key);
    return chunk.names[index] === key ? chunk.inodes[index] : undefined;
  }

  /** Adds the inode, or puts it in the place of the one of its name. */
  set(inode: Inode): void {
    const at = this.#chunkOf(inode.name);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push({ names: [inode.name], inodes: [inode] });
    } else {
      const index = firstNotBefore(chunk.names, inode.name);
      if (chunk.names[index] === inode.name) {
        // The name too: the one before may be a part of a long string.
        chunk.names[index] = inode.name;
        chunk.inodes[index] = inode;
        return;
      }
      this.#insert(at, chunk, index, inode);
    }
    this.#size++;
    this.#version++;
  }

  delete(name: string): void {
    const at = this.#chunkOf(name);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const index = firstNotBefore(chunk.names, name);
    if (chunk.names[index] !== name) return;
    chunk.names.splice(index, 1);
    chunk.inodes.splice(index, 1);
    this.#size--;
    this.#version++;
    if (chunk.names.length < MIN_CHUNK) this.#join(at);
  }

  /** The children after `name`, or all. Survives changes: each child that is there throughout is answered once. */
  after(name: string | undefined): IterableIterator<Inode> {
    return new ChildIterator(this, name);
  }

  /** The place of the first child after `name`, or of the first of all. */
  seek(name: string | undefined): { chunk: number; index: number } {
    if (name === undefined) return { chunk: 0, index: 0 };
    const chunk = this.#chunkOf(name);
    const names = this.#chunks[chunk]?.names ?? [];
    const index = firstNotBefore(names, name);
    return { chunk, index: names[index] === name ? index + 1 : index };
  }

  /** The child at a place; undefined behind the end of the chunk. */
  at(chunk: number, index: number): Inode | undefined {
    return this.#chunks[chunk]?.inodes[index];
  }

  /** The last chunk that begins at or before the name: where it is, or is to be. */
  #chunkOf(name: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#chunks[middle]!.names[0]! <= name) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #insert(at: number, chunk: Chunk, index: number, inode: Inode): void {
    const { names, inodes } = chunk;
    if (names.length < MAX_CHUNK) {
      insertAt(names, index, inode.name);
      insertAt(inodes, index, inode);
    } else if (index === names.length && at === this.#chunks.length - 1) {
      // Names that come in order leave full chunks behind.
      this.#chunks.push({ names: [inode.name], inodes: [inode] });
    } else {
      const half = MAX_CHUNK >> 1;
      const upper = { names: names.splice(half), inodes: inodes.splice(half) };
      this.#chunks.splice(at + 1, 0, upper);
      if (index <= half) this.#insert(at, chunk, index, inode);
      else this.#insert(at + 1, upper, index - half, inode);
    }
  }

  #join(at: number): void {
    const chunk = this.#chunks[at]!;
    const next = this.#chunks[at + 1];
    const before = this.#chunks[at - 1];
    if (chunk.names.length === 0) {
      this.#chunks.splice(at, 1);
    } else if (next !== undefined && next.names.length < MIN_CHUNK) {
      append(chunk, next);
      this.#chunks.splice(at + 1, 1);
    } else if (before !== undefined && before.names.length < MIN_CHUNK) {
      append(before, chunk);
      this.#chunks.splice(at, 1);
    }
  }
}

function append(chunk: Chunk, more: Chunk): void {
  chunk.names.push(...more.names);
  chunk.inodes.push(...more.inodes);
}

function insertAt<T>(items: T[], index: number, item: T): void {
  if (index === items.length) items.push(item);
  else items.splice(index, 0, item);
}

/** The index of the first name that is not before `name`. */
function firstNotBefore(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (names[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

class ChildIterator implements IterableIterator<Inode> {
  /** Undefined once it has ended. */
  #children: Children | undefined;
  #last: string | undefined;
  #version = -1;
  #chunk = 0;
  #index = 0;

  constructor(children: Children, after: string | undefined) {
    this.#children = children;
    this.#last = after;
  }

  next(): IteratorResult<Inode> {
    const children = this.#children;
    if (children === undefined) return { done: true, value: undefined };
    if (this.#version !== children.version) {
      const { chunk, index } = children.seek(this.#last);
      this.#chunk = chunk;
      this.#index = index;
      this.#version = children.version;
    }
    let inode = children.at(this.#chunk, this.#index++);
    if (inode === undefined) {
      this.#chunk++;
      this.#index = 1;
      inode = children.at(this.#chunk, 0);
      if (inode === undefined) {
        this.#children = undefined;
        return { done: true, value: undefined };
      }
    }
    this.#last = inode.name;
    return { done: false, value: inode };
  }

  [Symbol.iterator](): this {
    return this;
  }
}
