import type { Random } from '@alluvium/base';
import type { LiveWorker } from '../worker/worker-list.js';
import { shuffled } from './by-chance.js';
import { largeEnough } from './placement-policy.js';
import type { BlockToPlace, PlacementPolicy } from './placement-policy.js';

/** Blocks whose worker is remembered. */
const MOST_REMEMBERED = 10_000;

/** One worker after the other, in an order that each client draws for itself; a block that is asked for again goes where it went. */
export class RoundRobin implements PlacementPolicy {
  readonly #random: Random;
  readonly #went = new Map<bigint, string>();
  /** Keys of the workers in their order. */
  #circle: string[] = [];
  #next = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  order(workers: readonly LiveWorker[], block: BlockToPlace): LiveWorker[] {
    this.#welcome(workers);
    const byKey = new Map(largeEnough(workers, block).map((worker) => [worker.key, worker]));
    const from = this.#placeOf(block.id, byKey);
    const turned = [...this.#circle.slice(from), ...this.#circle.slice(0, from)];
    return turned.map((key) => byKey.get(key)).filter((worker) => worker !== undefined);
  }

  /** Where in the circle the block's worker is: the next one that can take it, unless it was asked for before. */
  #placeOf(blockId: bigint, candidates: ReadonlyMap<string, LiveWorker>): number {
    const went = this.#went.get(blockId);
    if (went !== undefined && candidates.has(went)) return this.#circle.indexOf(went);
    for (let tries = 0; tries < this.#circle.length; tries++) {
      const at = this.#next % this.#circle.length;
      this.#next = at + 1;
      const key = this.#circle[at]!;
      if (!candidates.has(key)) continue;
      if (this.#went.size >= MOST_REMEMBERED) this.#went.delete(this.#went.keys().next().value!);
      this.#went.set(blockId, key);
      return at;
    }
    return 0;
  }

  /** New workers join at the end, those that are gone leave. */
  #welcome(workers: readonly LiveWorker[]): void {
    const keys = new Set(workers.map(({ key }) => key));
    const known = new Set(this.#circle);
    if (keys.size === known.size && [...keys].every((key) => known.has(key))) return;
    const fresh = [...keys].filter((key) => !known.has(key));
    this.#circle = [...this.#circle.filter((key) => keys.has(key)), ...shuffled(fresh, this.#random)];
  }
}
