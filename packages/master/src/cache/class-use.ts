// What each worker keeps of each class of files, as the workers tell it.
import type { WorkerId } from '@alluvium/base';
import type { cacheService } from '@alluvium/wire';
import type { WorkerRegistry, WorkerState } from '../block/worker-registry.js';
import type { PolicyClass } from './policy-table.js';
import { shareOf } from './shares.js';
import { count } from './use-windows.js';

/** As many as there are policies at most; what goes beyond is no list of ours. */
const MAX_CLASSES = 2000;

/** Soft, as locations of blocks are: a master that has just started learns it within seconds. */
export class ClassUse {
  readonly #workers: WorkerRegistry;
  readonly #used = new Map<WorkerId, ReadonlyMap<number, number>>();

  constructor(workers: WorkerRegistry) {
    this.#workers = workers;
    workers.listen({ lost: (worker) => this.#used.delete(worker.id) });
  }

  report(worker: WorkerId, classes: readonly cacheService.ClassUse[]): void {
    const used = new Map<number, number>();
    for (const { classId, usedBytes } of classes.slice(0, MAX_CLASSES)) used.set(classId ?? 0, count(usedBytes));
    this.#used.set(worker, used);
  }

  /** By files of these classes, on all workers that are here. */
  usedBytes(classes: readonly number[]): number {
    let sum = 0;
    for (const [worker, used] of this.#used) if (this.#workers.find(worker) !== undefined) sum += sumOf(used, classes);
    return sum;
  }

  /** Workers that keep as much as their share of a quota, or more. */
  workersOver(quota: PolicyClass, classes: readonly number[]): number {
    let over = 0;
    for (const [id, used] of this.#used) {
      const worker = this.#workers.find(id);
      const share = worker === undefined ? undefined : this.share(worker, quota);
      if (share !== undefined && BigInt(sumOf(used, classes)) >= share) over++;
    }
    return over;
  }

  /** Bytes that a worker may keep of what the quota counts. */
  share(worker: WorkerState, { here }: PolicyClass): bigint | undefined {
    return shareOf(here, capacityOf(worker), this.capacityBytes());
  }

  /** Of all workers that serve. */
  capacityBytes(): bigint {
    let sum = 0n;
    for (const worker of this.#workers.all()) if (worker.state === 'live') sum += capacityOf(worker);
    return sum;
  }
}

export function capacityOf({ totalBytes }: WorkerState): bigint {
  let sum = 0n;
  for (const bytes of totalBytes.values()) sum += bytes;
  return sum;
}

function sumOf(used: ReadonlyMap<number, number>, classes: readonly number[]): number {
  let sum = 0;
  for (const id of classes) sum += used.get(id) ?? 0;
  return sum;
}
