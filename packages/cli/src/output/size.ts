const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;
/** The next unit begins here, so that 3050.67KB keeps its digits. */
const NEXT_UNIT_ABOVE = 5 * 1024;

/** Bytes for people as Alluxio's shell prints them: up to 5 of a unit are told in the smaller one, `5000B`, `5.86KB`, `2929.69KB`. */
export function formatSize(bytes: number | bigint): string {
  let value = Number(bytes);
  let unit = 0;
  while (value > NEXT_UNIT_ABOVE && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${value}B` : `${value.toFixed(2)}${UNITS[unit]!}`;
}

/** Percent of `whole` that `part` is, 0 of nothing. */
export function percentOf(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * 100n) / whole);
}
