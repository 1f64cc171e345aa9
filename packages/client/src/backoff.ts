import { sleep } from '@alluvium/base';
import type { Clock, Random } from '@alluvium/base';
import { cancelledBy } from './abort.js';

/** Milliseconds. Pauses double from `baseMs` to `maxMs`, each shortened by chance, until `maxDurationMs` have passed. */
export interface RetryPolicy {
  readonly baseMs: number;
  readonly maxMs: number;
  readonly maxDurationMs: number;
}

/** `alluxio.user.rpc.retry.{base.sleep,max.sleep,max.duration}`. */
export const DEFAULT_RETRY: RetryPolicy = { baseMs: 50, maxMs: 3000, maxDurationMs: 120_000 };

/** The pauses of one retried action. */
export class Backoff {
  readonly #policy: RetryPolicy;
  readonly #clock: Clock;
  readonly #random: Random;
  #startMs: number;
  #nextMs: number;
  pauses = 0;

  constructor(policy: RetryPolicy, clock: Clock, random: Random) {
    this.#policy = policy;
    this.#clock = clock;
    this.#random = random;
    this.#startMs = clock.monotonicMs();
    this.#nextMs = policy.baseMs;
  }

  /** Begins anew: something has been achieved. */
  reset(): void {
    this.#startMs = this.#clock.monotonicMs();
    this.#nextMs = this.#policy.baseMs;
  }

  /** Pauses; false, without a pause, when the time is up. Rejects with `cancelled` when aborted. */
  async pause(signal?: AbortSignal): Promise<boolean> {
    const leftMs = this.#startMs + this.#policy.maxDurationMs - this.#clock.monotonicMs();
    if (leftMs <= 0) return false;
    // Half of the pause is left to chance, so that clients that failed together do not come back together.
    const pauseMs = Math.min(leftMs, this.#nextMs * (0.5 + this.#random.next() / 2));
    this.#nextMs = Math.min(this.#policy.maxMs, this.#nextMs * 2);
    this.pauses++;
    try {
      await sleep(this.#clock, pauseMs, signal);
    } catch (error) {
      throw signal?.aborted === true ? cancelledBy(signal) : error;
    }
    return true;
  }
}
