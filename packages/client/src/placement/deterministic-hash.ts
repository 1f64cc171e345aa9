import type { Random } from '@alluvium/base';
import type { LiveWorker } from '../worker/worker-list.js';
import { md5OfBlock } from './block-hash.js';
import { shuffled } from './by-chance.js';
import { sortedBy } from './placement-policy.js';
import type { BlockToPlace, PlacementPolicy } from './placement-policy.js';

/**
 * The workers in a circle, by name; the id of a block says where to begin. The first `shards` of them that are large enough share the
 * block, by chance. Every client, also Alluxio's Java client, chooses alike; a worker that comes or goes moves most blocks.
 */
export class DeterministicHash implements PlacementPolicy {
  readonly #shards: number;
  readonly #random: Random;

  constructor(shards: number, random: Random) {
    this.#shards = shards;
    this.#random = random;
  }

  order(workers: readonly LiveWorker[], block: BlockToPlace): LiveWorker[] {
    const circle = sortedBy(workers, ({ description }) => description.toLowerCase());
    const from = circle.length === 0 ? 0 : md5OfBlock(block.id) % circle.length;
    const turned = [...circle.slice(from), ...circle.slice(0, from)].filter(({ capacityBytes }) => capacityBytes >= block.lengthBytes);
    return [...shuffled(turned.slice(0, this.#shards), this.#random), ...turned.slice(this.#shards)];
  }
}
