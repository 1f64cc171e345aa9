import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, type BlockId } from '@alluvium/base';
import { KIB, kindOfFailure, Tiers } from './sim-tiers.js';

const MIB = 1 << 20;
const LENGTH = 2 * MIB + 100;
const id = (n: number): BlockId => BigInt(n) as BlockId;

test('a block moves to another medium while it is read: readers keep the old file until they are done', async () => {
  const t = await new Tiers({ mem: 6 * MIB, ssd1: 4 * MIB }).open();
  await t.put(1, LENGTH);
  const reader = await t.store.read(id(1));
  assert.equal(await t.store.move(id(1), 'SSD'), LENGTH);
  assert.deepEqual(t.told, ['moved 1 /mem /ssd1']);
  assert.deepEqual(t.files(), ['/mem/alluxioworker/1', '/ssd1/alluxioworker/1']);
  assert.equal(reader.file.path, '/mem/alluxioworker/1');
  const out = Buffer.alloc(LENGTH);
  assert.equal(await reader.file.read(out, 0), LENGTH);
  assert.ok(await t.isWhole(1));
  assert.equal(t.directory('/mem').usedBytes, LENGTH, 'its room is taken while it is read');
  assert.equal(await kindOfFailure(t.store.move(id(1), 'MEM')), 'unavailable', 'not back before that');
  reader.close();
  await t.clock.run(Promise.resolve());
  assert.deepEqual(t.files(), ['/ssd1/alluxioworker/1']);
  assert.deepEqual([t.directory('/mem').usedBytes, t.directory('/ssd1').usedBytes], [0, LENGTH]);
  assert.equal(await t.store.move(id(1), 'SSD'), 0, 'it is there already');
  await t.open();
  assert.ok(await t.isWhole(1));
  assert.equal(t.block(1).directory.path, '/ssd1');
});

test('a move makes room where it goes, and says what is wrong', async () => {
  const t = await new Tiers({ mem: 4 * KIB, ssd1: 2 * KIB, ssd2: KIB }).open();
  await t.put(1, 2 * KIB);
  await t.put(2, 2 * KIB, 'SSD');
  assert.equal(await t.store.move(id(1), 'SSD'), 2 * KIB);
  assert.deepEqual(t.told, ['evicted 2', 'moved 1 /mem /ssd1']);
  await t.put(3, 3 * KIB);
  assert.equal(await kindOfFailure(t.store.move(id(3), 'SSD')), 'resourceExhausted');
  assert.equal(await kindOfFailure(t.store.move(id(3), 'HDD')), 'failedPrecondition');
  assert.equal(await kindOfFailure(t.store.move(id(4), 'SSD')), 'internal');
  t.store.hold(t.block(3));
  assert.equal(await kindOfFailure(t.store.move(id(1), 'MEM')), 'resourceExhausted');
});

test('of a block that is moved twice at once one move wins, and no room is lost', async () => {
  const t = await new Tiers({ mem: 4 * MIB, ssd1: 4 * MIB, hdd: 4 * MIB }).open();
  await t.put(1, LENGTH);
  const outcomes = await Promise.allSettled([t.store.move(id(1), 'SSD'), t.store.move(id(1), 'HDD')]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal(t.files().length, 1);
  const used = t.store.directories.map(({ usedBytes }) => usedBytes);
  assert.equal(
    used.reduce((a, b) => a + b),
    LENGTH,
  );
});

test('a block that is removed while it moves is gone from both directories', async () => {
  const t = await new Tiers({ mem: 4 * MIB, ssd1: 4 * MIB }).open();
  await t.put(1, LENGTH);
  const moving = kindOfFailure(t.store.move(id(1), 'SSD'));
  const removed = t.store.remove(id(1));
  assert.equal(await moving, 'unavailable');
  assert.equal(await removed, true);
  assert.deepEqual(t.files(), []);
  assert.deepEqual(
    t.store.usage().map(({ usedBytes }) => usedBytes),
    [0, 0],
  );
});

test('a damaged page does not move', async () => {
  const t = await new Tiers({ mem: 4 * MIB, ssd1: 4 * MIB }).open();
  await t.put(1, LENGTH);
  t.disk.flipBit('/mem/alluxioworker/1', (MIB + 5) * 8);
  await assert.rejects(t.store.move(id(1), 'SSD'), { kind: 'dataLoss', message: /page 1/ });
  assert.deepEqual(t.files(), ['/mem/alluxioworker/1']);
  assert.equal(t.directory('/ssd1').usedBytes, 0);
});

test('a kill at any moment of a move leaves one whole copy', () => everyMoment('kill'));

test('a power failure at any moment of a move leaves one whole copy', () => everyMoment('crash'));

async function everyMoment(end: 'kill' | 'crash'): Promise<void> {
  let left = 0;
  for (let stop = 1; ; stop++) {
    const t = await new Tiers({ mem: 4 * MIB, ssd1: 4 * MIB }).open();
    await t.put(1, LENGTH);
    await makeDurable(t);
    let calls = 0;
    const died = new Promise<void>((resolve) => {
      t.disk.failpoint = () => {
        if (++calls !== stop) return undefined;
        t.disk[end]();
        resolve();
        return fail('unavailable', 'too late for anybody');
      };
    });
    const moved = t.store.move(id(1), 'SSD').then(
      () => 'moved',
      () => 'failed',
    );
    // The old files go in the background.
    const over = moved.then(async (how) => {
      await t.clock.run(Promise.resolve());
      return how;
    });
    const how = await Promise.race([died.then(() => 'died'), over]);
    t.mend();
    if (how === 'moved' && calls < stop) break;
    await t.open();
    assert.ok(await t.isWhole(1), `at call ${stop}`);
    assert.equal(t.files().length, 1, `at call ${stop}`);
    assert.equal(
      t.store.usage().reduce((sum, { usedBytes }) => sum + usedBytes, 0),
      LENGTH,
    );
    left++;
  }
  assert.ok(left > 15, `${left} moments`);
}

async function makeDurable(t: Tiers): Promise<void> {
  const disk = t.disk.mount();
  for (const path of ['/mem/alluxioworker/1', '/mem/alluxioworker/.meta/1']) await (await disk.open(path, 'update')).sync();
  for (const path of t.disk.paths().reverse()) if (t.disk.lengthOf(path) === undefined) await disk.syncDirectory(path);
}
