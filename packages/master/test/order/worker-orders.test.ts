import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, type WorkerId } from '@alluvium/base';
import { WorkerOrders } from '@alluvium/master/order/worker-orders.js';
import type { OrderListener, WorkerControl } from '@alluvium/master/order/worker-control.js';
import type { workerControl } from '@alluvium/wire';
import { SeededRandom } from '@alluvium/testkit';

const WORKER = 5n as WorkerId;

function world() {
  const sent: workerControl.WorkerOrder[] = [];
  let isOnline = true;
  let listener!: OrderListener;
  const control = {
    listen: (given: OrderListener) => (listener = given),
    send: (_: WorkerId, order: workerControl.WorkerOrder) => isOnline && sent.push(order) > 0,
  } as unknown as WorkerControl;
  const orders = new WorkerOrders(control, new SeededRandom(1));
  const report = (result: workerControl.OrderResult): void =>
    listener.reported(WORKER, { orderResult: { orderId: sent.at(-1)!.load!.orderId!, ...result } });
  return { orders, sent, report, listener, goOffline: () => (isOnline = false) };
}

test('an order ends with what the worker reports', async () => {
  const w = world();
  const loaded = w.orders.load(WORKER, { blockId: 7n });
  w.report({ bytes: 12n });
  assert.equal(await loaded, 12);
  const refused = w.orders.load(WORKER, { blockId: 7n });
  w.report({ errorKind: 'resourceExhausted', errorMessage: 'full' });
  await assert.rejects(refused, { kind: 'resourceExhausted', message: 'full' });
  const strange = w.orders.load(WORKER, { blockId: 7n });
  w.report({ errorKind: 'of a later version' });
  await assert.rejects(strange, { kind: 'unknown' });
});

test('an order to a worker that is away, or goes away, is unavailable', async () => {
  const w = world();
  const cutOff = w.orders.load(WORKER, { blockId: 7n });
  w.listener.disconnected!(6n as WorkerId);
  w.listener.disconnected!(WORKER);
  await assert.rejects(cutOff, { kind: 'unavailable' });
  w.goOffline();
  await assert.rejects(w.orders.load(WORKER, { blockId: 7n }), { kind: 'unavailable' });
});

test('an order that is given up is cancelled at the worker', async () => {
  const w = world();
  const abort = new AbortController();
  const loaded = w.orders.load(WORKER, { blockId: 7n }, { signal: abort.signal });
  abort.abort(fail('cancelled', 'enough'));
  await assert.rejects(loaded, { message: 'enough' });
  assert.equal(w.sent.at(-1)!.cancel!.orderId, w.sent[0]!.load!.orderId);
  await assert.rejects(w.orders.load(WORKER, {}, { signal: abort.signal }), { message: 'enough' });
  assert.equal(w.sent.length, 2, 'one that is given up before is never sent');
});
