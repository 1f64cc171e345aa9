/** Rows that are written at a time take about a millisecond. */
const MOST_AT_ONCE = 256;

/**
 * How many changes a store with a cache of so many entries gathers before it writes them: what is changed again soon, as a new file and the
 * time of its directory are, is written once.
 */
export function writeWindow(cacheSize: number): number {
  return Math.min(MOST_AT_ONCE, cacheSize);
}
