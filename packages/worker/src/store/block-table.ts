// What is known of each block, packed: a million blocks are some hundred megabytes as objects, and long pauses of the collector; as columns
// of numbers they are a tenth, and none. A block has a slot; what is held or leaving has a small object more.
import { invariant, type BlockId } from '@alluvium/base';
import type { Claim } from './claim.js';
import { IdIndex, type IdsBySlot } from './id-index.js';
import type { NewBlock } from './block.js';
import { LARGE_PAGE_BYTES } from './pages.js';
import type { Resident } from './resident.js';

const CHUNK_BITS = 12;
const CHUNK_SLOTS = 1 << CHUNK_BITS;
const MASK = CHUNK_SLOTS - 1;

export const PINNED = 1;
export const ANNOUNCED = 2;
/** Out of service; its files last until nobody holds it. */
export const LEAVING = 4;
/** Some of its pages are here: its resident knows what it takes, and the length is 0. */
export const PARTIAL = 8;
/** Not in the order of eviction, because it was protected when its turn came. */
export const PARKED = 16;
/** Its bytes are being copied to another directory. */
export const MOVING = 32;
/** Its pages are those of the first version of the sidecar. */
export const LARGE_PAGES = 64;

/** Not in any order. */
export const NOWHERE = -1;

/** The columns of some slots. Chunks are never moved, so that a growing table makes no pause. */
export class Chunk {
  readonly ids = new BigInt64Array(CHUNK_SLOTS);
  readonly halves = new Uint32Array(this.ids.buffer);
  readonly lengths = new Float64Array(CHUNK_SLOTS);
  readonly generations = new BigUint64Array(CHUNK_SLOTS);
  /** What the order of eviction goes by. */
  readonly keys = new Float64Array(CHUNK_SLOTS);
  readonly committedSeconds = new Uint32Array(CHUNK_SLOTS);
  /** Of the one page of a block that has no more. */
  readonly sums = new Uint32Array(CHUNK_SLOTS);
  /** Counts the blocks that had the slot; 0 is a free slot's before its first. */
  readonly stamps = new Uint32Array(CHUNK_SLOTS);
  /** Where in its order a block is. */
  readonly places = new Int32Array(CHUNK_SLOTS);
  readonly groups = new Uint16Array(CHUNK_SLOTS);
  readonly directories = new Uint8Array(CHUNK_SLOTS);
  readonly flags = new Uint8Array(CHUNK_SLOTS);
  /** Of blocks with several pages: their sums. Made when the first one comes. */
  pages: (Uint32Array | undefined)[] | undefined;
}

export class BlockTable implements IdsBySlot {
  readonly #chunks: Chunk[] = [];
  readonly #free: number[] = [];
  readonly #index = new IdIndex(this);
  /** Of blocks that somebody holds, or that are leaving. */
  readonly claims = new Map<number, Claim>();
  readonly residents = new Map<number, Resident>();
  #end = 0;
  #size = 0;

  /** Blocks, whole and partial ones and those that leave. */
  get size(): number {
    return this.#size;
  }

  /** All slots are below. */
  get end(): number {
    return this.#end;
  }

  /** The slot of a block, or -1. */
  find(id: BlockId): number {
    return this.#index.find(id);
  }

  insert(made: NewBlock, directory: number): number {
    const slot = this.#add(made.id, directory);
    const chunk = this.chunk(slot);
    const at = slot & MASK;
    chunk.lengths[at] = made.length;
    chunk.generations[at] = made.generation;
    chunk.committedSeconds[at] = Math.ceil(made.committedMs / 1000);
    chunk.flags[at] = (made.pinned ? PINNED : 0) | (made.announced ? ANNOUNCED : 0);
    const { sums, pageBytes } = made.pages;
    if (pageBytes === LARGE_PAGE_BYTES) chunk.flags[at]! |= LARGE_PAGES;
    chunk.sums[at] = sums.length === 1 ? sums[0]! : 0;
    if (sums.length > 1) {
      chunk.pages ??= [];
      chunk.pages[at] = sums.slice();
    }
    return slot;
  }

  insertPartial(resident: Resident, directory: number): number {
    const slot = this.#add(resident.id, directory);
    this.chunk(slot).flags[slot & MASK] = PARTIAL;
    this.chunk(slot).lengths[slot & MASK] = 0;
    this.residents.set(slot, resident);
    return slot;
  }

  erase(slot: number): void {
    const chunk = this.chunk(slot);
    const at = slot & MASK;
    invariant(chunk.places[at] === NOWHERE, 'a block in an order of eviction goes');
    this.#index.remove(slot);
    this.claims.delete(slot);
    this.residents.delete(slot);
    chunk.ids[at] = -1n;
    chunk.flags[at] = 0;
    chunk.stamps[at]!++;
    if (chunk.pages !== undefined) chunk.pages[at] = undefined;
    this.#free.push(slot);
    this.#size--;
  }

  /** Whether a block has the slot. */
  isTaken(slot: number): boolean {
    return this.chunk(slot).ids[slot & MASK] !== -1n;
  }

  /** The columns where `slot & SLOT_MASK` is at. */
  chunk(slot: number): Chunk {
    return this.#chunks[slot >>> CHUNK_BITS]!;
  }

  lowOf(slot: number): number {
    return this.chunk(slot).halves[(slot & MASK) * 2]!;
  }

  highOf(slot: number): number {
    return this.chunk(slot).halves[(slot & MASK) * 2 + 1]!;
  }

  idOf(slot: number): BlockId {
    return this.chunk(slot).ids[slot & MASK]! as BlockId;
  }

  lengthOf(slot: number): number {
    return this.chunk(slot).lengths[slot & MASK]!;
  }

  stampOf(slot: number): number {
    return this.chunk(slot).stamps[slot & MASK]!;
  }

  directoryOf(slot: number): number {
    return this.chunk(slot).directories[slot & MASK]!;
  }

  setDirectory(slot: number, directory: number): void {
    this.chunk(slot).directories[slot & MASK] = directory;
  }

  has(slot: number, flag: number): boolean {
    return (this.chunk(slot).flags[slot & MASK]! & flag) !== 0;
  }

  set(slot: number, flag: number, on: boolean): void {
    const { flags } = this.chunk(slot);
    if (on) flags[slot & MASK]! |= flag;
    else flags[slot & MASK]! &= ~flag;
  }

  keyOf(slot: number): number {
    return this.chunk(slot).keys[slot & MASK]!;
  }

  setKey(slot: number, key: number): void {
    this.chunk(slot).keys[slot & MASK] = key;
  }

  groupOf(slot: number): number {
    return this.chunk(slot).groups[slot & MASK]!;
  }

  setGroup(slot: number, group: number): void {
    this.chunk(slot).groups[slot & MASK] = group;
  }

  placeOf(slot: number): number {
    return this.chunk(slot).places[slot & MASK]!;
  }

  setPlace(slot: number, place: number): void {
    this.chunk(slot).places[slot & MASK] = place;
  }

  #add(id: BlockId, directory: number): number {
    const slot = this.#free.pop() ?? this.#end++;
    if (slot >>> CHUNK_BITS === this.#chunks.length) this.#chunks.push(new Chunk());
    const chunk = this.chunk(slot);
    const at = slot & MASK;
    chunk.ids[at] = id;
    chunk.directories[at] = directory;
    chunk.places[at] = NOWHERE;
    chunk.groups[at] = 0;
    if (chunk.stamps[at] === 0) chunk.stamps[at] = 1;
    this.#index.add(slot);
    this.#size++;
    return slot;
  }
}

export const SLOT_MASK = MASK;
