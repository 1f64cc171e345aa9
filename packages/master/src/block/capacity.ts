// The space of the workers that serve, in sum.
import type { WorkerRegistry, WorkerState } from './worker-registry.js';

/** Bytes by tier. */
export const capacityOf = (workers: WorkerRegistry): Map<string, bigint> => totals(workers, (worker) => worker.totalBytes);
export const usedOf = (workers: WorkerRegistry): Map<string, bigint> => totals(workers, (worker) => worker.usedBytes);

function totals(workers: WorkerRegistry, pick: (worker: WorkerState) => ReadonlyMap<string, bigint>): Map<string, bigint> {
  const out = new Map<string, bigint>();
  for (const worker of workers.live()) for (const [tier, bytes] of pick(worker)) out.set(tier, (out.get(tier) ?? 0n) + bytes);
  return out;
}

export function sum(bytes: ReadonlyMap<string, bigint>): bigint {
  let total = 0n;
  for (const value of bytes.values()) total += value;
  return total;
}

/** As a number, for figures that are only shown. */
export const bytesOf = (bytes: ReadonlyMap<string, bigint>): number => Number(sum(bytes));
