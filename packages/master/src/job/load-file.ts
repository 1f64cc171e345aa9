// A load: blocks that no worker has come from the store to some worker.
import { kindOf, messageOf } from '@alluvium/base';
import { grpcStatusOf } from './grpc-status.js';
import type { FileInode } from '@alluvium/metastore';
import { READ } from '../file/permissions.js';
import { ufsUriOf } from '../mount/mount.js';
import { inParallel } from './in-parallel.js';
import type { FileUnderWay, JobRun, JobWork, Measure } from './job-run.js';
import { bytesOfBlock } from '../order/block-source.js';
import { BLOCKS_AT_ONCE, orderLoad, sourceOf } from './order-block.js';

export const loadWork: JobWork = {
  stepped: false,
  wants: ({ c, spec }, file) =>
    file.completed && file.persistence === 'PERSISTED' && c.permissions.allows(spec.user, file, READ) && missing(c, file).length > 0,
  measure,
  file: (run, file, _path, underWay) => loadFile(run, file, underWay),
  failureOf({ c }, path, error) {
    const reason = `Status code: ${grpcStatusOf(kindOf(error))}, message: ${messageOf(error)}`;
    return { path: ufsUriOf(c.mounts.resolve(path), path), reason };
  },
};

/** Indexes of the blocks that no worker has. */
function missing(c: JobRun['c'], file: FileInode): number[] {
  const out: number[] = [];
  for (let i = 0; i < file.blocks.length; i++) if (c.blocks.locations(file.blocks[i]!).length === 0) out.push(i);
  return out;
}

function measure(run: JobRun, file: FileInode): Measure {
  const indexes = missing(run.c, file);
  const bytes = indexes.reduce((sum, index) => sum + bytesOfBlock(run.c, file, index), 0);
  return { blocks: indexes.length, bytes };
}

async function loadFile(run: JobRun, file: FileInode, underWay: FileUnderWay): Promise<void> {
  await inParallel(missing(run.c, file), BLOCKS_AT_ONCE, async (index) => {
    const request = sourceOf(run, file, index);
    await run.withWorker({}, (worker) => orderLoad(run, worker, request));
    underWay.did(Number(request.length));
  });
}
