// Inodes in RocksDB, with a bounded cache of objects in front.
//
//   put, remove --> cache (dirty slots, and what is gone) --(a batch, when enough has gathered)--> RocksDB
//   get, child  --> cache --> what is gone --> RocksDB (a Bloom filter answers for what is not there)
//   children, snapshot --> what is dirty is written first --> RocksDB
//
// The inode itself lies in the row of its edge, so that a path is looked up and a directory listed without going by way of ids.
import { invariant, type InodeId } from '@alluvium/base';
import type { Inode } from '../inode.js';
import type { InodeStore } from '../inode-store.js';
import { InodeCache, type Slot } from './inode-cache.js';
import { packInode, unpackInode } from './inode-row.js';
import { allOf, COUNTS, EDGES, edgeKey, edgeOfPlace, edgesAfter, idOf, nameOf, placeKey, placeOfEdge, PLACES } from './keys.js';
import { NumberTable } from './number-table.js';
import { RocksChildren, type DirectoryReader } from './rocks-children.js';
import type { RocksDatabase } from './rocks-database.js';
import { writeWindow } from './write-window.js';

/** 2^10, as {@link versionAt} says. */
const VERSIONS = 1024;

export class RocksInodeStore implements InodeStore, DirectoryReader {
  readonly #database: RocksDatabase;
  readonly #cache: InodeCache;
  /** How many children each directory has. */
  readonly #counts: NumberTable;
  readonly #window: number;
  #dirty: Slot[] = [];
  /** Rows that are in the database still, of inodes that are gone, or gone from there. */
  readonly #goneIds = new Set<InodeId>();
  readonly #goneEdges = new Map<InodeId, Set<string>>();
  /** How much is to be written. */
  #waiting = 0;
  #size = 0;
  /** Grow with every change in a directory; several directories share one. */
  readonly #versions = new Uint32Array(VERSIONS);

  constructor(database: RocksDatabase, cacheSize: number) {
    this.#database = database;
    this.#cache = new InodeCache(cacheSize, () => this.write());
    this.#counts = new NumberTable(database, COUNTS, cacheSize);
    this.#window = writeWindow(cacheSize);
  }

  get size(): number {
    return this.#size;
  }

  get(id: InodeId): Inode | undefined {
    this.#database.requireOpen();
    return this.#slot(id)?.inode;
  }

