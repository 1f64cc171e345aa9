import type { Random } from '@alluvium/base';
import type { LiveWorker } from '../worker/worker-list.js';
import { drawn } from './by-chance.js';
import type { PlacementPolicy } from './placement-policy.js';

/** By chance, a worker of twice the capacity twice as often. */
export class CapacityBaseRandom implements PlacementPolicy {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  order(workers: readonly LiveWorker[]): LiveWorker[] {
    return drawn(workers, ({ capacityBytes }) => Number(capacityBytes), this.#random);
  }
}
