// The persistence queue: files written to the cache that are to reach the under store. Which files, and what failed attempts left on
// record, is journaled (persist-ledger.ts); here is what goes on at the moment. A file leaves by success, by deletion or by an
// operator's word, never by silence. No step looks at all that wait: they lie in a heap by their time, then in a line per mount.
import {
  kindOf,
  messageOf,
  randomId63,
  type Clock,
  type InodeId,
  type NormalPath,
  type Random,
  type Timer,
  type WorkerId,
} from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import type { workerControl } from '@alluvium/wire';
import { Pace } from '../task/pace.js';
import { DueHeap } from '../due-heap.js';
import { MAX_QUIET_MS, MountLane } from './mount-lane.js';
import type { WaitingFile } from './persist-ledger.js';
import { PersistRequest, type RunningOrder } from './persist-request.js';
import type { PersistSteps } from './persist-steps.js';
import { transferMs } from '../order/block-source.js';
import type { OrderListener, WorkerControl } from '../order/worker-control.js';
import { WorkerRoom } from './worker-room.js';

export interface PersistPeriods {
  readonly intervalMs: number;
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
  /** Orders that one worker works on at a time. */
  readonly ordersPerWorker: number;
  /** An order that is not answered for so long has failed; a second more for each MiB. */
  readonly orderTimeoutMs: number;
}

interface Dependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly control: WorkerControl;
  readonly steps: PersistSteps;
  readonly periods: PersistPeriods;
}

/** A name that must not be persisted is looked at again so often: a directory above it may have been renamed. */
const HELD_LOOK_MS = 10_000;
/** Longest time between two looks at a file whose bytes no worker has. */
const MAX_MISS_MS = 64_000;
const MAX_ERROR_CHARS = 500;
/** What says that a store is busy or away, rather than that it refuses one file. */
const STORE_TROUBLE: ReadonlySet<string> = new Set(['unavailable', 'resourceExhausted', 'deadlineExceeded']);

