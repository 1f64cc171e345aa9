// When users last read or wrote here, so that work of the store's own steps aside.
import type { Clock } from '@alluvium/base';

export class Activity {
  readonly #clock: Clock;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(): void {
    this.#lastMs = this.#clock.monotonicMs();
  }

  /** Milliseconds since somebody read or wrote. */
  quietMs(): number {
    return this.#clock.monotonicMs() - this.#lastMs;
  }
}
