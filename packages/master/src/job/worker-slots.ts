// How many orders of jobs each worker has, over all jobs, and who waits for room.
import { sleep, type Clock, type WorkerId } from '@alluvium/base';
import type { Orders } from '../order/worker-orders.js';

/** A worker that connects is seen so soon by who waits for one. */
const LOOK_MS = 200;

export interface Choice {
  /** Which of the workers will do; absent: any. */
  readonly may?: (worker: WorkerId) => boolean;
  /** Taken only when no other will do. */
  readonly rather?: ReadonlySet<WorkerId>;
}

export class WorkerSlots {
  readonly #clock: Clock;
  readonly #orders: Pick<Orders, 'connected'>;
  readonly #perWorker: number;
  readonly #load = new Map<WorkerId, number>();
  #turn = 0;
  #freed = Promise.withResolvers<void>();

  constructor(clock: Clock, orders: Pick<Orders, 'connected'>, perWorker: number) {
    this.#clock = clock;
    this.#orders = orders;
    this.#perWorker = perWorker;
  }

  /** Orders that a worker has now. */
  loadOf(worker: WorkerId): number {
    return this.#load.get(worker) ?? 0;
  }

  /** Runs `work` with the worker that has least to do; waits for room, and for a worker that will do. */
  async use<T>({ may, rather }: Choice, signal: AbortSignal, work: (worker: WorkerId) => Promise<T>): Promise<T> {
    const worker = await this.#acquire(may, rather, signal);
    try {
      return await work(worker);
    } finally {
      const left = this.loadOf(worker) - 1;
      if (left <= 0) this.#load.delete(worker);
      else this.#load.set(worker, left);
      this.#freed.resolve();
      this.#freed = Promise.withResolvers();
    }
  }

  async #acquire(may: Choice['may'], rather: Choice['rather'], signal: AbortSignal): Promise<WorkerId> {
    for (;;) {
      signal.throwIfAborted();
      const worker = this.#best(may, rather);
      if (worker !== undefined) {
        this.#load.set(worker, this.loadOf(worker) + 1);
        return worker;
      }
      const stop = new AbortController();
      const anyway = AbortSignal.any([signal, stop.signal]);
      await Promise.race([this.#freed.promise, sleep(this.#clock, LOOK_MS, anyway)]).finally(() => stop.abort());
    }
  }

  /** Least loaded first; among equals they take turns. */
  #best(may: Choice['may'], rather: Choice['rather']): WorkerId | undefined {
    const workers = this.#orders.connected();
    let best: WorkerId | undefined;
    let bestRank = Infinity;
    this.#turn++;
    for (let i = 0; i < workers.length; i++) {
      const worker = workers[(i + this.#turn) % workers.length]!;
      const load = this.loadOf(worker);
      if (load >= this.#perWorker || may?.(worker) === false) continue;
      const rank = load + (rather?.has(worker) === true ? this.#perWorker : 0);
      if (rank < bestRank) [best, bestRank] = [worker, rank];
    }
    return best;
  }
}
