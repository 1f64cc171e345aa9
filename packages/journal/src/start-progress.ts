import type { Clock } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';

const PERIOD_MS = 3000;
/** Between two looks at the clock. */
const LOOK = 4096;

/** Says every few seconds how far a start is: a namespace of millions takes its time. */
export class StartProgress {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #beganMs: number;
  #saidMs: number;
  #count = 0;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
    this.#beganMs = this.#saidMs = clock.monotonicMs();
  }

  /** Milliseconds since the start began. */
  get elapsedMs(): number {
    return Math.round(this.#clock.monotonicMs() - this.#beganMs);
  }

  /** `count` more entries of a file are in the state. */
  applied(count: number, file: string): void {
    const before = this.#count;
    this.#count += count;
    if (Math.floor(before / LOOK) === Math.floor(this.#count / LOOK)) return;
    const now = this.#clock.monotonicMs();
    if (now - this.#saidMs < PERIOD_MS) return;
    this.#saidMs = now;
    this.#log.info('reading the journal', { file, entries: this.#count, seconds: Math.round(this.elapsedMs / 1000) });
  }
}
