import type { Clock, Timer } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import type { WorkerRegistry } from './worker-registry.js';

interface Periods {
  /** How often to look. */
  readonly intervalMs: number;
  /** Silence after which a worker is lost. */
  readonly timeoutMs: number;
  /** How much longer a lost worker is remembered. */
  readonly forgetMs: number;
}

/** Declares silent workers lost, so that readers are no longer sent to them. */
export class LostWorkerDetector {
  readonly #registry: WorkerRegistry;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #periods: Periods;
  #timer: Timer | undefined;

  constructor(registry: WorkerRegistry, clock: Clock, log: Logger, periods: Periods) {
    this.#registry = registry;
    this.#clock = clock;
    this.#log = log;
    this.#periods = periods;
  }

  start(): void {
    this.#timer = this.#clock.schedule(this.#periods.intervalMs, () => {
      for (const worker of this.#registry.expire(this.#periods.timeoutMs, this.#periods.forgetMs)) {
        this.#log.warn('worker lost', { worker: worker.id.toString(), host: worker.address.host });
      }
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
