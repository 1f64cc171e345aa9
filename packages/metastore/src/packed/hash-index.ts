const MIN_CAPACITY = 16;
/** A segment that outgrows this makes two of it. */
const MAX_CAPACITY = 2048;
/** The address of a place that nothing has been in. */
export const EMPTY = 0;
/** The address of a place whose content has gone; no cell lies there. */
export const GONE = 0xffff_ffff;

/** Open addressing: hashes and, at the same places, addresses. */
class Segment {
  /** Of how many bits of the hash, from the highest on, all in it are alike. */
  readonly depth: number;
  hashes: Uint32Array;
  addresses: Uint32Array;
  live = 0;
  /** Places that are taken, by what is there or by what is gone. */
  used = 0;

  constructor(capacity: number, depth: number) {
    this.depth = depth;
    const memory = new ArrayBuffer(8 * capacity);
    this.hashes = new Uint32Array(memory, 0, capacity);
    this.addresses = new Uint32Array(memory, 4 * capacity, capacity);
  }

  get capacity(): number {
    return this.hashes.length;
  }

  add(hash: number, address: number, step: number): void {
    const { addresses } = this;
    const mask = addresses.length - 1;
    let at = hash & mask;
    while (addresses[at] !== EMPTY && addresses[at] !== GONE) at = (at + step) & mask;
    if (addresses[at] === EMPTY) this.used++;
    this.hashes[at] = hash;
    addresses[at] = address;
    this.live++;
  }

  /** Adds all that is in another one, or what has a bit of its hash set or not. */
  addAll({ hashes, addresses }: Segment, step: number, bit = 0, wanted = 0): void {
    for (let i = 0; i < hashes.length; i++) {
      const address = addresses[i]!;
      if (address !== EMPTY && address !== GONE && (hashes[i]! & bit) === wanted) this.add(hashes[i]!, address, step);
    }
  }

  /** Where an address is; -1: it is not there. */
  placeOf(hash: number, address: number, step: number): number {
    const { addresses } = this;
    const mask = addresses.length - 1;
    for (let at = hash & mask; ; at = (at + step) & mask) {
      if (addresses[at] === address) return at;
      if (addresses[at] === EMPTY) return -1;
    }
  }
}

/**
 * Addresses of cells by hashes of 32 bits. It grows by a segment at a time (extendible hashing), and gives segments back as it shrinks,
 * so that no change has to move more than a segment.
 */
export class HashIndex {
  /** From place to place, where one is taken. Odd, so that it comes by all. */
  readonly step: number;
  /** By the highest bits of the hash; a segment is there as often as it leaves bits open. */
  #segments: Segment[] = [new Segment(MIN_CAPACITY, 0)];
  #depth = 0;
  #size = 0;

  constructor(step: number) {
    this.step = step;
  }

  get size(): number {
    return this.#size;
  }

  /** Where to look for a hash: at its lowest bits and on from there in steps, until an address is {@link EMPTY}. */
  segment(hash: number): { readonly hashes: Uint32Array; readonly addresses: Uint32Array } {
    return this.#segment(hash);
  }

  /** Of which the caller knows that it is not there. */
  add(hash: number, address: number): void {
    let segment = this.#segment(hash);
    while (segment.used + 1 > segment.capacity - (segment.capacity >> 2)) {
      this.#makeRoom(segment, hash);
      segment = this.#segment(hash);
    }
    segment.add(hash, address, this.step);
    this.#size++;
  }

  /** What is the same has another address now; false when it is not there. */
  replace(hash: number, address: number, by: number): boolean {
    const segment = this.#segment(hash);
    const at = segment.placeOf(hash, address, this.step);
    if (at >= 0) segment.addresses[at] = by;
    return at >= 0;
  }

  /** False when it is not there. */
  remove(hash: number, address: number): boolean {
    const segment = this.#segment(hash);
    const { addresses } = segment;
    const { step } = this;
    const at = segment.placeOf(hash, address, step);
    if (at < 0) return false;
    const mask = addresses.length - 1;
    addresses[at] = GONE;
    segment.live--;
    this.#size--;
    // Nobody who looks for something else has to pass by here any more.
    if (addresses[(at + step) & mask] === EMPTY) {
      for (let back = at; addresses[back] === GONE; back = (back - step) & mask) {
        addresses[back] = EMPTY;
        segment.used--;
      }
    }
    if (segment.live < segment.capacity >> 3 && segment.capacity > MIN_CAPACITY) this.#shrink(segment, hash);
    return true;
  }

  clear(): void {
    this.#segments = [new Segment(MIN_CAPACITY, 0)];
    this.#depth = 0;
    this.#size = 0;
  }

  #segment(hash: number): Segment {
    // In two steps: a shift by 32 bits would be none.
    return this.#segments[(hash >>> 1) >>> (31 - this.#depth)]!;
  }

  #makeRoom(segment: Segment, hash: number): void {
    const { capacity } = segment;
    if (segment.live < capacity >> 1) return this.#rebuild(segment, capacity);
    if (capacity < MAX_CAPACITY) return this.#rebuild(segment, 2 * capacity);
    // Hashes that are all alike, which does not happen by itself, would only make the table of segments larger.
    if (segment.depth === this.#depth && 2 ** this.#depth > 64 + this.#size / 64) return this.#rebuild(segment, 2 * capacity);
    this.#split(segment, hash);
  }

  #rebuild(segment: Segment, capacity: number): void {
    const fresh = new Segment(capacity, segment.depth);
    fresh.addAll(segment, this.step);
    segment.hashes = fresh.hashes;
    segment.addresses = fresh.addresses;
    segment.used = fresh.used;
  }

  #split(segment: Segment, hash: number): void {
    const depth = segment.depth + 1;
    if (depth > this.#depth) {
      this.#segments = this.#segments.flatMap((each) => [each, each]);
      this.#depth++;
    }
    const bit = 1 << (32 - depth);
    const low = new Segment(segment.capacity, depth);
    const high = new Segment(segment.capacity, depth);
    low.addAll(segment, this.step, bit, 0);
    high.addAll(segment, this.step, bit, bit);
    this.#place(low, high, segment.depth, hash);
  }

  /** Two segments in the place of the one of `depth` bits to which the hash belongs. */
  #place(low: Segment, high: Segment, depth: number, hash: number): void {
    const count = 2 ** (this.#depth - depth);
    const at = (hash >>> 1) >>> (31 - this.#depth);
    const first = at - (at % count);
    this.#segments.fill(low, first, first + count / 2);
    this.#segments.fill(high, first + count / 2, first + count);
  }

  /** Joins a segment with few in it with the one that differs in its last bit, or makes it smaller. */
  #shrink(segment: Segment, hash: number): void {
    const { depth } = segment;
    if (depth === 0) return this.#rebuild(segment, segment.capacity >> 1);
    const other = this.#segment(hash ^ (1 << (32 - depth)));
    if (other.depth !== depth || other.live + segment.live > MAX_CAPACITY >> 2) return;
    const joined = new Segment(Math.max(segment.capacity, other.capacity), depth - 1);
    joined.addAll(segment, this.step);
    joined.addAll(other, this.step);
    this.#place(joined, joined, depth - 1, hash);
  }
}
