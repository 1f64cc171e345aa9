import type { InodeId } from '@alluvium/base';
import type { Inode } from './inode.js';
import type { InodeStore } from './inode-store.js';
import { ChildCursor, ChildLists } from './packed/child-lists.js';
import { DirectoryCache } from './packed/directory-cache.js';
import { EdgeIndex } from './packed/edge-index.js';
import { hashOfHalves, key } from './packed/hash.js';
import { IdIndex } from './packed/id-index.js';
import { Interned } from './packed/interned.js';
import { NameKey } from './packed/name-key.js';
import { HEADER_BYTES, MAX_INTERNED, WIDE_NAME, WORD_HASH, WORD_ID, WORD_NAME_LENGTH, WORD_PARENT } from './packed/record-layout.js';
import { RecordReader } from './packed/record-reader.js';
import { RecordWriter, type RecordTexts } from './packed/record-writer.js';
import { Slab, UNIT_BITS, UNIT_BYTES, UNIT_MASK } from './packed/slab.js';

/** Inodes in memory, packed: as bytes outside the heap of the language, found by id, by name and in the order of names. */
export function heapInodeStore(): InodeStore {
  return new HeapInodeStore();
}

/** For the modification time of a directory in which something is soon made. */
const DIRECTORY_SPARE_BYTES = 8;

class HeapInodeStore implements InodeStore {
  readonly #records = new Slab();
  readonly #byId = new IdIndex(this.#records, WORD_ID);
  readonly #byEdge = new EdgeIndex(this.#records);
  readonly #children = new ChildLists(this.#records);
  readonly #directories = new DirectoryCache();
  readonly #name = new NameKey();
  /** Of an edge that goes, while {@link #name} is of one that comes. */
  readonly #oldName = new NameKey();
  #reader: RecordReader;
  #writer: RecordWriter;

  constructor() {
    const texts = newTexts();
    this.#reader = new RecordReader(texts);
    this.#writer = new RecordWriter(texts);
  }

  get size(): number {
    return this.#records.size;
  }

  get(id: InodeId): Inode | undefined {
    key.load(id);
    const { first, second } = key;
    const hash = hashOfHalves(first, second);
    const cached = this.#directories.get(hash, id);
    if (cached !== undefined) return cached;
    const address = this.#byId.find(first, second);
    if (address === 0) return undefined;
    const page = this.#records.pages[address >>> UNIT_BITS]!;
    const unit = address & UNIT_MASK;
    const inode = this.#reader.read(page, unit, undefined, undefined);
    if (inode.kind === 'directory') this.#directories.add(hash, page.words[2 * unit + WORD_HASH]!, inode);
    return inode;
  }

  child(parent: InodeId, name: string): Inode | undefined {
    key.load(parent);
    const { first, second } = key;
    this.#name.load(first, second, name);
    const cached = this.#directories.child(this.#name.hash, parent, name);
    if (cached !== undefined) return cached;
    const address = this.#byEdge.find(first, second, this.#name);
    if (address === 0) return undefined;
    const page = this.#records.pages[address >>> UNIT_BITS]!;
    const unit = address & UNIT_MASK;
    const inode = this.#reader.read(page, unit, name, parent);
    if (inode.kind === 'directory')
      this.#directories.add(hashOfHalves(page.words[2 * unit + WORD_ID]!, page.words[2 * unit + WORD_ID + 1]!), this.#name.hash, inode);
    return inode;
  }

  childCount(parent: InodeId): number {
    key.load(parent);
    return this.#children.count(key.first, key.second);
  }

