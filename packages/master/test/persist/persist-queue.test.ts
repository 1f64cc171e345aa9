import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, type InodeId, type NormalPath, type WorkerId } from '@alluvium/base';
import { FILE, FakeSteps, WORKER, queueWorld } from './fakes.js';

const OTHER = 6n as WorkerId;
const BUSY = { errorKind: 'unavailable', errorMessage: 'store says 503', storeFailed: true };

test('a file waits for a worker and leaves the queue when it is persisted', async () => {
  const { clock, control, steps, queue } = queueWorld();
  await clock.advance(1500);
  assert.equal(control.orders.length, 0);
  assert.deepEqual([queue.size, queue.bytes], [1, 3]);
  control.connect(WORKER);
  await clock.advance(1);
  assert.equal(control.orders.length, 1);
  control.answer(0, { length: 1n });
  await clock.advance(1);
  assert.deepEqual(steps.finished, [FILE]);
  assert.deepEqual([queue.size, queue.bytes], [0, 0]);
});

test('failed attempts back off, keep their error and clean up', async () => {
  const { clock, control, steps, queue } = queueWorld();
  control.connect(WORKER);
  await clock.advance(1500);
  control.answer(0, { errorKind: 'permissionDenied', errorMessage: 'store says no' });
  await clock.advance(1);
  const [request] = [...queue.requests()];
  assert.equal(request?.attempts, 1);
  assert.equal(request?.lastError, 'store says no');
  assert.equal(steps.ended.length, 1);
  const { record } = steps.ended[0]!;
  assert.deepEqual([record?.attempts, record?.lastError], [1, 'store says no']);
  assert.ok(record!.nextAttemptMs > record!.lastAttemptMs);
  assert.equal(control.orders.length, 1, 'not tried again at once');
  await clock.advance(2100);
  assert.equal(control.orders.length, 2);
});

test('a file keeps its age, attempts, back-off and last error over a restart', async () => {
  const steps = new FakeSteps();
  const before = queueWorld({}, steps);
  const record = {
    sinceMs: 5,
    attempts: 3,
    lastError: 'no room',
    lastAttemptMs: before.clock.nowMs(),
    nextAttemptMs: before.clock.nowMs() + 5000,
  };
  before.queue.stop();
  steps.records.set(FILE, record);
  const { clock, control, queue } = queueWorld({}, steps);
  control.connect(WORKER);
  await clock.advance(4000);
  assert.equal(control.orders.length, 0, 'its back-off goes on');
  assert.deepEqual([...queue.requests()][0]?.record(), record);
  await clock.advance(2000);
  assert.equal(control.orders.length, 1);
});

test('a file that waits for ever is tried for ever', async () => {
  const { clock, control, queue } = queueWorld({ maxRetryMs: 60_000, orderTimeoutMs: 1e9 });
  control.connect(WORKER);
  for (let attempt = 0; attempt < 60; attempt++) {
    await clock.advance(61_000);
    control.answer(attempt, { errorKind: 'internal', errorMessage: 'broken' });
  }
  await clock.advance(26 * 3_600_000);
  assert.equal(queue.size, 1);
  assert.equal(control.orders.length, 61);
});

test('a worker that goes away fails its orders, and what it says later makes no file', async () => {
  const { clock, control, steps } = queueWorld();
  control.connect(WORKER);
  await clock.advance(1500);
  control.disconnect(WORKER);
  control.answer(0);
  await clock.advance(1);
  assert.deepEqual(steps.finished, []);
  assert.deepEqual(steps.lateOrders, [control.orders[0]!.order.orderId], 'what it wrote goes');
  control.connect(WORKER);
  await clock.advance(2100);
  assert.equal(control.orders.length, 2);
});

test('a finish that fails is an attempt that failed', async () => {
  const { clock, control, steps, queue } = queueWorld();
  control.connect(WORKER);
  await clock.advance(1500);
  steps.finishing = () => {
    throw fail('permissionDenied', 'rename refused');
  };
  control.answer(0);
  await clock.advance(1);
  assert.equal([...queue.requests()][0]?.lastError, 'rename refused');
});

