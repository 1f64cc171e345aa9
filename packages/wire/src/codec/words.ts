// A 64-bit integer seen as one bigint and as two 32-bit words: how reader and writer take int64 fields apart without
// bigint arithmetic. One pair serves all, because nothing yields between filling it and taking it out.
const long = new BigInt64Array(1);
export const longWords = new Uint32Array(long.buffer);

/** Where the machine keeps the low and the high word. */
export const LOW = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;
export const HIGH = 1 - LOW;

/** The signed value of the words. */
export function longOf(): bigint {
  return long[0]!;
}

/** Puts `value` modulo 2^64 into the words. */
export function setLong(value: bigint): void {
  long[0] = value;
}
