// The one line on a terminal that tells how far a copy or a persistence is.
import type { Clock, Timer } from '@alluvium/base';
import type { Output } from '../context.js';
import { formatSize } from './size.js';
import { formatRemaining } from './time.js';

const REDRAW_MS = 200;
const CLEAR_LINE = '\r\x1b[K';

/** What a bar counts. */
export type ProgressUnit = 'bytes' | 'files' | 'entries';

/**
 * Counts what is done and shows it, on a terminal only: done, total, rate, what is left of the time. The total may become
 * known while the work is under way.
 */
export class Progress {
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #unit: ProgressUnit;
  readonly #startedMs: number;
  #done = 0;
  #total: number | undefined;
  #timer: Timer | undefined;
  #shown = false;

  constructor(output: Output, clock: Clock, unit: ProgressUnit) {
    this.#output = output;
    this.#clock = clock;
    this.#unit = unit;
    this.#startedMs = clock.monotonicMs();
    if (output.isTTY) this.#schedule();
  }

  add(amount: number): void {
    this.#done += amount;
  }

  /** Makes the total known, or larger. */
  expect(more: number): void {
    this.#total = (this.#total ?? 0) + more;
  }

  /** Takes the line away, so that something else can be written; it comes back by itself. */
  async clear(): Promise<void> {
    if (!this.#shown) return;
    this.#shown = false;
    await this.#output.write(CLEAR_LINE);
  }

  /** Takes the line away for good. */
  async end(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.clear();
  }

  /** The text of the line as of now. */
  describe(): string {
    const seconds = Math.max(this.#clock.monotonicMs() - this.#startedMs, 1) / 1000;
    const rate = this.#done / seconds;
    const parts = [this.#total === undefined ? this.#amount(this.#done) : `${this.#amount(this.#done)} of ${this.#amount(this.#total)}`];
    if (this.#unit === 'bytes') parts.push(`${formatSize(Math.round(rate))}/s`);
    if (this.#total !== undefined && rate > 0) parts.push(`${formatRemaining(((this.#total - this.#done) / rate) * 1000)} left`);
    return parts.join(', ');
  }

  #amount(value: number): string {
    return this.#unit === 'bytes' ? formatSize(value) : `${value} ${this.#unit}`;
  }

  #schedule(): void {
    this.#timer = this.#clock.schedule(REDRAW_MS, () => {
      this.#shown = true;
      const text = this.describe().slice(0, Math.max((this.#output.columns ?? 80) - 1, 1));
      // A terminal that has gone ends the command through its signal; the line itself is not worth an error.
      this.#output.write(`${CLEAR_LINE}${text}`).catch(() => undefined);
      this.#schedule();
    });
  }
}
