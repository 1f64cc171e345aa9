import type { Clock, Timer } from '@alluvium/base';

interface Pending {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Time that passes when a test says so. */
export class HandClock implements Clock {
  #nowMs = 1000;
  readonly #pending = new Set<Pending>();

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const pending = { atMs: this.#nowMs + delayMs, callback };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Lets time pass and runs what is due in it, in its order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      let next: Pending | undefined;
      for (const pending of this.#pending) if (pending.atMs <= untilMs && pending.atMs < (next?.atMs ?? Infinity)) next = pending;
      if (next === undefined) break;
      this.#pending.delete(next);
      this.#nowMs = next.atMs;
      next.callback();
    }
    this.#nowMs = untilMs;
  }
}
