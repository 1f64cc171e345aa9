import type { LiveWorker } from '../worker/worker-list.js';
import type { WorkerTarget } from '../worker/worker-target.js';
import type { Workers } from '../worker/workers.js';

/** What a full worker weighs beside its free bytes: it makes room by eviction. */
const EVICTABLE_SHARE = 16n;

/**
 * The workers to write `wantedBytes` to, best first: the one on this host if it has room, then by chance, a worker with
 * twice the free space twice as often, so that many writers do not all run to the same one.
 */
export async function targetsFor(wantedBytes: bigint, workers: Workers, signal: AbortSignal | undefined): Promise<WorkerTarget[]> {
  const live = (await workers.list.get(signal)).filter(({ capacityBytes }) => capacityBytes > 0n);
  const local = live.filter(({ host, freeBytes }) => host === workers.localHost && freeBytes >= wantedBytes);
  const others = live.filter((worker) => !local.includes(worker));
  return [...local, ...drawn(others, () => workers.random.next())];
}

/** Efraimidis and Spirakis: the order of `ln(u) / weight` is a weighted draw without replacement. */
function drawn(workers: readonly LiveWorker[], next: () => number): LiveWorker[] {
  return workers
    .map((worker) => {
      const weight = Number(worker.freeBytes + worker.capacityBytes / EVICTABLE_SHARE + 1n);
      return { worker, at: Math.log(1 - next()) / weight };
    })
    .sort((a, b) => b.at - a.at)
    .map(({ worker }) => worker);
}
