// The order that brings one block to a worker, with what a job adds to it: bandwidth, and an end to waiting.
import { fail, fileIdOfBlock, type BlockId, type NormalPath, type WorkerId } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import type { common, workerControl } from '@alluvium/wire';
import { ufsUriOf } from '../mount/mount.js';
import { blockLength } from '../file/plan.js';
import type { LoadRequest } from '../order/worker-orders.js';
import type { JobRun } from './job-run.js';

/** Blocks of one file that are ordered at a time. */
export const BLOCKS_AT_ONCE = 8;
const ORDER_MS = 10 * 60_000;
const BYTES_PER_MS = 2 ** 20 / 1000;

/** A block of a file: where its bytes are. */
export function sourceOf({ c }: JobRun, file: FileInode, path: NormalPath, index: number): LoadRequest & { readonly length: bigint } {
  const blockId = file.blocks[index]!;
  const length = c.blocks.length(blockId) ?? blockLength(file.length, file.blockSizeBytes, index);
  const sources: common.WorkerNetAddress[] = [];
  for (const { workerAddress } of c.blocks.locations(blockId)) if (workerAddress !== undefined) sources.push(workerAddress);
  const stored = file.persistence === 'PERSISTED' ? storedAt(c, file, path, index) : undefined;
  return { blockId, length: BigInt(length), sources, ...(stored === undefined ? {} : { stored }) };
}

function storedAt(c: JobRun['c'], file: FileInode, path: NormalPath, index: number): workerControl.StoredBlock {
  const mount = c.mounts.resolve(c.tree.pathOf(file.id) ?? path);
  return { mountId: mount.id, ufsPath: ufsUriOf(mount, path), offsetInFile: BigInt(index) * BigInt(file.blockSizeBytes) };
}

/** Gives the order and waits for its end; answers the bytes that were read. */
export async function orderLoad(run: JobRun, worker: WorkerId, request: LoadRequest): Promise<number> {
  const { clock } = run.c;
  const { orders } = run.parts;
  const bandwidth = run.record.limits.bandwidth;
  const share = bandwidth === undefined ? undefined : Math.max(1, Math.floor(bandwidth / Math.max(1, orders.connected().length)));
  const budget = share === undefined ? {} : { budget: { name: `job-${run.id}`, bytesPerSecond: BigInt(share) } };
  const length = Number(request.length ?? 0n);
  const slowMs = share === undefined ? 0 : (run.parts.slots.loadOf(worker) * length * 2000) / share;
  const end = new AbortController();
  const timer = clock.schedule(ORDER_MS + length / BYTES_PER_MS + slowMs, () =>
    end.abort(
      fail(
        'deadlineExceeded',
        `Worker ${worker} has not loaded block ${request.blockId} of file ${fileIdOfBlock(request.blockId as BlockId)} in time`,
      ),
    ),
  );
  try {
    return await orders.load(worker, { ...request, ...budget }, { signal: AbortSignal.any([run.signal, end.signal]) });
  } finally {
    timer.cancel();
  }
}
