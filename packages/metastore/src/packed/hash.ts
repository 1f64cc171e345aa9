// Keys of the packed stores' indexes, as 32-bit halves and as hashes of 32 bits.

const long = new BigInt64Array(1);
const halves = new Uint32Array(long.buffer);
const LOW = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

/** The id that it was last given, by halves as they lie in memory. */
export const key = {
  first: 0,
  second: 0,
  load(id: bigint): void {
    long[0] = id;
    this.first = halves[0]!;
    this.second = halves[1]!;
  },
  /** The id with these halves. */
  of(first: number, second: number): bigint {
    halves[0] = first;
    halves[1] = second;
    return long[0]!;
  },
  get low(): number {
    return LOW === 0 ? this.first : this.second;
  },
  get high(): number {
    return LOW === 0 ? this.second : this.first;
  },
};

/** The id of a block of the file with an id of these halves. */
export function blockOf(first: number, second: number, index: number): bigint {
  halves[0] = first;
  halves[1] = second;
  halves[LOW] = (halves[LOW]! & 0xff00_0000) | index;
  return long[0]!;
}

/**
 * Of an id by its halves as they lie in memory. Ids that follow each other (of files and of blocks in their containers, of directories
 * in their sequence) differ in the lowest four bits alone: what is made together is found together.
 */
export function hashOfHalves(first: number, second: number): number {
  const high = HIGH === 1 ? second : first;
  const low = HIGH === 1 ? first : second;
  const container = (high << 8) | (low >>> 24);
  const sequence = low & 0x00ff_ffff;
  const group = Math.imul(container >>> 4, 0x9e37_79b1) ^ Math.imul((sequence >>> 4) + (high >>> 24), 0x85eb_ca77);
  return ((finish(group) & ~15) | ((container ^ sequence) & 15)) >>> 0;
}

/** Every bit of a hash depends on all of what was put into it. */
export function finish(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85eb_ca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
