import type { Random } from '@alluvium/base';
import type { LiveWorker } from '../worker/worker-list.js';
import { murmur64, rankOf } from './block-hash.js';
import { largeEnough, sortedBy } from './placement-policy.js';
import type { BlockToPlace, PlacementPolicy } from './placement-policy.js';

/**
 * The capacities of the workers laid end to end, by host; the id of a block points at a byte of them. With several shards the hash
 * of the hash points at the next one, which may be the same worker again, and one of them is taken by chance. The first choice is
 * that of Alluxio's Java clients; where to go when it fails is our own: by a hash of block and worker that its capacity weighs.
 */
export class CapacityBasedDeterministicHash implements PlacementPolicy {
  readonly #shards: number;
  readonly #random: Random;

  constructor(shards: number, random: Random) {
    this.#shards = shards;
    this.#random = random;
  }

  order(workers: readonly LiveWorker[], block: BlockToPlace): LiveWorker[] {
    const row = sortedBy(largeEnough(workers, block), ({ host }) => host);
    const total = row.reduce((sum, { capacityBytes }) => sum + capacityBytes, 0n);
    if (total === 0n) return [];
    const chosen: LiveWorker[] = [];
    let hash = block.id;
    for (let shard = 0; shard < Math.min(this.#shards, row.length); shard++) {
      hash = murmur64(hash);
      chosen.push(at(row, (hash < 0n ? -hash : hash) % total));
    }
    const first = chosen[Math.floor(this.#random.next() * chosen.length)]!;
    const next = new Set([first, ...chosen]);
    return [...next, ...byWeightedRank(row, block).filter((worker) => !next.has(worker))];
  }
}

function at(row: readonly LiveWorker[], byte: bigint): LiveWorker {
  let end = 0n;
  for (const worker of row) {
    end += worker.capacityBytes;
    if (byte < end) return worker;
  }
  return row[row.length - 1]!;
}

/** Rendezvous hashing with weights: a worker that comes or goes moves only its own blocks. */
function byWeightedRank(row: readonly LiveWorker[], { id }: BlockToPlace): LiveWorker[] {
  const score = (worker: LiveWorker): number =>
    Math.log((rankOf(id, worker.key) + 1) / (2 ** 32 + 1)) / Math.max(1, Number(worker.capacityBytes));
  return row
    .map((worker) => ({ worker, score: score(worker) }))
    .sort((a, b) => b.score - a.score)
    .map(({ worker }) => worker);
}
