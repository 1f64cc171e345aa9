import { ROOT_PATH, type InodeId, type NormalPath, type WorkerId } from '@alluvium/base';
import type { LedgerListener, PersistRecord, WaitingFile } from '@alluvium/master/persist/persist-ledger.js';
import { PersistQueue, type PersistPeriods } from '@alluvium/master/persist/persist-queue.js';
import type { Begun, PersistSteps } from '@alluvium/master/persist/persist-steps.js';
import type { OrderListener, WorkerControl } from '@alluvium/master/order/worker-control.js';
import { silentLogger } from '@alluvium/platform';
import type { workerControl } from '@alluvium/wire';
import { SeededRandom, SimClock } from '@alluvium/testkit';

export const FILE = 10n as InodeId;
export const WORKER = 5n as WorkerId;

/** Workers that are connected or not, and the orders that they were sent. */
export class FakeControl {
  online = new Set<WorkerId>();
  orders: { worker: WorkerId; order: workerControl.PersistOrder }[] = [];
  cancelled: bigint[] = [];
  listener: OrderListener | undefined;
  listen(listener: OrderListener): void {
    this.listener = listener;
  }
  isConnected(worker: WorkerId): boolean {
    return this.online.has(worker);
  }
  connected(): WorkerId[] {
    return [...this.online];
  }
  send(worker: WorkerId, order: workerControl.WorkerOrder): boolean {
    if (!this.online.has(worker)) return false;
    if (order.cancel !== undefined) this.cancelled.push(order.cancel.orderId!);
    else this.orders.push({ worker, order: order.persist! });
    return true;
  }
  connect(worker: WorkerId): void {
    this.online.add(worker);
    this.listener?.connected?.(worker);
  }
  disconnect(worker: WorkerId): void {
    this.online.delete(worker);
    this.listener?.disconnected?.(worker);
  }
  /** The answer to the order that was sent as the `index`-th. */
  answer(index: number, result: workerControl.PersistResult = {}): void {
    const { worker, order } = this.orders[index]!;
    this.listener?.reported(worker, { persistResult: { orderId: order.orderId!, ...result } });
  }
}

export class FakeSteps implements PersistSteps {
  accepting = true;
  /** Files by the mount that they go to. */
  wanted = new Map<InodeId, NormalPath>([[FILE, ROOT_PATH]]);
  records = new Map<InodeId, PersistRecord>();
  held = new Map<NormalPath, string>();
  heldFiles = new Set<InodeId>();
  missing = new Set<InodeId>();
  finished: InodeId[] = [];
  begins = 0;
  ended: { file: InodeId; record: PersistRecord | undefined }[] = [];
  lateOrders: bigint[] = [];
  finishing: () => void | Promise<void> = () => {};
  listener: LedgerListener | undefined;
  listen(listener: LedgerListener | undefined): void {
    this.listener = listener;
  }
  describe(file: InodeId, fromMs = 0): WaitingFile {
    const record = this.records.get(file);
    return { file, length: 3, sinceMs: record?.sinceMs ?? 0, fromMs, record };
  }
  *waiting(): Iterable<WaitingFile> {
    for (const file of this.wanted.keys()) yield this.describe(file);
  }
  add(file: InodeId, mount: NormalPath = ROOT_PATH): void {
    this.wanted.set(file, mount);
    this.listener?.wanted(this.describe(file));
  }
  remove(file: InodeId): void {
    this.wanted.delete(file);
    this.listener?.settled(file);
  }
  mountOf(file: InodeId): NormalPath | undefined {
    return this.wanted.get(file);
  }
  mountHeld(mount: NormalPath): string | undefined {
    return this.held.get(mount);
  }
  fileHeld(file: InodeId): string | undefined {
    return this.heldFiles.has(file) ? 'its name is on the list' : undefined;
  }
  async begin(file: InodeId, orderId: bigint): Promise<Begun> {
    this.begins++;
    if (!this.wanted.has(file)) return { kind: 'done' };
    if (this.missing.has(file)) return { kind: 'missing', reason: 'no worker has it' };
    return { kind: 'order', order: { orderId, fileId: file }, workers: [WORKER] };
  }
  async finish(file: InodeId): Promise<void> {
    await this.finishing();
    this.finished.push(file);
    this.remove(file);
  }
  async failed(file: InodeId, _: bigint, record: PersistRecord | undefined): Promise<void> {
    this.ended.push({ file, record });
  }
  async late(orderId: bigint): Promise<void> {
    this.lateOrders.push(orderId);
  }
  async tidy(): Promise<void> {}
}

export interface QueueWorld {
  clock: SimClock;
  control: FakeControl;
  steps: FakeSteps;
  queue: PersistQueue;
}

export function queueWorld(periods: Partial<PersistPeriods> = {}, steps = new FakeSteps()): QueueWorld {
  const clock = new SimClock();
  const control = new FakeControl();
  const queue = new PersistQueue({
    clock,
    random: new SeededRandom(1),
    log: silentLogger,
    control: control as unknown as WorkerControl,
    steps,
    periods: { intervalMs: 1000, firstRetryMs: 1000, maxRetryMs: 4000, ordersPerWorker: 2, orderTimeoutMs: 60_000, ...periods },
  });
  queue.start();
  return { clock, control, steps, queue };
}
