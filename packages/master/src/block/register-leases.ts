import type { Clock, WorkerId } from '@alluvium/base';

/** What workers that register in one call need, so that only so many do it at a time. As in Alluxio 2.9.4. */
export class RegisterLeases {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #lifetimeMs: number;
  /** When each ends, in monotonic time, the earliest first. */
  readonly #ends = new Map<WorkerId, number>();

  constructor(clock: Clock, max: number, lifetimeMs: number) {
    this.#clock = clock;
    this.#max = max;
    this.#lifetimeMs = lifetimeMs;
  }

  /** How much longer the worker has its lease, or a new one, in milliseconds; undefined when there is none to be had now. */
  request(worker: WorkerId): number | undefined {
    const nowMs = this.#clock.monotonicMs();
    this.#collect(nowMs);
    const held = this.#ends.get(worker);
    if (held !== undefined) return held - nowMs;
    if (this.#ends.size >= this.#max) return undefined;
    this.#ends.set(worker, nowMs + this.#lifetimeMs);
    return this.#lifetimeMs;
  }

  holds(worker: WorkerId): boolean {
    this.#collect(this.#clock.monotonicMs());
    return this.#ends.has(worker);
  }

  release(worker: WorkerId): void {
    this.#ends.delete(worker);
  }

  #collect(nowMs: number): void {
    for (const [worker, endMs] of this.#ends) {
      if (endMs > nowMs) return;
      this.#ends.delete(worker);
    }
  }
}
