import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InodeId } from '@alluvium/base';
import { DueQueue } from '@alluvium/master/file/ttl/due-queue.js';
import { SeededRandom } from '@alluvium/testkit';

const id = (n: number): InodeId => BigInt(n) as InodeId;

test('what is due comes out in order, whatever was changed and dropped before', () => {
  const random = new SeededRandom(3);
  const below = (n: number): number => Math.floor(random.next() * n);
  const queue = new DueQueue();
  const wanted = new Map<InodeId, number>();
  for (let i = 0; i < 20_000; i++) {
    const one = id(below(500));
    if (below(4) === 0) {
      queue.delete(one);
      wanted.delete(one);
    } else {
      const dueMs = below(1000);
      queue.set(one, dueMs);
      wanted.set(one, dueMs);
    }
  }
  assert.equal(queue.size, wanted.size);
  const times = [...wanted.values()].toSorted((a, b) => a - b);
  assert.equal(queue.nextMs, times[0]);
  for (const dueMs of times) {
    assert.equal(queue.take(dueMs - 1), undefined);
    const one = queue.take(dueMs)!;
    assert.equal(wanted.get(one), dueMs);
  }
  assert.equal(queue.take(Infinity), undefined);
  assert.equal(queue.nextMs, undefined);
});

test('who waits is told when something is due earlier than all before', () => {
  const queue = new DueQueue();
  let told = 0;
  queue.onEarlier = () => told++;
  queue.set(id(1), 100);
  queue.set(id(2), 200);
  queue.set(id(2), 200);
  assert.equal(told, 1);
  queue.set(id(2), 50);
  assert.equal(told, 2);
  queue.delete(id(2));
  assert.equal(queue.nextMs, 100);
});

test('what is taken out counts as due until it is put back or gone', () => {
  const queue = new DueQueue();
  queue.set(id(1), 10);
  queue.set(id(2), 20);
  assert.equal(queue.take(15), id(1));
  assert.deepEqual([queue.has(id(1)), queue.has(id(2)), queue.has(id(3))], [true, true, false]);
  assert.deepEqual([...queue.ids()].toSorted(), [id(1), id(2)]);
  queue.set(id(1), 30);
  assert.deepEqual([...queue.ids()].toSorted(), [id(1), id(2)]);
  assert.equal(queue.take(25), id(2));
  queue.delete(id(2));
  queue.delete(id(1));
  assert.deepEqual([...queue.ids(), queue.has(id(2))], [false]);
});
