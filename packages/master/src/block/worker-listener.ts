import type { BlockId } from '@alluvium/base';
import type { WorkerState } from './worker-registry.js';

/**
 * Hears of workers and of copies of blocks as the registry learns of them. Called synchronously, often once for each of a million
 * blocks: whoever has more to do than to note something does it later.
 */
export interface WorkerListener {
  /** A worker has a copy that was not known, or has it on another medium now. */
  located?(id: BlockId, worker: WorkerState): void;
  /** A worker that serves has a copy no more: it was removed, damaged, evicted, ordered away, or not reported any more. */
  gone?(id: BlockId, worker: WorkerState): void;
  /** Every copy of these blocks has been ordered away, and no reader is to find anything of them. */
  freed?(ids: readonly BlockId[]): void;
  /** A registration has ended: the worker serves, and all that it has is known. */
  registered?(worker: WorkerState): void;
  /** The worker is silent: none of its copies counts, without a word about each. `eachCopy` goes through them as long as it is remembered. */
  lost?(worker: WorkerState): void;
  /** A worker that was lost is back with the copies it had, without a registration. */
  returned?(worker: WorkerState): void;
  /** A storage directory is out of service; the copies in it are told as gone one by one. */
  directoryLost?(worker: WorkerState, tierAlias: string, path: string): void;
}
