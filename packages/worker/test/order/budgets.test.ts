import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { SimClock } from '@alluvium/testkit';
import { Budgets } from '@alluvium/worker/order/budgets.js';

test('orders that name the same budget share its bandwidth', async () => {
  const clock = new SimClock();
  const budgets = new Budgets(clock);
  const admitted: [string, number][] = [];
  const take = async (who: string, name: string, bytes: number, bytesPerSecond: bigint): Promise<void> => {
    await budgets.admit({ name, bytesPerSecond })(bytes);
    admitted.push([who, clock.monotonicMs()]);
  };
  const start = clock.monotonicMs();
  const all = [
    take('a', 'x', 1000, 1000n),
    take('b', 'x', 500, 1000n),
    take('c', 'x', 1, 1000n),
    take('d', 'y', 1, 1n),
    take('e', 'x', 9, 0n),
  ];
  await clock.run(Promise.all(all));
  const when = Object.fromEntries(admitted.map(([who, ms]) => [who, ms - start]));
  assert.deepEqual(when, { a: 0, d: 0, e: 0, b: 1000, c: 1500 });
});

test('who is cancelled does not wait for the budget', async () => {
  const clock = new SimClock();
  const admit = new Budgets(clock).admit({ name: 'x', bytesPerSecond: 1n });
  await admit(1000);
  const abort = new AbortController();
  const waiting = admit(1, abort.signal);
  abort.abort(fail('cancelled', 'enough'));
  await assert.rejects(waiting, { message: 'enough' });
});
