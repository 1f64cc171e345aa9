// Looks how much room there is on the disk of the journal, and says so before it is full.
import { messageOf, type Clock, type Timer } from '@alluvium/base';
import type { DiskSpace, Logger } from '@alluvium/platform';
import type { JournalStorage } from './storage.js';

export interface SpaceWatchDependencies {
  readonly storage: JournalStorage;
  readonly clock: Clock;
  readonly log: Logger;
  readonly intervalMs: number;
  /** Less is told of as low. */
  readonly thresholdPercent: number;
}

export class SpaceWatch {
  readonly #d: SpaceWatchDependencies;
  #last: DiskSpace | undefined;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(dependencies: SpaceWatchDependencies) {
    this.#d = dependencies;
  }

  /** As of the last look; undefined before the first, and where it cannot be told. */
  get last(): DiskSpace | undefined {
    return this.#last;
  }

  get low(): boolean {
    return this.#last !== undefined && isLow(this.#last, this.#d.thresholdPercent);
  }

  /** Looks now, and again and again until it is stopped. */
  async start(): Promise<void> {
    await this.look();
    if (!this.#stopped) this.#timer = this.#d.clock.schedule(this.#d.intervalMs, () => void this.start());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Never rejects. */
  async look(): Promise<DiskSpace | undefined> {
    const wasLow = this.low;
    try {
      this.#last = await this.#d.storage.space();
    } catch (error) {
      this.#last = undefined;
      this.#d.log.warn('the space for the journal cannot be told', { reason: messageOf(error) });
      return undefined;
    }
    const { availableBytes, capacityBytes } = this.#last;
    if (this.low) {
      this.#d.log.warn('the disk of the journal is filling up: changes are refused when it is full', {
        availableBytes,
        capacityBytes,
        thresholdPercent: this.#d.thresholdPercent,
      });
    } else if (wasLow) this.#d.log.info('the disk of the journal has room again', { availableBytes, capacityBytes });
    return this.#last;
  }
}

function isLow({ availableBytes, capacityBytes }: DiskSpace, percent: number): boolean {
  return availableBytes * 100 < capacityBytes * percent;
}
