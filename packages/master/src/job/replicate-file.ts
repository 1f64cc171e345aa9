// A replication: more workers get copies of each block, until there are as many as wanted. Copies beyond are left alone.
import { fail, type WorkerId } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import { READ } from '../file/permissions.js';
import { inParallel } from './in-parallel.js';
import type { FileUnderWay, JobRun, JobWork } from './job-run.js';
import { bytesOfBlock } from '../order/block-source.js';
import { BLOCKS_AT_ONCE, orderLoad, sourceOf } from './order-block.js';

export const replicateWork: JobWork = {
  stepped: false,
  wants: ({ c, spec }, file) =>
    file.completed &&
    c.permissions.allows(spec.user, file, READ) &&
    file.blocks.some((block) => c.blocks.locations(block).length < spec.replicas),
  measure(run, file) {
    let blocks = 0;
    let bytes = 0;
    for (const index of file.blocks.keys()) {
      const short = shortOf(run, file, index);
      blocks += short;
      bytes += short * bytesOfBlock(run.c, file, index);
    }
    return { blocks, bytes };
  },
  async file(run, file, _path, underWay) {
    const wanted = [...file.blocks.keys()].filter((index) => shortOf(run, file, index) > 0);
    await inParallel(wanted, BLOCKS_AT_ONCE, (index) => replicateBlock(run, file, index, underWay));
  },
};

/** Copies that a block lacks. */
function shortOf({ c, spec }: JobRun, file: FileInode, index: number): number {
  return Math.max(0, spec.replicas - c.blocks.locations(file.blocks[index]!).length);
}

async function replicateBlock(run: JobRun, file: FileInode, index: number, underWay: FileUnderWay): Promise<void> {
  const { c, spec, parts } = run;
  const block = file.blocks[index]!;
  const added = new Set<WorkerId>();
  for (;;) {
    const holders = new Set(added);
    for (const { workerId } of c.blocks.locations(block)) if (workerId !== undefined) holders.add(workerId as WorkerId);
    if (holders.size >= spec.replicas) return;
    const others = parts.orders.connected().filter((worker) => !holders.has(worker)).length;
    if (others === 0)
      throw fail(
        'resourceExhausted',
        `Block ${block} has ${holders.size} copies, and no other worker takes orders; ${spec.replicas} wanted`,
      );
    const request = sourceOf(run, file, index);
    await run.withWorker({ may: (worker) => !holders.has(worker) }, async (worker) => {
      await orderLoad(run, worker, request);
      added.add(worker);
    });
    underWay.did(Number(request.length));
  }
}
