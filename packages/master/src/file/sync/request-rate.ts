import { sleep, type Clock } from '@alluvium/base';

/** Spreads requests evenly: so many a second, no bursts. */
export class RequestRate {
  readonly #clock: Clock;
  readonly #gapMs: number;
  #nextMs = Number.NEGATIVE_INFINITY;

  /** `perSecond` 0: as fast as they come. */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#gapMs = perSecond > 0 ? 1000 / perSecond : 0;
  }

  /** Undefined when the request may go at once. */
  turn(signal: AbortSignal | undefined): Promise<void> | undefined {
    if (this.#gapMs === 0) return undefined;
    const nowMs = this.#clock.monotonicMs();
    const atMs = Math.max(nowMs, this.#nextMs);
    this.#nextMs = atMs + this.#gapMs;
    return atMs <= nowMs ? undefined : sleep(this.#clock, atMs - nowMs, signal);
  }
}
