import { sleep, type Clock } from '@alluvium/base';

/** Longest that work on many inodes holds the event loop in one stretch, in milliseconds. */
const SLICE_MS = 8;
/** Most inodes of one stretch, however fast they go. */
const SLICE_INODES = 1000;

/**
 * Lets work on many inodes step aside for other calls: `if (pace.spent()) await pace.rest()` after each inode, or with a number
 * after a batch. Between the two lies an `await`, so what was read before is read again after it, or is under a lock.
 *
 * The number of inodes counts as well as the time, so that the order of things does not hang on the speed of a machine alone: where
 * time stands still while code runs, in a simulation, long work is interrupted too.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #sliceInodes: number;
  #sliceEndsMs: number;
  #left: number;

  constructor(clock: Clock, sliceInodes = SLICE_INODES) {
    this.#clock = clock;
    this.#sliceInodes = sliceInodes;
    this.#sliceEndsMs = clock.monotonicMs() + SLICE_MS;
    this.#left = sliceInodes;
  }

  /** Whether the slice is used up. */
  get due(): boolean {
    return this.#left <= 0 || this.#clock.monotonicMs() >= this.#sliceEndsMs;
  }

  /** So many inodes more were done; whether the slice is used up now. */
  spent(inodes = 1): boolean {
    this.#left -= inodes;
    return this.due;
  }

  /** Gives the event loop to others; a new slice begins afterwards. */
  async rest(): Promise<void> {
    await sleep(this.#clock, 0);
    this.#sliceEndsMs = this.#clock.monotonicMs() + SLICE_MS;
    this.#left = this.#sliceInodes;
  }
}
