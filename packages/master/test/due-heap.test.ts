import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DueHeap, type Due } from '@alluvium/master/due-heap.js';
import { SeededRandom } from '@alluvium/testkit';

test('things come out in the order of their times, whatever is taken out in between', () => {
  const random = new SeededRandom(3);
  const heap = new DueHeap<Due>();
  const kept: Due[] = [];
  for (let i = 0; i < 3000; i++) {
    const item = { dueMs: Math.floor(random.next() * 500), heapIndex: -1 };
    heap.add(item);
    kept.push(item);
    if (random.next() < 0.4) heap.remove(kept.splice(Math.floor(random.next() * kept.length), 1)[0]!);
  }
  assert.equal(heap.size, kept.length);
  const out: number[] = [];
  for (let next = heap.first(); next !== undefined; next = heap.first()) {
    out.push(next.dueMs);
    heap.remove(next);
    heap.remove(next);
  }
  assert.deepEqual(
    out,
    kept.map(({ dueMs }) => dueMs).toSorted((a, b) => a - b),
  );
});
