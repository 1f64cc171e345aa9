import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerId } from '@alluvium/base';
import { WorkerRegistry } from '@alluvium/master/block/worker-registry.js';
import { WorkerControl } from '@alluvium/master/order/worker-control.js';
import { ServiceTable, methodsOf, type ServerStream } from '@alluvium/net';
import { silentLogger } from '@alluvium/platform';
import { workerControl } from '@alluvium/wire';
import { SeededRandom, SimClock } from '@alluvium/testkit';

const { connect } = methodsOf(workerControl.WorkerControlServiceDefinition);

/** A control call as the network has it, from the worker's side. */
class Call {
  readonly sent: workerControl.WorkerOrder[] = [];
  readonly ended: Promise<void>;
  #next = Promise.withResolvers<workerControl.WorkerReport | undefined>();
  readonly #reports: Promise<workerControl.WorkerReport | undefined>[] = [];

  constructor(table: ServiceTable, workerId: WorkerId) {
    this.#reports.push(this.#next.promise);
    this.report({ workerId });
    const entry = table.find(connect.path);
    assert.ok(entry?.kind === 'stream');
    const stream = {
      read: () => this.#reports.shift() ?? Promise.reject(new Error('one reader')),
      write: (order: workerControl.WorkerOrder) => {
        this.sent.push(order);
        return Promise.resolve();
      },
    };
    this.ended = entry.handler(stream as unknown as ServerStream<unknown, unknown>) as Promise<void>;
  }

  report(report: workerControl.WorkerReport | undefined): void {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers();
    this.#reports.push(this.#next.promise);
    resolve(report);
  }
}

function world() {
  const registry = new WorkerRegistry(new SimClock(), new SeededRandom(1), () => true);
  const control = new WorkerControl(registry, silentLogger);
  const heard: string[] = [];
  control.listen({
    connected: () => heard.push('connected'),
    disconnected: () => heard.push('disconnected'),
    reported: (_, { persistResult }) => heard.push(`persisted ${persistResult?.orderId}`),
  });
  const table = new ServiceTable();
  control.register(table);
  const worker = registry.announce({ host: 'w', rpcPort: 1 });
  return { registry, control, heard, table, worker };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a new call of a worker takes the place of one that lingers', async () => {
  const { registry, control, heard, table, worker } = world();
  const old = new Call(table, worker);
  await turn();
  const young = new Call(table, worker);
  await turn();
  assert.deepEqual(heard, ['connected', 'disconnected', 'connected']);
  await old.ended;
  assert.ok(control.isConnected(worker), 'the end of the old one does not end the new one');
  assert.ok(control.send(worker, { cancel: { orderId: 1n } }));
  assert.deepEqual([old.sent.length, young.sent.length], [0, 1]);
  assert.notEqual(registry.get(worker).wake, undefined);
  young.report({ persistResult: { orderId: 7n } });
  await turn();
  assert.equal(heard.at(-1), 'persisted 7');
  young.report(undefined);
  await young.ended;
  assert.deepEqual([control.isConnected(worker), heard.at(-1)], [false, 'disconnected']);
  assert.equal(registry.get(worker).wake, undefined);
});

test('row 21: an order to free blocks executed twice frees them once', async () => {
  const { registry, table, worker } = world();
  const call = new Call(table, worker);
  await turn();
  const state = registry.get(worker);
  registry.addBlocks(state, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: [1n, 2n] });
  registry.free([1n as never]);
  registry.removeBlocks(state, [1n]);
  registry.removeBlocks(state, [1n]);
  assert.deepEqual(call.sent, [{ free: { blockIds: [1n] } }, { free: { blockIds: [1n], pagesOnly: true } }]);
  assert.deepEqual([registry.hasCopy(state, 1n as never), registry.hasCopy(state, 2n as never)], [false, true]);
  assert.equal(state.removals.size, 0);
});
