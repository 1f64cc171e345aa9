import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, type BlockId } from '@alluvium/base';
import { PageDamaged } from '@alluvium/worker/read/checked-window.js';
import { mendedWindow } from '@alluvium/worker/read/mended-window.js';
import { PagePool } from '@alluvium/worker/transfer/page-pool.js';
import { inputOutputError, KIB, kindOfFailure, Tiers } from './sim-tiers.js';

const CHECK_MS = 10_000;
const SSD = { ssd1: 8 * KIB, ssd2: 8 * KIB };
const id = (n: number): BlockId => BigInt(n) as BlockId;

/** Two directories with two blocks each. */
async function four(): Promise<Tiers> {
  const t = await new Tiers(SSD).open();
  await t.store.belongTo('cluster-a');
  for (const n of [1, 2, 3, 4]) await t.put(n, KIB);
  assert.deepEqual(t.where(), { '/ssd1': [1, 3], '/ssd2': [2, 4] });
  return t;
}

async function afterCheck(t: Tiers): Promise<void> {
  t.store.watch.start();
  const { promise, resolve } = Promise.withResolvers<void>();
  t.clock.schedule(CHECK_MS + 1, resolve);
  await t.clock.run(promise);
  // Ends the watch of this store, whose checks are over then.
  await t.clock.run(Promise.all(t.store.directories.map((directory) => t.store.watch.check(directory))));
}

for (const [what, error, works] of [
  ['EIO', inputOutputError, () => false],
  ['read-only', () => fail('permissionDenied', 'EROFS'), (verb: string) => ['stat', 'list', 'read'].includes(verb)],
  ['gone', () => fail('notFound', 'ENOENT'), () => false],
] as const) {
  test(`disk full, EIO or read-only on one tier directory: the others keep working, the directory is quarantined (${what})`, async () => {
    const t = await four();
    t.break('/ssd1', error, works);
    for (const n of [5, 6]) {
      const kind = await kindOfFailure(t.put(n, KIB));
      if (kind !== 'none') await t.put(n, KIB);
    }
    assert.deepEqual(t.where(), { '/ssd2': [2, 4, 5, 6] });
    assert.deepEqual(t.told.slice().sort(), ['/ssd1 lost', 'directoryLost 1', 'directoryLost 3']);
    assert.deepEqual([...t.store.lostStorage()], [['SSD', ['/ssd1']]]);
    assert.deepEqual(t.store.usage(), [{ alias: 'SSD', capacityBytes: 8 * KIB, usedBytes: 4 * KIB }]);
    assert.equal(await kindOfFailure(t.store.read(id(1))), 'notFound');
    assert.ok(await t.isWhole(2));
    await t.store.remove(id(2));
    await afterCheck(t);
    assert.equal(t.directory('/ssd1').state, 'lost', 'it still fails');
    t.mend();
    t.told.length = 0;
    await afterCheck(t);
    assert.deepEqual(t.told.slice().sort(), ['/ssd1 serving', 'recovered 1', 'recovered 3']);
    assert.deepEqual(t.where(), { '/ssd1': [1, 3], '/ssd2': [4, 5, 6] });
    assert.ok(await t.isWhole(1));
    assert.equal(t.directory('/ssd1').usedBytes, 2 * KIB);
    assert.equal(t.store.lostStorage().size, 0);
  });
}

test('disk full, EIO or read-only on one tier directory: the others keep working, the directory is quarantined (disk full)', async () => {
  const t = await four();
  t.break(
    '/ssd1',
    () => fail('resourceExhausted', 'ENOSPC'),
    (verb) => verb !== 'write',
  );
  for (const n of [5, 6, 7]) {
    const kind = await kindOfFailure(t.put(n, KIB));
    assert.ok(kind === 'none' || kind === 'resourceExhausted');
    if (kind !== 'none') await t.put(n, KIB);
  }
  assert.deepEqual(t.where(), { '/ssd1': [1, 3], '/ssd2': [2, 4, 5, 6, 7] }, 'what is there is served on');
  assert.ok(await t.isWhole(1));
  await afterCheck(t);
  assert.equal(t.directory('/ssd1').state, 'full');
  t.mend();
  await afterCheck(t);
  await t.put(8, KIB);
  assert.equal(t.block(8).directory.path, '/ssd1');
  assert.deepEqual(t.told, []);
});

test('a read that fails because its directory is gone finds that out', async () => {
  const t = await four();
  t.break('/ssd2', inputOutputError);
  assert.equal(await kindOfFailure(t.store.read(id(2))), 'notFound');
  assert.deepEqual(t.told.slice().sort(), ['/ssd2 lost', 'directoryLost 2', 'directoryLost 4']);
  assert.ok(t.files().includes('/ssd2/alluxioworker/2'), 'nothing there is removed');
});

test('a directory that comes back does not bring what was stored elsewhere meanwhile', async () => {
  const t = await four();
  t.break('/ssd1', inputOutputError);
  await t.store.watch.check(t.directory('/ssd1'));
  await t.put(1, 2 * KIB);
  t.mend();
  await afterCheck(t);
  assert.deepEqual(t.where(), { '/ssd1': [3], '/ssd2': [1, 2, 4] });
  assert.equal(t.block(1).length, 2 * KIB);
  assert.deepEqual(t.files().length, 4);
});