test('a file that is no longer wanted leaves the queue', async () => {
  const { clock, control, steps, queue } = queueWorld();
  steps.add(11n as InodeId);
  await clock.advance(1500);
  steps.remove(11n as InodeId);
  assert.equal(queue.size, 1);
  control.connect(WORKER);
  await clock.advance(1);
  assert.equal(control.orders.length, 1);
  steps.remove(FILE);
  assert.deepEqual(control.cancelled, [control.orders[0]!.order.orderId], 'its order is called off');
  control.answer(0, { errorKind: 'cancelled' });
  await clock.advance(1);
  assert.deepEqual(steps.ended, [{ file: FILE, record: undefined }], 'what it left goes, nothing is noted');
  assert.equal(queue.size, 0);
});

test('a worker is given only as many orders as it may hold, and nothing is begun when there is no room', async () => {
  const { clock, control, steps } = queueWorld();
  for (let i = 20n; i < 30n; i++) steps.add(i as InodeId);
  await clock.advance(3000);
  assert.equal(steps.begins, 0);
  control.connect(WORKER);
  await clock.advance(3000);
  assert.deepEqual([control.orders.length, steps.begins], [2, 2]);
  control.answer(0);
  await clock.advance(1);
  assert.deepEqual([control.orders.length, steps.begins], [3, 3], 'the next one follows at once');
});

test('a store that is busy is left in peace for longer and longer, and then tried with one file at a time', async () => {
  const { clock, control, steps } = queueWorld({ maxRetryMs: 3_600_000 });
  for (let i = 100n; i < 400n; i++) steps.add(i as InodeId);
  control.connect(WORKER);
  await clock.advance(1);
  assert.equal(control.orders.length, 2);
  const tries: number[] = [];
  control.answer(0, BUSY);
  control.answer(1, BUSY);
  for (let seen = Number(2); seen < 12; seen++) {
    const from = clock.nowMs();
    while (control.orders.length === seen) await clock.advance(500);
    assert.equal(control.orders.length, seen + 1, 'one at a time');
    tries.push(Math.round((clock.nowMs() - from) / 1000));
    control.answer(seen, BUSY);
  }
  // The queue looks once a second.
  [1, 2, 4, 8, 16, 32, 64, 64, 64, 64].forEach((quiet, at) => assert.ok(tries[at]! >= quiet && tries[at]! <= quiet + 1, `${tries}`));
  while (control.orders.length < 13) await clock.advance(500);
  for (let seen = 12; seen < 19; seen++) {
    control.answer(seen);
    await clock.advance(1);
    if (seen < 18) assert.equal(control.orders.length, seen + 2, 'each success brings one more at once');
  }
  assert.equal(control.orders.length, 21, 'all is well again');
});

test('the trouble of one mount is not that of another', async () => {
  const { clock, control, steps } = queueWorld({ ordersPerWorker: 1 });
  steps.add(11n as InodeId);
  steps.add(12n as InodeId, '/other' as NormalPath);
  control.connect(WORKER);
  await clock.advance(1);
  control.answer(0, BUSY);
  await clock.advance(1);
  assert.deepEqual(
    control.orders.map(({ order }) => order.fileId),
    [FILE, 12n],
  );
});

test('files of a mount that is paused wait, and go on when it is not', async () => {
  const { clock, control, steps, queue } = queueWorld();
  steps.add(12n as InodeId, '/other' as NormalPath);
  steps.held.set('/' as NormalPath, 'maintenance');
  control.connect(WORKER);
  await clock.advance(10_000);
  assert.deepEqual(
    control.orders.map(({ order }) => order.fileId),
    [12n],
  );
  assert.equal([...queue.requests()][0]?.attempts, 0, 'that is no attempt');
  steps.held.clear();
  queue.wake();
  await clock.advance(1);
  assert.equal(control.orders[1]?.order.fileId, FILE);
});

test('a file whose name may not be persisted waits until it has another', async () => {
  const { clock, control, steps } = queueWorld();
  steps.heldFiles.add(FILE);
  control.connect(WORKER);
  await clock.advance(60_000);
  assert.equal(control.orders.length, 0);
  steps.heldFiles.clear();
  await clock.advance(11_000);
  assert.equal(control.orders.length, 1);
});

test('missing bytes are no attempt, and are looked for when a worker comes', async () => {
  const { clock, control, steps, queue } = queueWorld({ maxRetryMs: 3_600_000 });
  steps.missing.add(FILE);
  control.connect(WORKER);
  await clock.advance(600_000);
  const [request] = [...queue.requests()];
  assert.deepEqual([request?.attempts, request?.lastError], [0, 'no worker has it']);
  assert.equal(steps.ended.length, 0, 'nothing is journaled');
  assert.ok(steps.begins < 20);
  steps.missing.clear();
  queue.workerCame();
  await clock.advance(1);
  assert.equal(control.orders.length, 1);
});