export class PersistQueue implements OrderListener {
  readonly #d: Dependencies;
  readonly #room: WorkerRoom;
  readonly #requests = new Map<InodeId, PersistRequest>();
  readonly #due = new DueHeap<PersistRequest>();
  readonly #lanes = new Map<NormalPath, MountLane<PersistRequest>>();
  readonly #running = new Map<bigint, PersistRequest>();
  /** Requests whose bytes were missing when last looked for. */
  readonly #missing = new Set<PersistRequest>();
  #bytes = 0;
  #succeeded = 0;
  #failed = 0;
  #timer: Timer | undefined;
  #pumping = false;
  #again = false;
  #loaded = false;
  #stopped = true;

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
    this.#room = new WorkerRoom(dependencies.control, dependencies.periods.ordersPerWorker);
  }

  start(): void {
    this.#stopped = false;
    this.#d.control.listen(this);
    this.#d.steps.listen({ wanted: (file) => this.#wanted(file), settled: (file) => this.#settled(file) });
    void this.#load();
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#d.steps.listen(undefined);
  }

  /** In the order in which they came. */
  requests(): IterableIterator<PersistRequest> {
    return this.#requests.values();
  }

  get size(): number {
    return this.#requests.size;
  }

  /** Of all files that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Files that reached their store since the start. */
  get succeeded(): number {
    return this.#succeeded;
  }

  /** Attempts that failed since the start. */
  get failed(): number {
    return this.#failed;
  }

  lanes(): IterableIterator<MountLane<PersistRequest>> {
    return this.#lanes.values();
  }

  /** Whether a file has a place here; until those that waited at the start are here, every one may have. */
  has(file: InodeId): boolean {
    return !this.#loaded || this.#requests.has(file);
  }

  /** Whether an attempt to persist the file is under way. */
  isBusy(file: InodeId): boolean {
    return this.#requests.get(file)?.isBusy === true;
  }

  /** A file became TO_BE_PERSISTED, or its persistence is asked for again: try now. */
  nudge(file: InodeId): void {
    const request = this.#requests.get(file);
    // Until the time that its writer has set it is left alone.
    if (request?.state === 'scheduled' && request.fromMs <= this.#d.clock.nowMs()) this.#reschedule(request, this.#d.clock.monotonicMs());
    void this.#pump();
  }

  /** A mount may have become writable, or is to be left alone no longer. */
  wake(): void {
    void this.#pump();
  }

  connected(): void {
    void this.#pump();
  }

  /** A worker has registered, with bytes that may have been missed. */
  workerCame(): void {
    const now = this.#d.clock.monotonicMs();
    for (const request of this.#missing) if (request.state === 'scheduled') this.#reschedule(request, now);
    this.#missing.clear();
    void this.#pump();
  }

  disconnected(worker: WorkerId): void {
    this.#room.forget(worker);
    for (const request of [...this.#running.values()]) {
      if (request.order?.worker !== worker) continue;
      request.order.worker = undefined;
      if (request.state === 'running') this.#fail(request, `worker ${worker} went away`);
    }
  }

  reported(worker: WorkerId, { persistResult }: workerControl.WorkerReport): void {
    if (persistResult !== undefined) this.#persisted(worker, persistResult);
  }

  #persisted(worker: WorkerId, result: workerControl.PersistResult): void {
    const orderId = result.orderId ?? -1n;
    const request = this.#running.get(orderId);
    if (request?.state !== 'running' || request.order?.worker !== worker) {
      // The order was given up, or has been executed twice: what was written now belongs to nobody.
      if (result.errorKind !== undefined) return;
      if (request?.order === undefined) void this.#d.steps.late(orderId);
      else request.order.repeated = true;
      return;
    }
    if (result.errorKind === undefined) void this.#finish(request, result);
    else this.#fail(request, result.errorMessage ?? result.errorKind, result.storeFailed === true && STORE_TROUBLE.has(result.errorKind));
  }

  async #finish(request: PersistRequest, result: workerControl.PersistResult): Promise<void> {
    const order = request.order!;
    request.state = 'finishing';
    try {
      await this.#d.steps.finish(request.file, result);
    } catch (error) {
      return this.#fail(request, messageOf(error), this.#d.steps.accepting && STORE_TROUBLE.has(kindOf(error)));
    }
    if (order.repeated) void this.#d.steps.late(order.id);
    this.#succeeded++;
    order.lane.succeeded();
    this.#release(request);
    this.#drop(request);
    void this.#pump();
  }

  #fail(request: PersistRequest, why: string, storeFailed = false): void {
    const { clock, periods, log } = this.#d;
    const order = request.order;
    const now = clock.monotonicMs();
    if (order !== undefined && storeFailed) order.lane.storeFailed(order.beganMs, now, why);
    this.#release(request);
    if (request.gone) return void this.#end(request, order?.id ?? -1n, now);
    request.attempts++;
    this.#failed++;
    request.lastError = why.slice(0, MAX_ERROR_CHARS);
    const longestMs = storeFailed ? Math.min(periods.maxRetryMs, MAX_QUIET_MS) : periods.maxRetryMs;
    const pauseMs = Math.min(longestMs, periods.firstRetryMs * 2 ** Math.min(request.attempts - 1, 30));
    request.nextAttemptMs = clock.nowMs() + pauseMs;
    log.warn('persist attempt failed', { file: request.file.toString(), attempts: request.attempts, reason: request.lastError });
    void this.#end(request, order?.id ?? -1n, now + pauseMs);
  }

  /** Until what the attempt left is gone, the file is not tried again. */
  async #end(request: PersistRequest, orderId: bigint, dueMs: number): Promise<void> {
    request.state = 'ending';
    await this.#d.steps.failed(request.file, orderId, request.gone ? undefined : request.record());
    if (!request.gone) {
      request.state = 'scheduled';
      this.#reschedule(request, dueMs);
    }
    void this.#pump();
  }

  #release(request: PersistRequest): void {
    const { order } = request;
    if (order === undefined) return;
    request.order = undefined;
    this.#running.delete(order.id);
    order.lane.inFlight--;
    if (order.worker !== undefined) this.#room.release(order.worker);
  }

  #reschedule(request: PersistRequest, dueMs: number): void {
    this.#due.remove(request);
    request.dueMs = dueMs;
    this.#due.add(request);
  }

  #wanted(waiting: WaitingFile): void {
    const before = this.#requests.get(waiting.file);
    const inMs = Math.max(0, Math.max(waiting.fromMs, waiting.record?.nextAttemptMs ?? 0) - this.#d.clock.nowMs());
    const dueMs = this.#d.clock.monotonicMs() + inMs;
    if (before !== undefined) {
      before.fromMs = waiting.fromMs;
      if (before.state === 'scheduled') this.#reschedule(before, dueMs);
      return;
    }
    const request = new PersistRequest(waiting, dueMs);
    this.#requests.set(waiting.file, request);
    this.#bytes += waiting.length;
    this.#due.add(request);
  }

  /** The file is gone or need not be persisted: an attempt that is under way is called off. */
  #settled(file: InodeId): void {
    const request = this.#requests.get(file);
    if (request === undefined) return;
    this.#drop(request);
    const { order } = request;
    if (request.state === 'running' && order?.worker !== undefined) this.#d.control.send(order.worker, { cancel: { orderId: order.id } });
  }

  #drop(request: PersistRequest): void {
    if (request.gone) return;
    request.gone = true;
    this.#requests.delete(request.file);
    this.#missing.delete(request);
    this.#due.remove(request);
    this.#bytes -= request.length;
  }

  /** What waited when the master started. */
  async #load(): Promise<void> {
    const pace = new Pace(this.#d.clock);
    for (const waiting of this.#d.steps.waiting()) {
      if (!this.#requests.has(waiting.file)) this.#wanted(waiting);
      if (pace.due) await pace.rest();
      if (this.#stopped) return;
    }
    this.#loaded = true;
    void this.#pump();
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = this.#d.clock.schedule(this.#d.periods.intervalMs, () => {
      this.#watch();
      void this.#d.steps.tidy();
      void this.#pump();
      this.#schedule();
    });
  }

  /** Orders that nobody answers. A worker may still write; what it does comes too late. */
  #watch(): void {
    const now = this.#d.clock.monotonicMs();
    for (const request of [...this.#running.values()]) {
      const order = request.order!;
      if (now < order.deadlineMs) continue;
      const silent = `no answer for ${Math.round((now - order.beganMs) / 1000)} s`;
      if (request.state === 'running') {
        if (order.worker !== undefined) this.#d.control.send(order.worker, { cancel: { orderId: order.id } });
        this.#fail(request, `worker ${order.worker}: ${silent}`);
      } else if (order.worker !== undefined) {
        // It cannot be called off: the store may do it yet. The worker is free for others.
        this.#room.release(order.worker);
        order.worker = undefined;
        request.lastError = `the under store: ${silent}`;
        this.#d.log.warn('a file is not put in its place yet', { file: request.file.toString(), reason: request.lastError });
      }
    }
  }

  /** Begins what is due, as far as workers have room. One pass at a time; who comes meanwhile is seen by the next. */
  async #pump(): Promise<void> {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    const pace = new Pace(this.#d.clock);
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        await this.#ripen(pace);
        await this.#begin(pace);
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** What is due gets in line at its mount. */
  async #ripen(pace: Pace): Promise<void> {
    for (let next = this.#due.first(); next !== undefined; next = this.#due.first()) {
      if (next.dueMs > this.#d.clock.monotonicMs() || this.#stopped) return;
      this.#due.remove(next);
      const mount = this.#d.steps.mountOf(next.file);
      if (mount === undefined) this.#drop(next);
      else this.#enqueue(next, mount);
      if (pace.due) await pace.rest();
    }
  }

  #enqueue(request: PersistRequest, mount: NormalPath): void {
    let lane = this.#lanes.get(mount);
    if (lane === undefined) this.#lanes.set(mount, (lane = new MountLane(mount)));
    request.state = 'ready';
    lane.add(request);
  }

  async #begin(pace: Pace): Promise<void> {
    const { steps, clock } = this.#d;
    while (!this.#stopped && steps.accepting && this.#room.any) {
      const lane = this.#nextLane();
      const request = lane?.take();
      if (lane === undefined) return;
      if (request !== undefined && !request.gone) {
        const held = steps.fileHeld(request.file);
        request.held = held;
        if (held === undefined) void this.#attempt(request, lane);
        else {
          request.state = 'scheduled';
          this.#reschedule(request, clock.monotonicMs() + HELD_LOOK_MS);
        }
      }
      if (pace.due) await pace.rest();
    }
  }

  /** Mounts take turns. */
  #nextLane(): MountLane<PersistRequest> | undefined {
    const now = this.#d.clock.monotonicMs();
    for (const [mount, lane] of this.#lanes) {
      if (lane.ready === 0 && lane.inFlight === 0 && lane.trouble(now) === undefined) this.#lanes.delete(mount);
      if (!lane.mayBegin(now) || this.#d.steps.mountHeld(mount) !== undefined) continue;
      this.#lanes.delete(mount);
      this.#lanes.set(mount, lane);
      return lane;
    }
    return undefined;
  }

  async #attempt(request: PersistRequest, lane: MountLane<PersistRequest>): Promise<void> {
    const { clock, random, periods } = this.#d;
    const beganMs = clock.monotonicMs();
    const deadlineMs = beganMs + periods.orderTimeoutMs + transferMs(request.length);
    const order: RunningOrder = { id: randomId63(random), lane, beganMs, deadlineMs, worker: undefined, repeated: false };
    request.state = 'beginning';
    request.order = order;
    request.lastAttemptMs = clock.nowMs();
    lane.inFlight++;
    this.#room.reserve();
    try {
      await this.#giveOrder(request, order);
    } finally {
      this.#room.unreserve();
    }
    void this.#pump();
  }

  async #giveOrder(request: PersistRequest, order: RunningOrder): Promise<void> {
    const { clock, steps, control, periods } = this.#d;
    try {
      const begun = await steps.begin(request.file, order.id);
      if (begun.kind === 'order' && !request.gone) {
        const worker = this.#room.take(begun.workers);
        if (worker === undefined || !control.send(worker, { persist: begun.order }))
          return this.#fail(request, 'no worker can take the order');
        order.worker = worker;
        this.#missing.delete(request);
        request.state = 'running';
        request.misses = 0;
        this.#running.set(order.id, request);
        return;
      }
      this.#release(request);
      if (begun.kind === 'missing' && !request.gone) return this.#miss(request, begun.reason);
      this.#drop(request);
      if (begun.kind === 'order') await steps.failed(request.file, order.id, undefined);
    } catch (error) {
      if (steps.accepting || request.gone) return this.#fail(request, messageOf(error));
      // The journal refuses: that is no attempt.
      this.#release(request);
      void this.#end(request, order.id, clock.monotonicMs() + periods.firstRetryMs);
    }
  }

  /** Not an attempt: nothing is journaled, and a worker that comes back makes it due at once. */
  #miss(request: PersistRequest, why: string): void {
    const pauseMs = Math.min(MAX_MISS_MS, this.#d.periods.firstRetryMs * 2 ** Math.min(request.misses++, 30));
    request.lastError = why;
    request.nextAttemptMs = this.#d.clock.nowMs() + pauseMs;
    request.state = 'scheduled';
    this.#missing.add(request);
    this.#reschedule(request, this.#d.clock.monotonicMs() + pauseMs);
  }
}
