import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId } from '@alluvium/base';
import { silentLogger } from '@alluvium/platform';
import { TierTasks, type TierTasksOptions } from '@alluvium/worker/store/tier-tasks.js';
import { inputOutputError, KIB, Tiers } from './sim-tiers.js';

const COOL_DOWN_MS = 10_000;
const SIZES = { mem: 10 * KIB, ssd1: 10 * KIB, hdd: 100 * KIB };

function tasks(t: Tiers, options: Partial<TierTasksOptions> = {}): TierTasks {
  const { clock, store } = t;
  const rules = { align: true, promote: true, fullPercent: 90, coolDownMs: COOL_DOWN_MS, concurrency: 2 };
  return new TierTasks({ clock, log: silentLogger, store, ...rules, ...options });
}

async function quiet(t: Tiers): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  t.clock.schedule(COOL_DOWN_MS, resolve);
  await t.clock.run(promise);
}

test('a block that is read goes up to the fastest tier that has room', async () => {
  const t = await new Tiers(SIZES).open();
  await t.put(1, KIB, 'HDD');
  await t.put(2, KIB, 'HDD');
  await t.touch(1);
  await quiet(t);
  const work = tasks(t);
  await work.round();
  assert.deepEqual(t.told, ['moved 1 /hdd /mem']);
  await work.round();
  assert.equal(t.told.length, 1, 'what nobody reads stays');
});

test('promotion leaves a tenth of the tier free; then a block changes places with one that is used less', async () => {
  const t = await new Tiers({ mem: 10 * KIB, hdd: 100 * KIB }).open();
  for (let id = 1; id <= 9; id++) await t.put(id, KIB);
  await t.put(20, KIB, 'HDD');
  await t.touch(20);
  await quiet(t);
  await tasks(t, { align: false }).round();
  assert.deepEqual(t.told, []);
  await t.touch(20);
  await t.put(10, KIB);
  await t.touch(20);
  await quiet(t);
  await tasks(t).round();
  assert.deepEqual(t.told, ['moved 1 /mem /hdd', 'moved 20 /hdd /mem', 'moved 2 /mem /hdd'], 'and what is too full hands down');
  assert.ok(await t.isWhole(1));
  assert.equal(
    t.store.usage().reduce((sum, { usedBytes }) => sum + usedBytes, 0),
    11 * KIB,
  );
});

test('a tier that gets full hands its coldest blocks down instead of evicting them', async () => {
  const t = await new Tiers(SIZES).open();
  for (let id = 1; id <= 10; id++) await t.put(id, KIB);
  t.protectedIds.add(2n);
  await t.touch(1);
  await quiet(t);
  await tasks(t).round();
  assert.deepEqual(t.told, ['moved 3 /mem /ssd1']);
  await t.put(11, KIB);
  assert.deepEqual(t.told, ['moved 3 /mem /ssd1'], 'nothing is evicted');
});

test('moves step aside while users read and write, except for what a reader asked for', async () => {
  const t = await new Tiers(SIZES).open();
  for (const id of [1, 2]) await t.put(id, KIB, 'HDD');
  const work = tasks(t);
  await t.touch(1);
  await work.round();
  assert.deepEqual(t.told, []);
  t.store.promote(2n as BlockId);
  await work.round();
  assert.deepEqual(t.told, ['moved 2 /hdd /mem']);
  await quiet(t);
  await work.round();
  assert.deepEqual(t.told, ['moved 2 /hdd /mem', 'moved 1 /hdd /mem'], 'what was read is remembered until then');
});

test('in the background the moves go on by themselves, and end with the worker', async () => {
  const t = await new Tiers(SIZES).open();
  const work = tasks(t);
  work.start();
  await t.put(1, KIB, 'HDD');
  await t.touch(1);
  await quiet(t);
  await quiet(t);
  assert.deepEqual(t.told, ['moved 1 /hdd /mem']);
  await t.clock.run(work.stop());
});

test('a tier that fails takes no moves: the block goes to the next one, whole', async () => {
  const t = await new Tiers(SIZES).open();
  await t.put(1, KIB, 'HDD');
  await t.touch(1);
  await quiet(t);
  t.break('/mem', inputOutputError);
  await tasks(t).round();
  assert.deepEqual(t.told, ['/mem lost', 'moved 1 /hdd /ssd1']);
  assert.ok(await t.isWhole(1));
});
