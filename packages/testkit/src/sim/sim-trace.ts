import { createHash } from 'node:crypto';
import type { SimClock } from './sim-clock.js';

const KEPT_LINES = 4000;

/** What happened in a simulation, in order: a hash over everything, and the last lines to read. */
export class SimTrace {
  readonly #clock: SimClock;
  readonly #hash = createHash('sha256');
  #lines: string[] = [];
  /** Told every line as it comes. */
  listener: ((line: string) => void) | undefined;

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  add(what: string): void {
    const line = `${this.#clock.monotonicMs().toFixed(3)} ${what}`;
    this.#hash.update(line).update('\n');
    this.listener?.(line);
    this.#lines.push(line);
    if (this.#lines.length >= 2 * KEPT_LINES) this.#lines = this.#lines.slice(-KEPT_LINES);
  }

  /** Of everything so far. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  tail(count: number): readonly string[] {
    return this.#lines.slice(-count);
  }
}