  child(parent: InodeId, name: string): Inode | undefined {
    this.#database.requireOpen();
    const slot = this.#cache.child(parent, name);
    if (slot !== undefined) return slot.inode;
    if (this.#goneEdges.get(parent)?.has(name) === true) return undefined;
    const row = this.#database.get(edgeKey(parent, name));
    if (row === undefined) return undefined;
    const inode = unpackInode(parent, name, row);
    this.#cache.set(cleanSlot(inode));
    this.#cache.shrink(inode.id);
    return inode;
  }

  childCount(parent: InodeId): number {
    this.#database.requireOpen();
    return this.#counts.get(parent) ?? 0;
  }

  children(parent: InodeId, startAfter?: string): IterableIterator<Inode> {
    this.#database.requireOpen();
    return new RocksChildren(this, parent, startAfter);
  }

  put(inode: Inode): void {
    this.#database.requireOpen();
    const slot = this.#slot(inode.id);
    if (slot !== undefined && slot.inode.parentId === inode.parentId && slot.inode.name === inode.name) {
      slot.inode = inode;
      // A cache that keeps nothing has let go of it.
      this.#cache.set(slot);
      this.#soil(slot);
    } else {
      if (slot === undefined) this.#size++;
      else this.#unlink(slot);
      this.#link(inode);
    }
    this.#settle(inode.id);
  }

  remove(id: InodeId): void {
    this.#database.requireOpen();
    const slot = this.#slot(id);
    if (slot === undefined) return;
    this.#unlink(slot);
    this.#goneIds.add(id);
    this.#waiting++;
    this.#size--;
    this.#settle(id);
  }

  snapshot(): Iterator<Inode> {
    this.write();
    const scan = this.#database.scan(allOf(EDGES));
    return {
      next(): IteratorResult<Inode> {
        const row = scan.next();
        if (row === undefined) return { done: true, value: undefined };
        const [key, value] = row;
        return { done: false, value: unpackInode(idOf(key) as InodeId, nameOf(key), value) };
      },
      return(): IteratorResult<Inode> {
        scan.close();
        return { done: true, value: undefined };
      },
    };
  }

  clear(): void {
    this.#dirty = [];
    this.#goneIds.clear();
    this.#goneEdges.clear();
    this.#waiting = 0;
    this.#cache.clear();
    this.#counts.forget();
    this.#size = 0;
    this.#versions.forEach((version, at) => (this.#versions[at] = version + 1));
    for (const kind of [COUNTS, EDGES, PLACES]) this.#database.clear(allOf(kind));
  }

  versionOf(directory: InodeId): number {
    this.#database.requireOpen();
    return this.#versions[versionAt(directory)]!;
  }

  cachedChild(directory: InodeId, name: string): Inode | undefined {
    return this.#cache.peekChild(directory, name)?.inode;
  }

  rowsAfter(directory: InodeId, name: string | undefined, limit: number): readonly Buffer[] {
    if (this.#waitsIn(directory)) this.write();
    return this.#database.rows(edgesAfter(directory, name), limit);
  }

  /** Brings everything to the database that is only here. */
  write(): void {
    if (this.#waiting === 0) return;
    for (const [parent, names] of this.#goneEdges) for (const name of names) this.#database.delete(edgeKey(parent, name));
    for (const id of this.#goneIds) this.#database.delete(placeKey(id));
    for (const slot of this.#dirty) if (slot.dirty) this.#putRow(slot);
    this.#counts.putChanges();
    this.#database.write();
    this.#dirty = [];
    this.#goneIds.clear();
    this.#goneEdges.clear();
    this.#waiting = 0;
  }

  #putRow(slot: Slot): void {
    const { inode } = slot;
    const edge = edgeKey(inode.parentId, inode.name);
    this.#database.put(edge, packInode(inode));
    if (slot.moved) {
      const place = Buffer.from(placeOfEdge(edge));
      this.#database.put(placeKey(inode.id), place);
    }
    slot.dirty = false;
    slot.moved = false;
  }

  /** From the cache or the database. */
  #slot(id: InodeId): Slot | undefined {
    const cached = this.#cache.get(id);
    if (cached !== undefined) return cached;
    if (this.#goneIds.has(id)) return undefined;
    const place = this.#database.get(placeKey(id));
    if (place === undefined) return undefined;
    const edge = edgeOfPlace(place);
    const row = this.#database.get(edge);
    invariant(row !== undefined, `The inode ${id} is not where the metastore says it is`);
    const slot = cleanSlot(unpackInode(idOf(edge) as InodeId, nameOf(edge), row));
    invariant(slot.inode.id === id, `The inode ${slot.inode.id} is where the metastore says that ${id} is`);
    this.#cache.set(slot);
    this.#cache.shrink(id);
    return slot;
  }

  #link(inode: Inode): void {
    const slot = { inode, dirty: false, moved: true, used: false, next: undefined };
    this.#cache.set(slot);
    this.#goneIds.delete(inode.id);
    this.#goneEdges.get(inode.parentId)?.delete(inode.name);
    this.#changeCount(inode.parentId, 1);
    this.#soil(slot);
  }

  #unlink(slot: Slot): void {
    const { parentId, name } = slot.inode;
    slot.dirty = false;
    this.#cache.delete(slot);
    this.#changeCount(parentId, -1);
    this.#versions[versionAt(parentId)]!++;
    let names = this.#goneEdges.get(parentId);
    if (names === undefined) this.#goneEdges.set(parentId, (names = new Set()));
    names.add(name);
    this.#waiting++;
  }

  #soil(slot: Slot): void {
    this.#versions[versionAt(slot.inode.parentId)]!++;
    if (slot.dirty) return;
    slot.dirty = true;
    this.#dirty.push(slot);
    this.#waiting++;
  }

  #settle(id: InodeId): void {
    if (this.#waiting > this.#window) this.write();
    this.#cache.shrink(id);
  }

  #changeCount(directory: InodeId, by: number): void {
    const count = (this.#counts.get(directory) ?? 0) + by;
    if (count === 0) this.#counts.delete(directory);
    else this.#counts.set(directory, count);
  }

  /** Whether a child of the directory is to be written. */
  #waitsIn(directory: InodeId): boolean {
    return this.#goneEdges.has(directory) || this.#dirty.some((slot) => slot.dirty && slot.inode.parentId === directory);
  }
}

function cleanSlot(inode: Inode): Slot {
  return { inode, dirty: false, moved: false, used: false, next: undefined };
}

function versionAt(directory: InodeId): number {
  return Number(BigInt.asUintN(10, directory));
}