test('a writer whose directory is lost fails, and the directory comes back when it has ended', async () => {
  const t = await four();
  const temp = await t.store.createTemp({ id: id(9), session: 1n, reserveBytes: KIB });
  assert.equal(temp.directory.path, '/ssd1');
  t.break('/ssd1', inputOutputError);
  await assert.rejects(temp.write([Buffer.alloc(10)]), { kind: 'dataLoss' });
  await assert.rejects(temp.commit(), { kind: 'unavailable' });
  t.mend();
  await afterCheck(t);
  assert.equal(t.directory('/ssd1').state, 'serving');
  assert.equal(t.directory('/ssd1').usedBytes, 2 * KIB);
});

test('a damaged note of the cluster sets only its directory aside', async () => {
  const t = await four();
  t.disk.restore('/ssd1/alluxioworker/.meta/cluster', Buffer.from('what is this'));
  await t.open();
  await t.store.belongTo('cluster-a');
  assert.deepEqual(t.where(), { '/ssd2': [2, 4] });
  await t.put(5, KIB);
  await afterCheck(t);
  assert.deepEqual([...t.store.lostStorage()], [['SSD', ['/ssd1']]]);
  t.disk.restore('/ssd1/alluxioworker/.meta/cluster', Buffer.from('cluster-a\n'));
  await afterCheck(t);
  assert.deepEqual(t.where(), { '/ssd1': [1, 3], '/ssd2': [2, 4, 5] });
});

test('a directory that fails at the start is set aside; the last one is not', async () => {
  const t = await four();
  t.told.length = 0;
  t.break('/ssd1', inputOutputError);
  await t.open();
  assert.deepEqual(t.where(), { '/ssd2': [2, 4] });
  t.disk.failpoint = inputOutputError;
  await assert.rejects(t.open(), { kind: 'dataLoss' });
});

test('a block file length other than in its metadata, a 0-byte replica or a stale block file: each is dropped and stops no start', async () => {
  const t = await four();
  const disk = t.disk.mount();
  await (await disk.open('/ssd1/alluxioworker/1', 'update')).truncate(KIB - 1);
  await (await disk.open('/ssd2/alluxioworker/2', 'update')).write([Buffer.alloc(9)], KIB);
  await (await disk.open('/ssd1/alluxioworker/3', 'write')).sync();
  await (await disk.open('/ssd2/alluxioworker/77', 'write')).write([Buffer.alloc(9)], 0);
  await t.open();
  assert.deepEqual(t.where(), { '/ssd2': [4] });
  assert.deepEqual(t.files(), ['/ssd2/alluxioworker/4']);
  await t.put(77, 5);
  assert.equal(t.block(77).length, 5);
});

test('of two copies of a block in two directories the one that was made later stays', async () => {
  const t = await four();
  const disk = t.disk.mount();
  const old = await Promise.all(['/ssd1/alluxioworker/1', '/ssd1/alluxioworker/.meta/1'].map((path) => disk.readFile(path)));
  await t.store.remove(id(1));
  await t.put(1, 2 * KIB);
  const directory = t.block(1).directory.path === '/ssd1' ? '/ssd2' : '/ssd1';
  t.disk.restore(`${directory}/alluxioworker/1`, old[0]!);
  t.disk.restore(`${directory}/alluxioworker/.meta/1`, old[1]!);
  await t.open();
  assert.equal(t.block(1).length, 2 * KIB);
  assert.equal(t.files().filter((path) => path.endsWith('/1')).length, 1);
});

test('a temp block that was given up is not "already committed", and a reused block keeps no longer old tail', async () => {
  const t = await four();
  const first = await t.store.createTemp({ id: id(9), session: 9n, reserveBytes: 3 * KIB });
  await first.write([Buffer.alloc(3 * KIB, 'old')]);
  t.disk.failpoint = ({ verb, path }) => (verb === 'remove' && path === first.path ? fail('unknown', 'not now') : undefined);
  await first.abort();
  t.mend();
  assert.equal(t.disk.lengthOf(first.path), 3 * KIB, 'the old file is still there');
  await t.put(9, 10);
  assert.equal(t.disk.lengthOf(t.block(9).directory.layout.block(id(9))), 10);
  assert.ok(await t.isWhole(9));
  assert.equal(await kindOfFailure(t.put(9, 10)), 'internal', 'now it is');
});

test('what the disk does not give while a block is read counts as damage, and a directory that gives nothing is set aside', async () => {
  const t = await four();
  const asked: number[] = [];
  const repair = {
    repair: async (_: unknown, page: number) => {
      asked.push(page);
      return 'quarantined' as const;
    },
  };
  const d = { pool: new PagePool(1), repair };
  const reader = await t.store.read(id(1));
  t.disk.failpoint = ({ verb, path }) => (verb === 'read' && path.endsWith('/1') ? inputOutputError() : undefined);
  await assert.rejects(mendedWindow(d, reader, 5, 10), PageDamaged);
  assert.deepEqual([asked, t.directory('/ssd1').state], [[0], 'serving'], 'one bad place is no bad disk');
  t.break('/ssd1', inputOutputError);
  await assert.rejects(mendedWindow(d, reader, 5, 10), PageDamaged);
  assert.deepEqual([asked, t.directory('/ssd1').state], [[0], 'lost']);
  reader.close();
  t.mend();
  await afterCheck(t);
  assert.ok(await t.isWhole(1));
});
