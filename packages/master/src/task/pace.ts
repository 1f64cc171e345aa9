import { sleep, type Clock } from '@alluvium/base';

/** Longest that work on many inodes holds the event loop in one stretch, in milliseconds. */
const SLICE_MS = 8;

/**
 * Lets work on many inodes step aside for other calls: `if (pace.due) await pace.rest()` after each inode or batch. Between the
 * two lies an `await`, so what was read before is read again after it, or is under a lock.
 */
export class Pace {
  readonly #clock: Clock;
  #sliceEndsMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sliceEndsMs = clock.monotonicMs() + SLICE_MS;
  }

  /** Whether the slice is used up. */
  get due(): boolean {
    return this.#clock.monotonicMs() >= this.#sliceEndsMs;
  }

  /** Gives the event loop to others; a new slice begins afterwards. */
  async rest(): Promise<void> {
    await sleep(this.#clock, 0);
    this.#sliceEndsMs = this.#clock.monotonicMs() + SLICE_MS;
  }
}
