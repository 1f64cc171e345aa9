import type { LiveWorker } from '../worker/worker-list.js';

export interface BlockToPlace {
  readonly id: bigint;
  /** Bytes it will have at most. */
  readonly lengthBytes: bigint;
}

/**
 * Which worker a new block is written to, and through which one a block that nobody has is read. The first of the answer is the
 * policy's choice; the others are where to go when it fails. Workers that the policy would never choose are left out.
 */
export interface PlacementPolicy {
  order(workers: readonly LiveWorker[], block: BlockToPlace): LiveWorker[];
}

/** In one order, however the master lists them. */
export function sortedBy(workers: readonly LiveWorker[], key: (worker: LiveWorker) => string): LiveWorker[] {
  return [...workers].sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

export function largeEnough(workers: readonly LiveWorker[], { lengthBytes }: BlockToPlace): LiveWorker[] {
  return workers.filter(({ capacityBytes }) => capacityBytes >= lengthBytes);
}
