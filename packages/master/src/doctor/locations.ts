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
      return new Set(places.map((place) => place.workerId)).size === places.length ? undefined : 'a worker has it twice';
    },
  },
];

export const workerInvariants: readonly Invariant<WorkerState>[] = [
  {
    kind: 'worker-usage',
    remedy: AGAIN,
    wrong: (p, worker) => {
      if (!isRemembered(p, worker)) return undefined;
      if (worker.copies < 0 || worker.listed > worker.copies) return `${worker.listed} of its ${worker.copies} blocks are listed`;
      for (const [name, bytes] of [...worker.usedBytes, ...worker.totalBytes])
        if (bytes < 0n) return `it tells of ${bytes} bytes in its tier ${name}`;
      return undefined;
    },
  },
];

function isRemembered(p: Patient, worker: WorkerState): boolean {
  return p.blocks.workers.find(worker.id) === worker;
}
