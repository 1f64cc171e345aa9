// Where copies of blocks are: soft state, told by the workers.
import type { BlockId, WorkerId } from '@alluvium/base';
import type { WorkerState } from '../block/worker-registry.js';
import type { Invariant, Patient } from './invariant.js';

const AGAIN = 'restart the worker: it reports all that it has when it registers';

/** For blocks with copies. */
export const locationInvariants: readonly Invariant<BlockId>[] = [
  {
    kind: 'location-of-unknown-block',
    remedy: 'workers drop their copies',
    // Copies are freed when it is durable that the block is gone.
    passing: true,
    wrong: (p, id) =>
      p.blocks.length(id) === undefined && p.blocks.locations(id).length > 0 ? 'workers have it, and no file does' : undefined,
    mend: (p, id) => p.blocks.free([id]),
  },
  {
    kind: 'location-of-unknown-worker',
    remedy: 'restart the master: locations are learnt anew',
    wrong: (p, id) => {
      const place = p.blocks.locations(id).find(({ workerId }) => p.blocks.workers.find(workerId as WorkerId) === undefined);
      return place === undefined ? undefined : `the worker ${place.workerId} is not known`;
    },
  },
  {
    kind: 'location-index',
    remedy: AGAIN,
    wrong: (p, id) => {
      const places = p.blocks.locations(id);
      for (const place of places) {
        const worker = p.blocks.workers.find(place.workerId as WorkerId);
        if (worker !== undefined && worker.blocks.get(id) !== place) return `the worker ${worker.id} is not known to have it`;
      }
      return new Set(places.map((place) => place.workerId)).size === places.length ? undefined : 'a worker has it twice';
    },
  },
];

/** A copy that a worker is known to have. */
export interface Copy {
  readonly worker: WorkerState;
  readonly block: BlockId;
}

export const copyInvariants: readonly Invariant<Copy>[] = [
  {
    kind: 'worker-blocks',
    remedy: AGAIN,
    wrong: (p, { worker, block }) => {
      const place = isRemembered(p, worker) ? worker.blocks.get(block) : undefined;
      if (place === undefined || p.blocks.locations(block).includes(place)) return undefined;
      return `the worker ${worker.id} has it, and nobody is sent there`;
    },
  },
];

export const workerInvariants: readonly Invariant<WorkerState>[] = [
  {
    kind: 'worker-usage',
    remedy: AGAIN,
    wrong: (p, worker) => {
      if (!isRemembered(p, worker)) return undefined;
      for (const [name, bytes] of [...worker.usedBytes, ...worker.totalBytes])
        if (bytes < 0n) return `it tells of ${bytes} bytes in its tier ${name}`;
      return undefined;
    },
  },
];

function isRemembered(p: Patient, worker: WorkerState): boolean {
  return p.blocks.workers.find(worker.id) === worker;
}
