import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId } from '@alluvium/base';
import { SimClock } from '@alluvium/testkit';
import { HotBlocks } from '@alluvium/worker/order/hot-blocks.js';

const id = (block: number): BlockId => BigInt(block) as BlockId;

function world(most = 3) {
  const clock = new SimClock();
  const told: (readonly bigint[])[] = [];
  const gone = new Set<BlockId>();
  const hot = new HotBlocks({
    clock,
    intervalMs: 10,
    most,
    report: ({ hotBlocks }) => void told.push(hotBlocks?.blockIds ?? []),
    has: (block) => !gone.has(block),
  });
  hot.start();
  const read = (block: number, times = 1): void => {
    for (let time = 0; time < times; time++) hot.hit(id(block));
  };
  return { clock, hot, told, gone, read };
}

test('the blocks that were read most of late are told, hottest first, without those that are gone', async () => {
  const w = world();
  w.read(1, 2);
  w.read(2, 9);
  w.read(3, 1);
  w.read(4, 5);
  w.read(5, 7);
  w.gone.add(id(5));
  w.hot.miss(id(4), 'absent');
  await w.clock.advance(10);
  assert.deepEqual(w.told, [[2n, 4n, 1n]]);
  w.read(3, 9);
  await w.clock.advance(10);
  assert.deepEqual(w.told[1], [3n, 2n, 4n], 'what was read later counts for more');
  w.hot.stop();
});

test('what is not read any more is forgotten, and nothing is told then', async () => {
  const w = world();
  w.read(1);
  await w.clock.advance(100);
  assert.deepEqual(w.told, [[1n], [1n], [1n]]);
  w.hot.stop();
});

test('the counts are bounded', async () => {
  const w = world(2);
  for (let block = 1; block <= 20; block++) w.read(block, block);
  await w.clock.advance(10);
  assert.deepEqual(w.told, [[8n, 7n]], 'the first eight are counted');
  w.hot.stop();
});
