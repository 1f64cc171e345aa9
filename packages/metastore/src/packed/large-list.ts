/** More make two of it. */
const MAX_CHUNK = 1024;
/** A chunk with fewer joins a neighbour with which it stays well below the most. */
const MIN_CHUNK = MAX_CHUNK >> 2;

interface Chunk {
  readonly addresses: Uint32Array;
  count: number;
}

/**
 * Addresses in an order that the caller knows, in chunks, so that no change moves more than one chunk and the list of the chunks. Places
 * are a chunk and an index in it.
 */
export class LargeList {
  readonly #chunks: Chunk[] = [];

  /** Out of a list that has become too long for one piece; at most as long as a chunk. */
  constructor(addresses: Uint32Array) {
    const chunk = newChunk();
    chunk.addresses.set(addresses);
    chunk.count = addresses.length;
    this.#chunks.push(chunk);
  }

  get chunks(): number {
    return this.#chunks.length;
  }

  countOf(chunk: number): number {
    return this.#chunks[chunk]?.count ?? 0;
  }

  /** Those of a chunk; what lies behind its count means nothing. */
  addressesOf(chunk: number): Uint32Array {
    return this.#chunks[chunk]!.addresses;
  }

  at(chunk: number, index: number): number {
    return this.#chunks[chunk]!.addresses[index]!;
  }

  set(chunk: number, index: number, address: number): void {
    this.#chunks[chunk]!.addresses[index] = address;
  }

  insert(at: number, index: number, address: number): void {
    const chunk = this.#chunks[at]!;
    const { addresses, count } = chunk;
    if (count < MAX_CHUNK) {
      addresses.copyWithin(index + 1, index, count);
      addresses[index] = address;
      chunk.count++;
    } else if (index === count && at === this.#chunks.length - 1) {
      // What comes in order leaves full chunks behind.
      const next = newChunk();
      next.addresses[0] = address;
      next.count = 1;
      this.#chunks.push(next);
    } else {
      const half = MAX_CHUNK >> 1;
      const upper = newChunk();
      upper.addresses.set(addresses.subarray(half));
      upper.count = half;
      chunk.count = half;
      this.#chunks.splice(at + 1, 0, upper);
      if (index <= half) this.insert(at, index, address);
      else this.insert(at + 1, index - half, address);
    }
  }

  remove(at: number, index: number): void {
    const chunk = this.#chunks[at]!;
    chunk.addresses.copyWithin(index, index + 1, chunk.count);
    chunk.count--;
    if (chunk.count >= MIN_CHUNK) return;
    if (chunk.count === 0) {
      this.#chunks.splice(at, 1);
    } else if (this.countOf(at + 1) > 0 && this.countOf(at + 1) < MIN_CHUNK) {
      this.#join(at);
    } else if (this.countOf(at - 1) > 0 && this.countOf(at - 1) < MIN_CHUNK) {
      this.#join(at - 1);
    }
  }

  /** Takes in the chunk behind it. */
  #join(at: number): void {
    const chunk = this.#chunks[at]!;
    const next = this.#chunks[at + 1]!;
    chunk.addresses.set(next.addresses.subarray(0, next.count), chunk.count);
    chunk.count += next.count;
    this.#chunks.splice(at + 1, 1);
  }
}

function newChunk(): Chunk {
  return { addresses: new Uint32Array(MAX_CHUNK), count: 0 };
}
