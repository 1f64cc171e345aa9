import type { LiveWorker } from '../worker/worker-list.js';
import type { LocalFirst } from './local-first.js';
import type { BlockToPlace, PlacementPolicy } from './placement-policy.js';

/** The nearest worker that has the block's bytes free beside the reserve; the nearest one when none has. */
export class LocalFirstAvoidEviction implements PlacementPolicy {
  readonly #nearest: LocalFirst;
  readonly #reservedBytes: bigint;

  constructor(nearest: LocalFirst, reservedBytes: bigint) {
    this.#nearest = nearest;
    this.#reservedBytes = reservedBytes;
  }

  order(workers: readonly LiveWorker[], block: BlockToPlace): LiveWorker[] {
    const roomy = workers.filter(({ freeBytes }) => freeBytes - this.#reservedBytes >= block.lengthBytes);
    const full = workers.filter((worker) => !roomy.includes(worker));
    return [...this.#nearest.order(roomy, block), ...this.#nearest.order(full, block)];
  }
}
