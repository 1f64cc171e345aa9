import type { Random } from '@alluvium/base';
import type { LiveWorker } from '../worker/worker-list.js';
import { shuffled } from './by-chance.js';
import type { PlacementPolicy } from './placement-policy.js';

/** The worker with the most free bytes. */
export class MostAvailableFirst implements PlacementPolicy {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  order(workers: readonly LiveWorker[]): LiveWorker[] {
    return shuffled(workers, this.#random).sort((a, b) => (a.freeBytes < b.freeBytes ? 1 : a.freeBytes > b.freeBytes ? -1 : 0));
  }
}
