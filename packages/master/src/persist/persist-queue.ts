// The persistence queue: files written to the cache that are to reach the under store. The journaled truth is the inode state
// TO_BE_PERSISTED; the queue holds what is known about each attempt and is rebuilt from the inodes at start.
//
//   waiting --due, a worker has the blocks--> running --worker wrote the temporary file--> finishing --renamed, journaled--> gone
//      ^                                         |                                            |
//      +------------- back-off ------------------+--------------------------------------------+
import { messageOf, randomId63, type Clock, type InodeId, type Random, type Timer, type WorkerId } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import type { workerControl } from '@alluvium/wire';
import type { OrderListener, WorkerControl } from './worker-control.js';

/** What the file system master does for the queue. */
export interface PersistSteps {
  /** Completed files in state TO_BE_PERSISTED. */
  toBePersisted(): Iterable<InodeId>;
  /**
   * Journals that an attempt begins and answers the order for a worker, or undefined when the file needs none any more.
   * Throws when it cannot be attempted now (no copy known, store read-only): the attempt counts as failed.
   */
  begin(file: InodeId, orderId: bigint): Promise<{ order: workerControl.PersistOrder; workers: readonly WorkerId[] } | undefined>;
  /** The temporary file is complete: makes it the file, and the file PERSISTED. */
  finish(file: InodeId, result: workerControl.PersistResult): Promise<void>;
  /** Removes what an attempt left behind. */
  abandon(file: InodeId, orderId: bigint): Promise<void>;
}

export interface PersistPeriods {
  readonly intervalMs: number;
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
  /** Orders that one worker works on at a time. */
  readonly ordersPerWorker: number;
}

export interface PersistRequest {
  readonly file: InodeId;
  readonly sinceMs: number;
  attempts: number;
  dueMs: number;
  lastError: string | undefined;
  running: { readonly orderId: bigint; readonly worker: WorkerId } | undefined;
}

interface Dependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly control: WorkerControl;
  readonly steps: PersistSteps;
  readonly periods: PersistPeriods;
}

export class PersistQueue implements OrderListener {
  readonly #d: Dependencies;
  readonly #requests = new Map<InodeId, PersistRequest>();
  readonly #running = new Map<bigint, PersistRequest>();
  readonly #load = new Map<WorkerId, number>();
  #timer: Timer | undefined;
  #ticking = false;
  #stopped = true;

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
  }

  start(): void {
    this.#stopped = false;
    this.#d.control.listen(this);
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  requests(): IterableIterator<PersistRequest> {
    return this.#requests.values();
  }

  /** A file became TO_BE_PERSISTED, or its persistence is asked for again: try now. */
  nudge(file: InodeId): void {
    const request = this.#requests.get(file) ?? this.#add(file);
    if (request.running === undefined) request.dueMs = this.#d.clock.monotonicMs();
    void this.#tick();
  }

  connected(): void {
    void this.#tick();
  }

  disconnected(worker: WorkerId): void {
    this.#load.delete(worker);
    for (const request of [...this.#running.values()]) {
      if (request.running?.worker === worker) this.#fail(request, `worker ${worker} went away`);
    }
  }

  persisted(worker: WorkerId, result: workerControl.PersistResult): void {
    const orderId = result.orderId ?? -1n;
    const request = this.#running.get(orderId);
    if (request === undefined || request.running?.worker !== worker) return;
    if (result.errorKind !== undefined) this.#fail(request, result.errorMessage ?? result.errorKind);
    else void this.#finish(request, result);
  }

  async #finish(request: PersistRequest, result: workerControl.PersistResult): Promise<void> {
    try {
      await this.#d.steps.finish(request.file, result);
      this.#release(request);
      this.#requests.delete(request.file);
      void this.#tick();
    } catch (error) {
      this.#fail(request, messageOf(error));
    }
  }

  #fail(request: PersistRequest, why: string): void {
    const orderId = request.running?.orderId;
    this.#release(request);
    request.attempts++;
    request.lastError = why;
    const { firstRetryMs, maxRetryMs } = this.#d.periods;
    request.dueMs = this.#d.clock.monotonicMs() + Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(request.attempts - 1, 30));
    this.#d.log.warn('persist attempt failed', { file: request.file.toString(), attempts: request.attempts, reason: why });
    if (orderId !== undefined) {
      this.#d.steps.abandon(request.file, orderId).catch((error: unknown) => {
        this.#d.log.warn('temporary file not removed', { file: request.file.toString(), reason: messageOf(error) });
      });
    }
  }

  #release(request: PersistRequest): void {
    const running = request.running;
    if (running === undefined) return;
    request.running = undefined;
    this.#running.delete(running.orderId);
    const load = this.#load.get(running.worker);
    if (load !== undefined) this.#load.set(running.worker, load - 1);
  }

  #add(file: InodeId): PersistRequest {
    const now = this.#d.clock.monotonicMs();
    const request: PersistRequest = {
      file,
      sinceMs: this.#d.clock.nowMs(),
      attempts: 0,
      dueMs: now,
      lastError: undefined,
      running: undefined,
    };
    this.#requests.set(file, request);
    return request;
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = this.#d.clock.schedule(this.#d.periods.intervalMs, () => {
      void this.#tick();
      this.#schedule();
    });
  }

  /** One pass over what is due. A pass at a time; a nudge during a pass is seen by the next. */
  async #tick(): Promise<void> {
    if (this.#ticking || this.#stopped) return;
    this.#ticking = true;
    try {
      const wanted = new Set<InodeId>();
      for (const file of this.#d.steps.toBePersisted()) {
        wanted.add(file);
        if (!this.#requests.has(file)) this.#add(file);
      }
      for (const request of [...this.#requests.values()]) {
        if (request.running !== undefined) continue;
        if (!wanted.has(request.file)) this.#requests.delete(request.file);
        else if (request.dueMs <= this.#d.clock.monotonicMs()) await this.#attempt(request);
        if (this.#stopped) return;
      }
    } finally {
      this.#ticking = false;
    }
  }

  async #attempt(request: PersistRequest): Promise<void> {
    if (!this.#d.control.connected().some((worker) => this.#hasRoom(worker))) return;
    const orderId = randomId63(this.#d.random);
    try {
      const begun = await this.#d.steps.begin(request.file, orderId);
      if (begun === undefined) {
        this.#requests.delete(request.file);
        return;
      }
      const worker = begun.workers.find((id) => this.#hasRoom(id)) ?? this.#d.control.connected().find((id) => this.#hasRoom(id));
      if (worker === undefined || !this.#d.control.send(worker, { persist: begun.order })) {
        this.#fail(request, 'no worker can take the order');
        return;
      }
      request.running = { orderId, worker };
      this.#running.set(orderId, request);
      this.#load.set(worker, (this.#load.get(worker) ?? 0) + 1);
    } catch (error) {
      this.#fail(request, messageOf(error));
    }
  }

  #hasRoom(worker: WorkerId): boolean {
    return this.#d.control.isConnected(worker) && (this.#load.get(worker) ?? 0) < this.#d.periods.ordersPerWorker;
  }
}
