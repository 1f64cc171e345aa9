import { fail, messageOf, sleep, type Clock } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import type { Pins, PinSource } from './pins.js';

interface Dependencies {
  readonly clock: Clock;
  readonly log: Logger;
  readonly pins: Pins;
  readonly source: PinSource;
  readonly intervalMs: number;
}

/** Asks the master what is pinned, once an interval. While it does not answer, what it last said holds. */
export class PinRefresh {
  readonly #d: Dependencies;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort(fail('cancelled', 'The worker stops'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log, pins, source, intervalMs } = this.#d;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await pins.refresh(source);
      } catch (error) {
        log.debug('pinned files not asked for', { reason: messageOf(error) });
      }
      await sleep(clock, intervalMs, signal).catch(() => undefined);
    }
  }
}
