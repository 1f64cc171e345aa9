import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NormalPath } from '@alluvium/base';
import { SyncTimes, type Descendants } from '@alluvium/master/file/sync/sync-times.js';
import { SimClock } from '@alluvium/testkit';

const p = (path: string): NormalPath => path as NormalPath;

interface World {
  readonly clock: SimClock;
  readonly times: SyncTimes;
  sync(path: string, descendants: Descendants, directory?: boolean): void;
  due(path: string, intervalMs: number, descendants?: Descendants, file?: boolean): boolean;
}

function world(capacity = 1000): World {
  const clock = new SimClock();
  const times = new SyncTimes(clock, capacity);
  return {
    clock,
    times,
    sync: (path, descendants, directory = true) => times.synced(p(path), descendants, directory, times.begin()),
    due: (path, intervalMs, descendants = 'NONE', file = false) => times.isDue(p(path), intervalMs, descendants, file),
  };
}

test('0 always syncs, a negative interval never, another one when it is over', async () => {
  const { due, sync, clock } = world();
  assert.ok(due('/a', 0) && due('/a', 1000) && !due('/a', -1));
  sync('/a', 'NONE');
  assert.ok(due('/a', 0) && !due('/a', 1000));
  await clock.advance(999);
  assert.ok(!due('/a', 1000));
  await clock.advance(1);
  assert.ok(due('/a', 1000) && !due('/a', -1));
});

/** What was synced, what is looked at, whether that sync counts. */
const COUNTS: readonly (readonly [string, Descendants, string, Descendants, boolean, 'file'?])[] = [
  ['/d', 'NONE', '/d', 'NONE', true],
  ['/d', 'NONE', '/d', 'ONE', false],
  ['/d', 'ONE', '/d', 'NONE', true],
  ['/d', 'ONE', '/d', 'ONE', true],
  ['/d', 'ONE', '/d', 'ALL', false],
  ['/d', 'ALL', '/d', 'ALL', true],
  ['/d', 'ONE', '/d/f', 'NONE', true],
  ['/d', 'ONE', '/d/f', 'ONE', false],
  ['/d', 'ONE', '/d/f', 'ALL', true, 'file'],
  ['/d', 'NONE', '/d/f', 'NONE', false],
  ['/d', 'ALL', '/d/e/f', 'ALL', true],
  ['/d', 'ONE', '/d/e/f', 'NONE', false],
  ['/', 'ALL', '/d/e/f', 'ONE', true],
  ['/d/f', 'NONE', '/d/f', 'ALL', true, 'file'],
];
for (const [synced, how, path, descendants, counts, file] of COUNTS) {
  test(`a sync of ${synced} with ${how} ${counts ? 'counts' : 'does not count'} for ${path} with ${descendants}${file ? ', a file' : ''}`, () => {
    const { due, sync } = world();
    sync(synced, how);
    assert.equal(due(path, 1000, descendants, file !== undefined), !counts);
  });
}

test('an invalidated path syncs once more, whatever its interval', () => {
  const { due, sync, times } = world();
  sync('/d/f', 'NONE', false);
  assert.ok(!times.anyInvalid);
  times.invalidate(p('/d/f'));
  assert.ok(times.anyInvalid);
  assert.ok(due('/d/f', -1) && due('/d/f', 1_000_000) && !due('/d/g', -1) && !due('/d', -1));
  assert.ok(due('/d', -1, 'ONE') && due('/', -1, 'ALL') && !due('/', -1, 'ONE'));
  sync('/d/f', 'NONE', false);
  assert.ok(!due('/d/f', -1) && !times.anyInvalid);
});

test('a directory stays invalid until all that is below was synced', () => {
  const { due, sync, times } = world();
  times.invalidate(p('/d'));
  sync('/d', 'NONE');
  assert.ok(times.anyInvalid && due('/d', -1, 'ONE'));
  sync('/d', 'ONE');
  assert.ok(times.anyInvalid && !due('/d', -1, 'ONE') && due('/d', -1, 'ALL'));
  sync('/d', 'ALL');
  assert.ok(!times.anyInvalid && !due('/d', -1, 'ALL'));
});

test('what is invalidated while a sync runs stays invalid', () => {
  const { due, times } = world();
  const begun = times.begin();
  times.invalidate(p('/f'));
  times.synced(p('/f'), 'NONE', false, begun);
  assert.ok(times.anyInvalid && due('/f', -1));
});

test('a sync from above sees the invalid paths below', () => {
  const { due, sync, times } = world();
  times.invalidate(p('/d/e/f'));
  sync('/d', 'ALL');
  assert.ok(!times.anyInvalid && !due('/d/e/f', -1));
});

test('only so many paths are remembered, and no invalidation is lost with them', () => {
  const { due, sync, times } = world(10);
  for (let i = 0; i < 20; i++) sync(`/p${i}`, 'NONE', false);
  assert.ok(due('/p0', 1000) && !due('/p19', 1000));
  times.invalidate(p('/lost/f'));
  for (let i = 0; i < 20; i++) sync(`/q${i}`, 'NONE', false);
  assert.ok(times.anyInvalid && due('/lost/f', -1));
});
