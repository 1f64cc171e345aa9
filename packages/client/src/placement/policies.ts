import type { Random } from '@alluvium/base';
import type { Locality } from '../machine/locality.js';
import type { Defaults } from '../master/cluster-defaults.js';
import type { LiveWorker } from '../worker/worker-list.js';
import { AMONG_READERS, amongFree, createPolicy } from './placement.js';
import type { BlockToPlace, PlacementPolicy } from './placement-policy.js';

/** Combinations of settings that are remembered: paths may have their own. */
const MOST_REMEMBERED = 64;

export type Purpose = 'read' | 'write';

/** The policies that are in use: they remember, so each combination of settings has one of its own. */
export class Policies {
  readonly #locality: Locality;
  readonly #random: Random;
  readonly #byKey = new Map<string, PlacementPolicy>();

  constructor(locality: Locality, random: Random) {
    this.#locality = locality;
    this.#random = random;
  }

  /** The workers to try, best first. When no worker is large enough for the whole block, size does not count: it may end sooner. */
  async order(purpose: Purpose, settings: Defaults, workers: readonly LiveWorker[], block: BlockToPlace): Promise<LiveWorker[]> {
    await this.#locality.learn(workers, settings);
    const policy = this.#policy(purpose, settings);
    const order = policy.order(workers, block);
    return order.length > 0 ? order : policy.order(workers, { ...block, lengthBytes: 0n });
  }

  #policy(purpose: Purpose, settings: Defaults): PlacementPolicy {
    const { hashShards, reservedBytes, specificHost, localityOrder, compareNodeIp } = settings;
    const name = purpose === 'read' ? settings.readPolicy : settings.writePolicy;
    const key = [purpose, name, hashShards, reservedBytes, specificHost, compareNodeIp, ...localityOrder].join('|');
    let policy = this.#byKey.get(key);
    if (policy === undefined) {
      if (this.#byKey.size >= MOST_REMEMBERED) this.#byKey.clear();
      const distance = (worker: LiveWorker): number => this.#locality.distance(worker, settings);
      const among = purpose === 'read' ? AMONG_READERS : amongFree(this.#random);
      policy = createPolicy(name, { hashShards, reservedBytes, specificHost, distance }, among, this.#random);
      this.#byKey.set(key, policy);
    }
    return policy;
  }
}
