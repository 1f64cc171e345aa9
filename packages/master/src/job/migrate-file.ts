// A migration: the copies of each block go to another medium of the workers that have them.
import { fail, type WorkerId } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import { READ } from '../file/permissions.js';
import { inParallel } from './in-parallel.js';
import type { FileUnderWay, JobRun, JobWork } from './job-run.js';
import { BLOCKS_AT_ONCE } from './order-block.js';

export const migrateWork: JobWork = {
  stepped: false,
  wants: (run, file) => file.completed && run.c.permissions.allows(run.spec.user, file, READ) && elsewhere(run, file).length > 0,
  measure(run, file) {
    const copies = elsewhere(run, file);
    return { blocks: copies.length, bytes: copies.reduce((sum, { block }) => sum + (run.c.blocks.length(block) ?? 0), 0) };
  },
  file: (run, file, _path, underWay) => inParallel(elsewhere(run, file), BLOCKS_AT_ONCE, (copy) => moveCopy(run, copy, underWay)),
};

interface Copy {
  readonly block: FileInode['blocks'][number];
  readonly worker: WorkerId;
}

/** Copies on another medium than the wanted one. */
function elsewhere({ c, spec }: JobRun, file: FileInode): Copy[] {
  const copies: Copy[] = [];
  for (const block of file.blocks)
    for (const { workerId, mediumType } of c.blocks.locations(block))
      if (mediumType !== spec.medium && workerId !== undefined) copies.push({ block, worker: workerId as WorkerId });
  return copies;
}

async function moveCopy(run: JobRun, { block, worker }: Copy, underWay: FileUnderWay): Promise<void> {
  const { orders } = run.parts;
  if (!orders.isConnected(worker)) throw fail('unavailable', `Worker ${worker}, which has block ${block}, takes no orders`);
  await run.withWorker({ may: (id) => id === worker }, () =>
    orders.move(worker, { blockId: block, mediumType: run.spec.medium }, { signal: run.signal }),
  );
  underWay.did(run.c.blocks.length(block) ?? 0);
}
