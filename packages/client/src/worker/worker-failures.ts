import type { Clock } from '@alluvium/base';
import type { WorkerTarget } from './worker-target.js';

/** How long a worker that failed is tried after the others. */
const REMEMBERED_MS = 30_000;
const MOST_REMEMBERED = 1024;

/** Which workers failed lately, for all files of a client. */
export class WorkerFailures {
  readonly #clock: Clock;
  readonly #failedMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note({ key }: WorkerTarget): void {
    if (this.#failedMs.size >= MOST_REMEMBERED) this.#failedMs.clear();
    this.#failedMs.set(key, this.#clock.monotonicMs());
  }

  /** It has answered. */
  forgive({ key }: WorkerTarget): void {
    this.#failedMs.delete(key);
  }

  /** Whether it failed lately. */
  has({ key }: WorkerTarget): boolean {
    const ms = this.#failedMs.get(key);
    return ms !== undefined && ms > this.#clock.monotonicMs() - REMEMBERED_MS;
  }

  /** The same workers, those that failed lately last, the longest ago of them first. */
  order<T extends WorkerTarget>(workers: readonly T[]): T[] {
    if (this.#failedMs.size === 0) return [...workers];
    const sinceMs = this.#clock.monotonicMs() - REMEMBERED_MS;
    const failedMs = ({ key }: WorkerTarget): number => {
      const ms = this.#failedMs.get(key) ?? 0;
      return ms > sinceMs ? ms : -1;
    };
    return [...workers].sort((a, b) => failedMs(a) - failedMs(b));
  }
}
