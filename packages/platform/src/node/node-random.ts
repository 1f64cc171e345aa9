import { randomFillSync } from 'node:crypto';
import type { Random } from '@alluvium/base';

/** Small draws come from a block of this size, because a call into the system costs more than the bytes. */
const POOL_BYTES = 4096;
const LARGEST_POOLED_BYTES = 256;

const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/** The start of `length` fresh bytes in the pool. */
function take(length: number): number {
  if (used + length > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const start = used;
  used += length;
  return start;
}

/** Chance of cryptographic quality from the operating system. */
export const nodeRandom: Random = {
  bytes(length) {
    if (length > LARGEST_POOLED_BYTES) return randomFillSync(new Uint8Array(length));
    const start = take(length);
    // A copy, so that nobody sees a draw of somebody else; the pool forgets what it gave.
    const drawn = new Uint8Array(pool.subarray(start, start + length));
    pool.fill(0, start, start + length);
    return drawn;
  },
  next() {
    const start = take(7);
    return pool.readUIntLE(start, 6) / 2 ** 48 + (pool[start + 6]! & 0x1f) / 2 ** 53;
  },
};
