import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId } from '@alluvium/base';
import { BlockUses } from '@alluvium/worker/policy/block-uses.js';
import { Departures } from '@alluvium/worker/policy/departures.js';
import { ReasonCounts } from '@alluvium/worker/policy/reason-counts.js';

const block = (n: number): BlockId => BigInt(n) as BlockId;

test('reads are counted by block, by user and by why they missed', () => {
  const departures = new Departures(10);
  const uses = new BlockUses(departures);
  departures.add(block(2), { why: 'evictedOverQuota', atMs: 5 });
  uses.tick(1000);
  uses.hit(block(1), 100, 'ann');
  uses.hit(block(1), 50, 'bob');
  uses.miss(block(2), 'absent', 30, 'ann');
  uses.miss(block(3), 'absent', 20, 'ann');
  uses.miss(block(3), 'noCache', 10, 'ann');
  assert.deepEqual(uses.misses.take(), [
    { reason: 'evictedOverQuota', count: 1n, bytes: 30n },
    { reason: 'neverCached', count: 1n, bytes: 20n },
    { reason: 'noCache', count: 1n, bytes: 10n },
  ]);
  assert.deepEqual({ ...uses.get(block(1))!.fresh }, { hits: 2, hitBytes: 150, misses: 0, missBytes: 0 });
  assert.deepEqual([uses.get(block(3))!.lastMiss, uses.get(block(3))!.lastMs], ['noCache', 1000]);
  const users = uses.takeUsers();
  assert.deepEqual({ ...users.get('ann')! }, { hits: 1, hitBytes: 100, misses: 3, missBytes: 60 });
  assert.deepEqual({ ...users.get('bob')! }, { hits: 1, hitBytes: 50, misses: 0, missBytes: 0 });
  uses.hit(block(1), 1, 'bob');
  assert.equal(users.get('bob')!.hits, 1, 'what was taken is not counted on');
  assert.equal(uses.takeUsers().get('bob')!.hits, 1);
});

test('each block that was read is told once, until it is read again', () => {
  const uses = new BlockUses(new Departures(10));
  uses.hit(block(1), 1, 'ann');
  uses.hit(block(1), 1, 'ann');
  uses.hit(block(2), 1, 'ann');
  assert.deepEqual(
    uses.takeFresh().map(({ id }) => id),
    [1n, 2n],
  );
  assert.deepEqual(uses.takeFresh(), []);
  uses.hit(block(1), 1, 'ann');
  assert.deepEqual(
    uses.takeFresh().map(({ id }) => id),
    [1n],
  );
});

test('the blocks remembered are bounded, and no read is lost', () => {
  const uses = new BlockUses(new Departures(10));
  const count = 40_000;
  for (let n = 0; n < count; n++) uses.hit(block(n), 2, `user ${n % 1000}`);
  const fresh = uses.takeFresh();
  assert.ok(fresh.length < 20_000, `${fresh.length}`);
  assert.equal(
    fresh.reduce((sum, use) => sum + use.fresh.hitBytes, 0),
    2 * count,
  );
  const users = uses.takeUsers();
  assert.ok(users.size <= 257);
  assert.equal(
    [...users.values()].reduce((sum, use) => sum + use.hits, 0),
    count,
  );
  assert.equal(uses.size, 16_384);
  assert.notEqual(uses.get(block(count - 1)), undefined);
});

test('blocks that left are remembered up to a bound, the newest reason of each', () => {
  const departures = new Departures(3);
  for (let n = 0; n < 5; n++) departures.add(block(n), { why: 'evictedLru', atMs: n });
  departures.add(block(2), { why: 'freed', atMs: 9 });
  departures.add(block(5), { why: 'damaged', atMs: 10 });
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((n) => departures.get(block(n))?.why),
    [undefined, undefined, 'freed', undefined, 'evictedLru', 'damaged'],
  );
  assert.equal(departures.size, 3);
});

test('counts that were not delivered are told with the next', () => {
  const counts = new ReasonCounts<'freed' | 'damaged'>();
  counts.add('freed', 5);
  const taken = counts.take();
  counts.add('freed', 7);
  counts.giveBack(taken);
  counts.giveBack([{ reason: 'damaged', count: 2n, bytes: 1n }]);
  assert.deepEqual(counts.take(), [
    { reason: 'freed', count: 2n, bytes: 12n },
    { reason: 'damaged', count: 2n, bytes: 1n },
  ]);
  assert.deepEqual(counts.take(), []);
});
