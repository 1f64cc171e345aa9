import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, type InodeId, type WorkerId } from '@alluvium/base';
import { PersistQueue, type PersistSteps } from '@alluvium/master/persist/persist-queue.js';
import type { OrderListener, WorkerControl } from '@alluvium/master/persist/worker-control.js';
import { silentLogger } from '@alluvium/platform';
import type { workerControl } from '@alluvium/wire';
import { SeededRandom, SimClock } from '@alluvium/testkit';

const FILE = 10n as InodeId;
const WORKER = 5n as WorkerId;

class FakeControl {
  online = new Set<WorkerId>();
  orders: { worker: WorkerId; order: workerControl.PersistOrder }[] = [];
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
    this.orders.push({ worker, order: order.persist! });
    return true;
  }
  connect(worker: WorkerId): void {
    this.online.add(worker);
    this.listener?.connected(worker);
  }
  disconnect(worker: WorkerId): void {
    this.online.delete(worker);
    this.listener?.disconnected(worker);
  }
}

class FakeSteps implements PersistSteps {
  wanted = new Set<InodeId>([FILE]);
  finished: InodeId[] = [];
  abandoned = 0;
  finishError: Error | undefined;
  toBePersisted(): Iterable<InodeId> {
    return this.wanted;
  }
  async begin(file: InodeId, orderId: bigint): Promise<{ order: workerControl.PersistOrder; workers: readonly WorkerId[] } | undefined> {
    return this.wanted.has(file) ? { order: { orderId, fileId: file }, workers: [WORKER] } : undefined;
  }
  async finish(file: InodeId): Promise<void> {
    if (this.finishError !== undefined) throw this.finishError;
    this.finished.push(file);
    this.wanted.delete(file);
  }
  async abandon(): Promise<void> {
    this.abandoned++;
  }
}

function world(): { clock: SimClock; control: FakeControl; steps: FakeSteps; queue: PersistQueue } {
  const clock = new SimClock();
  const control = new FakeControl();
  const steps = new FakeSteps();
  const queue = new PersistQueue({
    clock,
    random: new SeededRandom(1),
    log: silentLogger,
    control: control as unknown as WorkerControl,
    steps,
    periods: { intervalMs: 1000, firstRetryMs: 1000, maxRetryMs: 4000, ordersPerWorker: 2 },
  });
  queue.start();
  return { clock, control, steps, queue };
}

test('a file waits for a worker and leaves the queue when it is persisted', async () => {
  const { clock, control, steps, queue } = world();
  await clock.advance(1500);
  assert.equal(control.orders.length, 0);
  assert.equal([...queue.requests()].length, 1);
  control.connect(WORKER);
  await clock.advance(1);
  assert.equal(control.orders.length, 1);
  control.listener?.persisted(WORKER, { orderId: control.orders[0]!.order.orderId, length: 1n });
  await clock.advance(1);
  assert.deepEqual(steps.finished, [FILE]);
  assert.equal([...queue.requests()].length, 0);
});

test('failed attempts back off, keep their error and clean up', async () => {
  const { clock, control, steps, queue } = world();
  control.connect(WORKER);
  await clock.advance(1500);
  const fate = { orderId: control.orders[0]!.order.orderId, errorKind: 'unavailable', errorMessage: 'store says 503' };
  control.listener?.persisted(WORKER, fate);
  await clock.advance(1);
  const [request] = [...queue.requests()];
  assert.equal(request?.attempts, 1);
  assert.equal(request?.lastError, 'store says 503');
  assert.equal(steps.abandoned, 1);
  assert.equal(control.orders.length, 1, 'not tried again at once');
  await clock.advance(2100);
  assert.equal(control.orders.length, 2);
});

test('a worker that goes away fails its orders, and a late report of it is ignored', async () => {
  const { clock, control, steps } = world();
  control.connect(WORKER);
  await clock.advance(1500);
  control.disconnect(WORKER);
  control.listener?.persisted(WORKER, { orderId: control.orders[0]!.order.orderId });
  await clock.advance(1);
  assert.deepEqual(steps.finished, []);
  control.connect(WORKER);
  await clock.advance(2100);
  assert.equal(control.orders.length, 2);
});

test('a finish that fails is an attempt that failed', async () => {
  const { clock, control, steps, queue } = world();
  control.connect(WORKER);
  await clock.advance(1500);
  steps.finishError = fail('unavailable', 'rename refused');
  control.listener?.persisted(WORKER, { orderId: control.orders[0]!.order.orderId });
  await clock.advance(1);
  assert.equal([...queue.requests()][0]?.lastError, 'rename refused');
});

test('a file that is no longer wanted leaves the queue', async () => {
  const { clock, steps, queue } = world();
  await clock.advance(1500);
  steps.wanted.clear();
  await clock.advance(1500);
  assert.equal([...queue.requests()].length, 0);
});

test('a worker is given only as many orders as it may hold', async () => {
  const { clock, control, steps } = world();
  for (let i = 20n; i < 30n; i++) steps.wanted.add(i as InodeId);
  control.connect(WORKER);
  await clock.advance(3000);
  assert.equal(control.orders.length, 2);
});
