import { messageOf, type Clock, type Timer } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import type { Backups } from './backups.js';
import { nextDailyMs } from './daily-time.js';
import type { BackupPlace } from './place.js';
import { removeOldest } from './retention.js';

interface DailyParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly backups: Backups;
  readonly writer: string;
  /** The default directory. */
  readonly open: () => BackupPlace;
  /** In UTC. */
  readonly afterMidnightMs: number;
  /** At least 1. */
  readonly retained: number;
}

/** The time of the day is looked at so often, that a machine that slept or whose clock was set is noticed. */
const LOOK_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

/**
 * Writes a backup each day, and then removes the oldest of those it wrote. A time that was slept through is made up for once, however
 * many were missed; one that failed is not tried again before the next day.
 */
export class DailyBackups {
  readonly #p: DailyParts;
  #nextMs: number | undefined;
  #timer: Timer | undefined;

  constructor(parts: DailyParts) {
    this.#p = parts;
  }

  /** When the next one is due, in milliseconds since the epoch; undefined when it is stopped. */
  get nextMs(): number | undefined {
    return this.#nextMs;
  }

  get retained(): number {
    return this.#p.retained;
  }

  start(): void {
    this.#plan();
    this.#wait();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#nextMs = undefined;
  }

  #plan(): void {
    this.#nextMs = nextDailyMs(this.#p.clock.nowMs(), this.#p.afterMidnightMs);
  }

  #wait(): void {
    const left = this.#nextMs! - this.#p.clock.nowMs();
    this.#timer = this.#p.clock.schedule(Math.max(0, Math.min(left, LOOK_MS)), () => this.#look());
  }

  #look(): void {
    const nowMs = this.#p.clock.nowMs();
    const due = nowMs >= this.#nextMs!;
    // Also when the clock was set back by days: the next one is never further away than one.
    if (due || this.#nextMs! - nowMs > DAY_MS) this.#plan();
    if (due) void this.#run();
    this.#wait();
  }

  /** Never throws: a failure is told in the list of backups and in the log. */
  async #run(): Promise<void> {
    const { backups, log, retained, writer, open } = this.#p;
    let place: BackupPlace | undefined;
    try {
      await backups.begin({ directory: undefined, local: false, scheduled: true }).ended;
      place = open();
      await removeOldest(place, writer, retained, log);
    } catch (error) {
      log.warn('daily backup', { reason: messageOf(error) });
    } finally {
      await place?.close().catch(() => undefined);
    }
  }
}
