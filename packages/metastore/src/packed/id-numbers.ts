// Many numbers for each of many 64-bit ids, packed: which workers have a copy of a block.
import { finish, key } from './hash.js';

const MIN_CAPACITY = 16;
/** A segment that outgrows this makes two of it. */
const MAX_CAPACITY = 2048;
/** Words of a pair: the id as it lies in memory, and the number, which is 0 where nothing is. */
const WORDS = 3;
const NUMBER = 2;

class Segment {
  /** Of how many bits of the hash, from the highest on, all in it are alike. */
  readonly depth: number;
  words: Uint32Array;
  live = 0;

  constructor(capacity: number, depth: number) {
    this.depth = depth;
    this.words = new Uint32Array(WORDS * capacity);
  }

  get capacity(): number {
    return this.words.length / WORDS;
  }

  add(hash: number, first: number, second: number, number: number): void {
    const { words, capacity } = this;
    let at = hash & (capacity - 1);
    while (words[WORDS * at + NUMBER] !== 0) at = (at + 1) & (capacity - 1);
    this.#put(at, first, second, number);
    this.live++;
  }

  /** Takes what is at a place out, and closes the gap: what was put further on because of it moves up. */
  removeAt(at: number): void {
    const { words, capacity } = this;
    const mask = capacity - 1;
    let gap = at;
    for (let next = (at + 1) & mask; words[WORDS * next + NUMBER] !== 0; next = (next + 1) & mask) {
      const first = words[WORDS * next]!;
      const second = words[WORDS * next + 1]!;
      const home = hashOf(first, second) & mask;
      if (((next - home) & mask) < ((next - gap) & mask)) continue;
      this.#put(gap, first, second, words[WORDS * next + NUMBER]!);
      gap = next;
    }
    words[WORDS * gap + NUMBER] = 0;
    this.live--;
  }

  /** Adds all that is in another one, or what has a bit of its hash set or not. */
  addAll({ words }: Segment, bit = 0, wanted = 0): void {
    for (let at = 0; at < words.length; at += WORDS) {
      const number = words[at + NUMBER]!;
      if (number === 0) continue;
      const hash = hashOf(words[at]!, words[at + 1]!);
      if ((hash & bit) >>> 0 === wanted) this.add(hash, words[at]!, words[at + 1]!, number);
    }
  }

  #put(at: number, first: number, second: number, number: number): void {
    this.words[WORDS * at] = first;
    this.words[WORDS * at + 1] = second;
    this.words[WORDS * at + NUMBER] = number;
  }
}

/**
 * Pairs of a 64-bit id and a number of 1 to 2^32 - 1, found by id. A pair takes 12 bytes in a table that is between three and six
 * eighths full: 16 to 32 bytes. It grows and shrinks by a segment at a time (extendible hashing), so no change moves more than some
 * thousand pairs; going through all of them goes by segments too.
 */
export class IdNumbers<K extends bigint> {
  /** By the highest bits of the hash; a segment is there as often as it leaves bits open. */
  #segments: Segment[] = [new Segment(MIN_CAPACITY, 0)];
  #depth = 0;
  #size = 0;

  /** Pairs. */
  get size(): number {
    return this.#size;
  }