test('nothing is begun while the journal refuses', async () => {
  const { clock, control, steps, queue } = queueWorld();
  steps.accepting = false;
  control.connect(WORKER);
  await clock.advance(5000);
  assert.equal(steps.begins, 0);
  steps.accepting = true;
  await clock.advance(1000);
  assert.equal(control.orders.length, 1);
  assert.equal([...queue.requests()][0]?.attempts, 0);
});

test('a time that the writer has set is kept, also when it says that the file is complete', async () => {
  const steps = new FakeSteps();
  steps.wanted.clear();
  const { clock, control, queue } = queueWorld({}, steps);
  control.connect(WORKER);
  steps.wanted.set(FILE, '/' as NormalPath);
  steps.listener!.wanted(steps.describe(FILE, clock.nowMs() + 10_000));
  queue.nudge(FILE);
  await clock.advance(9000);
  assert.equal(control.orders.length, 0);
  steps.listener!.wanted(steps.describe(FILE, clock.nowMs()));
  queue.nudge(FILE);
  await clock.advance(1);
  assert.equal(control.orders.length, 1);
});

test('row 18: persist stuck: a worker that never answers is an attempt that failed, and another one is asked', async () => {
  const { clock, control, steps, queue } = queueWorld({ orderTimeoutMs: 60_000 });
  control.connect(WORKER);
  await clock.advance(1);
  control.connect(OTHER);
  await clock.advance(59_000);
  assert.equal(control.orders.length, 1);
  await clock.advance(2000);
  assert.match([...queue.requests()][0]!.lastError!, /^worker 5: no answer for 6\d s$/);
  assert.deepEqual(control.cancelled, [control.orders[0]!.order.orderId]);
  await clock.advance(2000);
  assert.equal(control.orders.length, 2);
  control.answer(0);
  assert.deepEqual(steps.lateOrders, [control.orders[0]!.order.orderId], 'what it wrote too late goes');
  control.answer(1);
  await clock.advance(1);
  assert.equal(queue.size, 0);
});

test('row 18: persist stuck: a store that does not put the file in its place is reported, and the worker is free for others', async () => {
  const { clock, control, steps, queue } = queueWorld({ orderTimeoutMs: 60_000, ordersPerWorker: 1 });
  const { promise, resolve } = Promise.withResolvers<void>();
  steps.finishing = () => promise;
  control.connect(WORKER);
  await clock.advance(1);
  control.answer(0);
  await clock.advance(62_000);
  assert.match([...queue.requests()][0]!.lastError!, /^the under store: no answer for 6\d s$/);
  steps.finishing = () => {};
  steps.add(12n as InodeId, '/other' as NormalPath);
  await clock.advance(1001);
  assert.equal(control.orders.length, 2);
  resolve();
  await clock.advance(1);
  assert.deepEqual(steps.finished, [FILE]);
});

test('row 21: an order executed twice: the second result changes nothing, and what it wrote goes', async () => {
  const { clock, control, steps } = queueWorld();
  const { promise, resolve } = Promise.withResolvers<void>();
  steps.finishing = () => promise;
  control.connect(WORKER);
  await clock.advance(1);
  control.answer(0);
  control.answer(0);
  resolve();
  await clock.advance(1);
  control.answer(0);
  const { orderId } = control.orders[0]!.order;
  assert.deepEqual(steps.finished, [FILE]);
  assert.deepEqual(steps.lateOrders, [orderId, orderId]);
});

test('a pass over the queue looks at what is due, not at all that waits', async () => {
  const steps = new FakeSteps();
  steps.wanted.clear();
  const { clock, control } = queueWorld({}, steps);
  await clock.advance(1);
  for (let i = 0; i < 5000; i++) {
    const file = BigInt(1000 + i) as InodeId;
    steps.wanted.set(file, '/' as NormalPath);
    steps.listener!.wanted(steps.describe(file, clock.nowMs() + 3_600_000));
  }
  control.connect(WORKER);
  let looks = 0;
  steps.mountOf = () => {
    looks++;
    return '/' as NormalPath;
  };
  await clock.advance(100_000);
  assert.equal(looks, 0);
});
