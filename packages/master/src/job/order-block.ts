// The order that brings one block to a worker, with what a job adds to it: bandwidth, and an end to waiting.
import { fail, type NormalPath, type WorkerId } from '@alluvium/base';
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
export function orderLoad(run: JobRun, worker: WorkerId, request: LoadRequest): Promise<number> {
  return withinTime(run, worker, Number(request.length ?? 0n), (signal) =>
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
export async function withinTime<T>(run: JobRun, worker: WorkerId, bytes: number, order: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const share = shareOf(run);
  const slowMs = share === undefined ? 0 : (run.parts.slots.loadOf(worker) * bytes * 2000) / share;
  const end = new AbortController();
  const timer = run.c.clock.schedule(ORDER_MS + bytes / BYTES_PER_MS + slowMs, () =>
    end.abort(fail('deadlineExceeded', `Worker ${worker} has not done what it was ordered to in time`)),
  );
  try {
    return await order(AbortSignal.any([run.signal, end.signal]));
  } finally {
    timer.cancel();
  }
}