  /** Puts the numbers of an id into `into`, in any order, and answers how many there are. Nothing further on in `into` is touched. */
  numbersOf(id: K, into: number[]): number {
    key.load(id);
    const { first, second } = key;
    const hash = hashOf(first, second);
    const { words } = this.#segment(hash);
    const mask = words.length / WORDS - 1;
    let count = 0;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const number = words[WORDS * at + NUMBER]!;
      if (number === 0) return count;
      if (words[WORDS * at] === first && words[WORDS * at + 1] === second) into[count++] = number;
    }
  }

  /** A pair that is not there yet. */
  add(id: K, number: number): void {
    key.load(id);
    const { first, second } = key;
    const hash = hashOf(first, second);
    let segment = this.#segment(hash);
    while (segment.live + 1 > segment.capacity - (segment.capacity >> 2)) {
      this.#makeRoom(segment, hash);
      segment = this.#segment(hash);
    }
    segment.add(hash, first, second, number);
    this.#size++;
  }

  /** The id has the number `by` for `number`; false when it did not have that. */
  replace(id: K, number: number, by: number): boolean {
    const hash = hashOfId(id);
    const segment = this.#segment(hash);
    const at = placeOf(segment, hash, number);
    if (at >= 0) segment.words[WORDS * at + NUMBER] = by;
    return at >= 0;
  }

  /** False when the pair is not there. */
  remove(id: K, number: number): boolean {
    const hash = hashOfId(id);
    const segment = this.#segment(hash);
    const at = placeOf(segment, hash, number);
    if (at < 0) return false;
    segment.removeAt(at);
    this.#size--;
    if (segment.live < segment.capacity >> 3 && segment.capacity > MIN_CAPACITY) this.#shrink(segment, hash);
    return true;
  }

  /**
   * Tells of all pairs with wanted numbers in one segment, some thousand at most, and answers where to go on: begin with 0, and 0 is
   * the end. `found` may change anything. A pair that is there from beginning to end is told at least once, whatever happens in between.
   */
  scan(from: number, isWanted: (number: number) => boolean, found: (id: K, number: number) => void): number {
    const segment = this.#segment(from);
    const { words } = segment;
    const wanted: [K, number][] = [];
    for (let at = 0; at < words.length; at += WORDS) {
      const number = words[at + NUMBER]!;
      if (number !== 0 && isWanted(number)) wanted.push([key.of(words[at]!, words[at + 1]!) as K, number]);
    }
    // Before `found`, which may join this segment with another.
    const span = 2 ** (32 - segment.depth);
    const next = (Math.floor(from / span) + 1) * span;
    for (const [id, number] of wanted) found(id, number);
    return next >= 2 ** 32 ? 0 : next;
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
    if (capacity < MAX_CAPACITY) return rebuild(segment, 2 * capacity);
    // Hashes that are all alike, as those of one id with very many numbers, would only make the table of segments larger.
    if (segment.depth === this.#depth && 2 ** this.#depth > 64 + this.#size / 64) return rebuild(segment, 2 * capacity);
    this.#split(segment, hash);
  }

  #split(segment: Segment, hash: number): void {
    const depth = segment.depth + 1;
    if (depth > this.#depth) {
      this.#segments = this.#segments.flatMap((each) => [each, each]);
      this.#depth++;
    }
    const bit = (1 << (32 - depth)) >>> 0;
    const low = new Segment(segment.capacity, depth);
    const high = new Segment(segment.capacity, depth);
    low.addAll(segment, bit, 0);
    high.addAll(segment, bit, bit);
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
    if (depth === 0) return rebuild(segment, segment.capacity >> 1);
    const other = this.#segment((hash ^ (1 << (32 - depth))) >>> 0);
    if (other.depth !== depth || other.live + segment.live > MAX_CAPACITY >> 2) return;
    const joined = new Segment(Math.max(segment.capacity, other.capacity), depth - 1);
    joined.addAll(segment);
    joined.addAll(other);
    this.#place(joined, joined, depth - 1, hash);
  }
}

function rebuild(segment: Segment, capacity: number): void {
  const fresh = new Segment(capacity, segment.depth);
  fresh.addAll(segment);
  segment.words = fresh.words;
}

/** Where the pair of the id in `key` and a number is; -1: nowhere. */
function placeOf({ words }: Segment, hash: number, number: number): number {
  const { first, second } = key;
  const mask = words.length / WORDS - 1;
  for (let at = hash & mask; ; at = (at + 1) & mask) {
    const there = words[WORDS * at + NUMBER]!;
    if (there === 0) return -1;
    if (there === number && words[WORDS * at] === first && words[WORDS * at + 1] === second) return at;
  }
}

function hashOfId(id: bigint): number {
  key.load(id);
  return hashOf(key.first, key.second);
}

function hashOf(first: number, second: number): number {
  return finish(Math.imul(first, 0x9e37_79b1) ^ finish(second));
}
