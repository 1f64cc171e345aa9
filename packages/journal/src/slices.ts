import { sleep, type Clock } from '@alluvium/base';

/** Longest that the journal's work in the background holds the event loop in one stretch, in milliseconds, give or take an entry. */
const SLICE_MS = 4;
/** A slow disk needs no longer rest than this. */
const MAX_REST_MS = 20;

/** Work that takes at most half of the event loop: `if (slices.spent) await slices.rest()`, which lasts as long as the work did. */
export class Slices {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #beganMs: number;

  /** A rest rejects with the reason of the signal. */
  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#beganMs = clock.monotonicMs();
  }

  get spent(): boolean {
    return this.#clock.monotonicMs() - this.#beganMs >= SLICE_MS;
  }

  async rest(): Promise<void> {
    await sleep(this.#clock, Math.min(MAX_REST_MS, this.#clock.monotonicMs() - this.#beganMs), this.#signal);
    this.#beganMs = this.#clock.monotonicMs();
  }
}
