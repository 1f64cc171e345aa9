// Notices a disk that takes long over a flush, while it does: whoever waits for a commit waits for it.
import type { Clock, Timer } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';

export class FlushWatch {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #slowMs: number;
  #count = 0;
  #slow = 0;
  #longestMs = 0;
  #beganMs: number | undefined;
  #timer: Timer | undefined;

  /** A flush that takes `slowMs` or longer is told of. */
  constructor(clock: Clock, log: Logger, slowMs: number) {
    this.#clock = clock;
    this.#log = log;
    this.#slowMs = slowMs;
  }

  /** Flushes so far. */
  get count(): number {
    return this.#count;
  }

  /** Those that took long. */
  get slow(): number {
    return this.#slow;
  }

  /** Of any so far, and of the one under way. */
  get longestMs(): number {
    return Math.max(this.#longestMs, this.#underWayMs);
  }

  /** One at a time. */
  async watch(flush: () => Promise<void>): Promise<void> {
    this.#beganMs = this.#clock.monotonicMs();
    // One timer for many flushes: most take a fraction of its time.
    this.#timer ??= this.#clock.schedule(this.#slowMs, () => this.#look());
    try {
      await flush();
    } finally {
      this.#end();
    }
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #end(): void {
    const tookMs = this.#underWayMs;
    this.#beganMs = undefined;
    this.#count++;
    this.#longestMs = Math.max(this.#longestMs, tookMs);
    if (tookMs < this.#slowMs) return;
    this.#slow++;
    this.#log.warn('the disk of the journal was slow', { flushMs: Math.round(tookMs) });
  }

  get #underWayMs(): number {
    return this.#beganMs === undefined ? 0 : this.#clock.monotonicMs() - this.#beganMs;
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#beganMs === undefined) return;
    const waitedMs = this.#underWayMs;
    if (waitedMs >= this.#slowMs)
      this.#log.warn('the disk of the journal does not finish a flush: commits wait for it', { waitedMs: Math.round(waitedMs) });
    this.#timer = this.#clock.schedule(waitedMs >= this.#slowMs ? this.#slowMs : this.#slowMs - waitedMs, () => this.#look());
  }
}
