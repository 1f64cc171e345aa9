import type { LiveWorker } from '../worker/worker-list.js';
import { largeEnough } from './placement-policy.js';
import type { BlockToPlace, PlacementPolicy } from './placement-policy.js';

/** In which order equals are taken. */
export type Among = (workers: readonly LiveWorker[], block: BlockToPlace) => LiveWorker[];

/** The nearest worker whose capacity suffices, however full it is. */
export class LocalFirst implements PlacementPolicy {
  readonly #distance: (worker: LiveWorker) => number;
  readonly #among: Among;

  constructor(distance: (worker: LiveWorker) => number, among: Among) {
    this.#distance = distance;
    this.#among = among;
  }

  order(workers: readonly LiveWorker[], block: BlockToPlace): LiveWorker[] {
    const distances = new Map(workers.map((worker) => [worker, this.#distance(worker)]));
    return this.#among(largeEnough(workers, block), block).sort((a, b) => distances.get(a)! - distances.get(b)!);
  }
}
