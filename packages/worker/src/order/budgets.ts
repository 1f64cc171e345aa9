// Orders that name the same budget share its bandwidth on this worker.
import { sleep, type Clock } from '@alluvium/base';
import type { workerControl } from '@alluvium/wire';

/** Awaited before so many bytes are moved. Throws the signal's reason. */
export type Admit = (bytes: number, signal?: AbortSignal) => Promise<void>;

interface Bucket {
  /** When what was admitted has been paid for. */
  paidMs: number;
}

/** Budgets that are remembered; one that is paid for and forgotten has lost nothing. */
const MAX_BUDGETS = 64;

export class Budgets {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What an order with this budget asks; the rate is that of the order at hand. */
  admit(budget: workerControl.Budget | undefined): Admit {
    const bytesPerMs = Number(budget?.bytesPerSecond ?? 0n) / 1000;
    if (!(bytesPerMs > 0)) return () => Promise.resolve();
    const name = budget?.name ?? '';
    return (bytes, signal) => this.#take(name, bytes / bytesPerMs, signal);
  }

  /** Those who come later wait for those before, whoever has the larger piece. */
  async #take(name: string, costMs: number, signal: AbortSignal | undefined): Promise<void> {
    const now = this.#clock.monotonicMs();
    let bucket = this.#buckets.get(name);
    if (bucket === undefined) {
      this.#forgetPaid(now);
      this.#buckets.set(name, (bucket = { paidMs: now }));
    }
    const waitMs = Math.max(0, bucket.paidMs - now);
    bucket.paidMs = now + waitMs + costMs;
    if (waitMs > 0) await sleep(this.#clock, waitMs, signal);
  }

  #forgetPaid(now: number): void {
    if (this.#buckets.size < MAX_BUDGETS) return;
    for (const [name, { paidMs }] of this.#buckets) if (paidMs <= now) this.#buckets.delete(name);
  }
}
