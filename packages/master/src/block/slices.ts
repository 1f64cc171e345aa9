import type { Clock } from '@alluvium/base';

/** Longest that work on many blocks holds the event loop in one turn of it, in milliseconds. */
const SLICE_MS = 8;
/** Most blocks of one turn, however fast they go: where time stands still while code runs, in a simulation, this counts alone. */
const SLICE_BLOCKS = 4000;

/**
 * Lets work on many blocks, of several workers at the same time, step aside for other calls: together they take one slice of each turn
 * of the event loop. `if (slices.spent()) await slices.rest()` after each block; what was read before is read again after it.
 */
export class Slices {
  readonly #clock: Clock;
  /** The slice of this turn; undefined before anybody has begun one. */
  #slice: { readonly endsMs: number; left: number } | undefined;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** So many blocks more were done; whether the slice is used up now. */
  spent(blocks = 1): boolean {
    this.#slice ??= this.#begin();
    this.#slice.left -= blocks;
    return this.#slice.left <= 0 || this.#clock.monotonicMs() >= this.#slice.endsMs;
  }

  /** Resolves in another turn. Who has waited longest goes on first. */
  rest(): Promise<void> {
    this.#slice ??= this.#begin();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #begin(): { readonly endsMs: number; left: number } {
    this.#clock.schedule(0, () => {
      this.#slice = undefined;
      for (const resume of this.#waiting.splice(0)) resume();
    });
    return { endsMs: this.#clock.monotonicMs() + SLICE_MS, left: SLICE_BLOCKS };
  }
}
