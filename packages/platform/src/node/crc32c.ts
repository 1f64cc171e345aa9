import { createRequire } from 'node:module';
import { crc32cOfTables } from '../checksum/crc32c-tables.js';

/** Below this the call into native code costs more than the tables do. */
const SMALLEST_NATIVE_BYTES = 64;

type Crc32c = (bytes: Uint8Array, initial?: number) => number;

let native: Crc32c | undefined | null;

/** The checksum with the processor's own instruction, or null where the package is not installed. */
export function nativeCrc32c(): Crc32c | null {
  if (native === undefined) {
    try {
      native = (createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: Crc32c }).crc32c;
    } catch {
      native = null;
    }
  }
  return native;
}

/**
 * CRC-32C (Castagnoli) of `bytes`, 0 to 2^32 - 1: journal records, block pages, sidecars. `initial` is the checksum of
 * the bytes before, so that `crc32c(b, crc32c(a))` is the checksum of a then b.
 */
export function crc32c(bytes: Uint8Array, initial = 0): number {
  if (bytes.length < SMALLEST_NATIVE_BYTES) return crc32cOfTables(bytes, initial);
  const fast = native === undefined ? nativeCrc32c() : native;
  return fast === null ? crc32cOfTables(bytes, initial) : fast(bytes, initial);
}
