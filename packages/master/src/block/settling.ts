import type { Clock, Timer } from '@alluvium/base';

/**
 * The time after a start in which workers come back. Who asks for what only they can tell waits for them a while, because a
 * client takes "no worker has it" for lost.
 */
export class Settling {
  readonly #clock: Clock;
  readonly #endMs: number;
  readonly #waiters = new Set<() => void>();

  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.#endMs = clock.monotonicMs() + windowMs;
  }

  get isOver(): boolean {
    return this.#clock.monotonicMs() >= this.#endMs;
  }

  /** A worker has registered. */
  arrived(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  /** Resolves when `done` holds after a registration, or when the time is over. */
  async until(done: () => boolean): Promise<void> {
    while (!this.isOver && !done()) await this.#nextArrival();
  }

  #nextArrival(): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | undefined = undefined;
      const wake = (): void => {
        timer?.cancel();
        this.#waiters.delete(wake);
        resolve();
      };
      timer = this.#clock.schedule(this.#endMs - this.#clock.monotonicMs(), wake);
      this.#waiters.add(wake);
    });
  }
}
