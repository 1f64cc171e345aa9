// The order that brings one block to a worker, with what a job adds to it: bandwidth, and an end to waiting.
import { fail, withinTime, type WorkerId } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import type { common } from '@alluvium/wire';
import { bytesOfBlock, storedBlock, transferMs } from '../order/block-source.js';
import type { LoadRequest } from '../order/worker-orders.js';
import type { JobRun } from './job-run.js';

/** Blocks of one file that are ordered at a time. */
export const BLOCKS_AT_ONCE = 8;
const ORDER_MS = 10 * 60_000;

/** A block of a file: where its bytes are. */
export function sourceOf({ c }: JobRun, file: FileInode, index: number): LoadRequest & { readonly length: bigint } {
  const blockId = file.blocks[index]!;
  const sources: common.WorkerNetAddress[] = [];
  for (const { workerAddress } of c.blocks.locations(blockId)) if (workerAddress !== undefined) sources.push(workerAddress);
  const stored = storedBlock(c, file, index);
  return { blockId, length: BigInt(bytesOfBlock(c, file, index)), sources, ...(stored === undefined ? {} : { stored }) };
}

/** Gives the order and waits for its end; answers the bytes that were read. */
export function orderLoad(run: JobRun, worker: WorkerId, request: LoadRequest): Promise<number> {
  return ordered(run, worker, Number(request.length ?? 0n), (signal) =>
    run.parts.orders.load(worker, { ...request, ...budgetOf(run) }, { signal }),
  );
}

/** What one worker may take of the bandwidth of the job. */
export function budgetOf(run: JobRun): Pick<LoadRequest, 'budget'> {
  const share = shareOf(run);
  return share === undefined ? {} : { budget: { name: `job-${run.id}`, bytesPerSecond: BigInt(share) } };
}

/** Bytes per second; undefined: no limit. */
function shareOf({ record, parts }: JobRun): number | undefined {
  const { bandwidth } = record.limits;
  return bandwidth === undefined ? undefined : Math.max(1, Math.floor(bandwidth / Math.max(1, parts.orders.connected().length)));
}

/** Runs an order of so many bytes; one that nobody answers for much longer than it can take is called off. */
export function ordered<T>(run: JobRun, worker: WorkerId, bytes: number, order: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const share = shareOf(run);
  const slowMs = share === undefined ? 0 : (run.parts.slots.loadOf(worker) * bytes * 2000) / share;
  const late = (): Error => fail('deadlineExceeded', `Worker ${worker} has not done what it was ordered to in time`);
  return withinTime(run.c.clock, ORDER_MS + transferMs(bytes) + slowMs, late, order, run.signal);
}
