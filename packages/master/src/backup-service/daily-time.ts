import { fail } from '@alluvium/base';

const DAY_MS = 24 * 3_600_000;

/** Milliseconds after midnight of `05:00`. */
export function parseDailyTime(text: string): number {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  const [hours, minutes] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || hours > 23 || minutes > 59)
    throw fail('invalidArgument', `Cannot use "${text}" as a time of the day: 05:00 wanted`);
  return (hours * 60 + minutes) * 60_000;
}

/** The first moment after `nowMs` that is so long after a midnight in UTC. */
export function nextDailyMs(nowMs: number, afterMidnightMs: number): number {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS + afterMidnightMs;
  return today > nowMs ? today : today + DAY_MS;
}
