import { fail } from './errors.js';

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  kb: 2 ** 10,
  m: 2 ** 20,
  mb: 2 ** 20,
  g: 2 ** 30,
  gb: 2 ** 30,
  t: 2 ** 40,
  tb: 2 ** 40,
  p: 2 ** 50,
  pb: 2 ** 50,
};
const TIME_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  millisecond: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
};

function parseUnit(text: string, units: Readonly<Record<string, number>>, what: string): number {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*$/.exec(text);
  const unit = match === null ? undefined : (units[match[2]!.toLowerCase()] ?? units[match[2]!.toLowerCase().replace(/s$/, '')]);
  if (match === null || unit === undefined)
    throw fail('invalidArgument', `Cannot read "${text}" as a ${what}; units are ${Object.keys(units).filter(Boolean).join(', ')}`);
  return Math.round(Number(match[1]) * unit);
}

/** Bytes of a size such as `64MB`, `1.5gb`, `512` (powers of 1024, as Alluxio reads them). */
export function parseBytes(text: string): number {
  return parseUnit(text, SIZE_UNITS, 'size');
}

/** Milliseconds of a duration such as `10sec`, `1h`, `-1`. */
export function parseDurationMs(text: string): number {
  return parseUnit(text, TIME_UNITS, 'duration');
}