  children(parent: InodeId, startAfter?: string): IterableIterator<Inode> {
    key.load(parent);
    const cursor = new ChildCursor(this.#children, key.first, key.second);
    return new ChildIterator(this.#records, this.#reader, this.#name, cursor, parent, startAfter);
  }

  put(inode: Inode): void {
    key.load(inode.parentId);
    const parentFirst = key.first;
    const parentSecond = key.second;
    this.#name.load(parentFirst, parentSecond, inode.name);
    this.#writer.write(inode, this.#name);
    key.load(inode.id);
    const { first, second } = key;
    const before = this.#byId.find(first, second);
    if (before === 0) {
      const address = this.#allocate(inode);
      this.#byId.add(first, second, address);
      this.#link(parentFirst, parentSecond, address);
    } else if (this.#byEdge.is(before, parentFirst, parentSecond, this.#name)) {
      this.#rewrite(before, inode);
    } else {
      this.#unlink(before);
      this.#link(parentFirst, parentSecond, this.#rewrite(before, inode));
    }
    const idHash = hashOfHalves(first, second);
    if (inode.kind === 'directory') this.#directories.add(idHash, this.#name.hash, inode);
    else this.#directories.forget(idHash, this.#name.hash);
  }

  remove(id: InodeId): void {
    key.load(id);
    const { first, second } = key;
    const address = this.#byId.find(first, second);
    if (address === 0) return;
    this.#unlink(address);
    this.#byId.remove(first, second, address);
    this.#records.free(address);
  }

  snapshot(): Iterator<Inode> {
    return this.#records.snapshot((page, unit) => this.#reader.read(page, unit, undefined, undefined));
  }

  clear(): void {
    this.#records.clear();
    this.#byId.clear();
    this.#byEdge.clear();
    this.#children.clear();
    this.#directories.clear();
    const texts = newTexts();
    this.#reader = new RecordReader(texts);
    this.#writer = new RecordWriter(texts);
  }

  #allocate(inode: Inode): number {
    const address = this.#records.allocate(this.#writer.byteLength + (inode.kind === 'directory' ? DIRECTORY_SPARE_BYTES : 0));
    this.#writer.copyTo(this.#records, address);
    return address;
  }

  /** Puts what the writer has in the place of the inode at `before`, there if it fits. Answers where it is. */
  #rewrite(before: number, inode: Inode): number {
    if (this.#records.fits(before, this.#writer.byteLength)) {
      this.#records.beforeChange(before);
      this.#writer.copyTo(this.#records, before);
      return before;
    }
    const address = this.#allocate(inode);
    const { words } = this.#records.pages[address >>> UNIT_BITS]!;
    const word = 2 * (address & UNIT_MASK);
    this.#byId.replace(words[word + WORD_ID]!, words[word + WORD_ID + 1]!, before, address);
    if (this.#byEdge.replace(this.#name.hash, before, address))
      this.#children.replace(words[word + WORD_PARENT]!, words[word + WORD_PARENT + 1]!, this.#name, address);
    this.#records.free(before);
    return address;
  }

  /** Makes the inode at an address the child of its name; another one of that name loses its edge. */
  #link(parentFirst: number, parentSecond: number, address: number): void {
    const there = this.#byEdge.find(parentFirst, parentSecond, this.#name);
    if (there === 0) {
      this.#byEdge.add(this.#name.hash, address);
      this.#children.insert(parentFirst, parentSecond, this.#name, address);
    } else {
      this.#byEdge.replace(this.#name.hash, there, address);
      this.#children.replace(parentFirst, parentSecond, this.#name, address);
    }
  }

  /** Takes the edge of the inode at an address away, unless another one has it. */
  #unlink(address: number): void {
    const page = this.#records.pages[address >>> UNIT_BITS]!;
    const { words } = page;
    const unit = address & UNIT_MASK;
    const word = 2 * unit;
    const hash = words[word + WORD_HASH]!;
    this.#directories.forget(hashOfHalves(words[word + WORD_ID]!, words[word + WORD_ID + 1]!), hash);
    const wide = (words[word]! & WIDE_NAME) !== 0;
    this.#oldName.loadStored(page.bytes, unit * UNIT_BYTES + HEADER_BYTES, words[word + WORD_NAME_LENGTH]!, wide, hash);
    if (this.#byEdge.remove(hash, address))
      this.#children.remove(words[word + WORD_PARENT]!, words[word + WORD_PARENT + 1]!, this.#oldName);
  }
}

function newTexts(): RecordTexts {
  return { owners: new Interned(MAX_INTERNED), groups: new Interned(MAX_INTERNED), fingerprints: new Interned(MAX_INTERNED) };
}

/** Remembers the name of the child before, so that it finds its place again after a change. */
class ChildIterator implements IterableIterator<Inode> {
  readonly #records: Slab;
  readonly #reader: RecordReader;
  readonly #name: NameKey;
  readonly #parent: InodeId;
  #cursor: ChildCursor | undefined;
  #last: string | undefined;

  constructor(records: Slab, reader: RecordReader, name: NameKey, cursor: ChildCursor, parent: InodeId, after: string | undefined) {
    this.#records = records;
    this.#reader = reader;
    this.#name = name;
    this.#cursor = cursor;
    this.#parent = parent;
    this.#last = after;
  }

  next(): IteratorResult<Inode> {
    const address = this.#cursor?.next(this.#last, this.#name) ?? 0;
    if (address === 0) {
      this.#cursor = undefined;
      return { done: true, value: undefined };
    }
    const inode = this.#reader.read(this.#records.pages[address >>> UNIT_BITS]!, address & UNIT_MASK, undefined, this.#parent);
    this.#last = inode.name;
    return { done: false, value: inode };
  }

  [Symbol.iterator](): this {
    return this;
  }
}
