import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Configuration } from '@alluvium/platform';
import { SeededRandom } from '@alluvium/testkit';
import { acceptAll, allocatorOf, reviewerOf } from '@alluvium/worker/store/allocator.js';
import { blockFolders, storageDirectories, storePolicies } from '@alluvium/worker/tier-options.js';
import { KIB, kindOfFailure, Tiers } from './sim-tiers.js';

const STORE = 'alluxio.worker.tieredstore';

const described = (values: Record<string, string>) =>
  storageDirectories(Configuration.of(values)).map(({ path, tierAlias, mediumType, capacityBytes }) =>
    [path, tierAlias, mediumType, capacityBytes].join(' '),
  );

test('unless told otherwise a worker has one tier in memory', () => {
  assert.deepEqual(described({}), ['/dev/shm MEM MEM 1073741824']);
  assert.deepEqual(described({ 'alluxio.worker.ramdisk.size': '2MB' }), ['/dev/shm MEM MEM 2097152']);
});

test('tiers are configured as in Alluxio: lists of directories, the last value standing for those that follow', () => {
  const values = {
    [`${STORE}.levels`]: '3',
    [`${STORE}.level0.dirs.path`]: '/mem',
    [`${STORE}.level0.dirs.quota`]: '1GB',
    [`${STORE}.level1.alias`]: 'SSD',
    [`${STORE}.level1.dirs.path`]: '/ssd1, /ssd2,/nvme',
    [`${STORE}.level1.dirs.quota`]: '10GB,20GB',
    [`${STORE}.level1.dirs.mediumtype`]: 'SSD,SSD,NVME',
    [`${STORE}.level2.dirs.path`]: '/hdd',
    [`${STORE}.level2.dirs.quota`]: '1TB',
  };
  assert.deepEqual(described(values), [
    '/mem MEM MEM 1073741824',
    '/ssd1 SSD SSD 10737418240',
    '/ssd2 SSD SSD 21474836480',
    '/nvme SSD NVME 21474836480',
    '/hdd HDD HDD 1099511627776',
  ]);
  assert.equal(blockFolders(Configuration.of(values))[4], '/hdd/alluxioworker');
});

for (const [what, values, message] of [
  ['too many levels', { levels: '4' }, /levels: 1 to 3/],
  ['a tier without directories', { levels: '2' }, /level1\.dirs\.path names no directory/],
  ['a tier without quotas', { levels: '2', 'level1.dirs.path': '/ssd' }, /level1\.dirs\.quota is not set/],
  ['more quotas than directories', { 'level0.dirs.quota': '1GB,2GB' }, /2 values of .*level0\.dirs\.quota/],
  ['more media than directories', { 'level0.dirs.mediumtype': 'MEM,SSD' }, /2 values of .*level0\.dirs\.mediumtype/],
  ['a quota that is no size', { 'level0.dirs.quota': 'lots' }, /"lots" of .*level0\.dirs\.quota/],
  ['a quota of nothing', { 'level0.dirs.quota': '0' }, /more than nothing/],
  ['an unknown name', { 'level0.alias': 'TAPE' }, /"TAPE".*MEM, SSD, HDD/],
  ['two tiers of one name', { levels: '2', 'level1.alias': 'MEM', 'level1.dirs.path': '/b', 'level1.dirs.quota': '1GB' }, /the name "MEM"/],
  ['one directory twice', { 'level0.dirs.path': '/a,/a/' }, /the path "\/a\/alluxioworker"/],
  ['a relative path', { 'level0.dirs.path': 'a' }, /an absolute path/],
] as const) {
  test(`tiers that do not fit together are refused: ${what}`, () => {
    const named = Object.fromEntries(Object.entries(values).map(([name, value]) => [`${STORE}.${name}`, value]));
    assert.throws(() => described(named), { kind: 'invalidArgument', message });
  });
}

test('policies go by the class names of Alluxio, whole or short', () => {
  const random = new SeededRandom(1);
  for (const name of ['alluxio.worker.block.allocator.RoundRobinAllocator', 'GreedyAllocator', 'MaxFree'])
    storePolicies(Configuration.of({ 'alluxio.worker.allocator.class': name }), random);
  for (const option of ['allocator.class', 'reviewer.class', 'block.annotator.class'])
    assert.throws(() => storePolicies(Configuration.of({ [`alluxio.worker.${option}`]: 'my.own.Thing' }), random), {
      kind: 'invalidArgument',
      message: /"my\.own\.Thing"/,
    });
});

async function spread(allocator: string, blocks: readonly number[]): Promise<Record<string, number[]>> {
  const t = await new Tiers({ ssd1: 10 * KIB, ssd2: 20 * KIB }).open({ allocator: allocatorOf(allocator) });
  let id = 0;
  for (const length of blocks) await t.put(++id, length);
  return t.where();
}

test('MaxFree, RoundRobin and Greedy allocate each its way', async () => {
  const blocks = [8 * KIB, 8 * KIB, 8 * KIB];
  assert.deepEqual(await spread('MaxFreeAllocator', blocks), { '/ssd1': [3], '/ssd2': [1, 2] });
  assert.deepEqual(await spread('RoundRobinAllocator', blocks), { '/ssd1': [1], '/ssd2': [2, 3] });
  assert.deepEqual(await spread('RoundRobinAllocator', [1, 1, 1]), { '/ssd1': [1, 3], '/ssd2': [2] });
  assert.deepEqual(await spread('GreedyAllocator', [4 * KIB, 4 * KIB, 4 * KIB]), { '/ssd1': [1, 2], '/ssd2': [3] });
});

test('a new block goes to the highest tier with room, or where its writer wants it, before anything is evicted', async () => {
  const t = await new Tiers({ mem: 2 * KIB, ssd1: 2 * KIB, hdd: KIB }).open();
  await t.put(1, KIB, 'HDD');
  await t.put(2, 2 * KIB);
  await t.put(3, KIB);
  await t.put(4, KIB, 'HDD');
  assert.deepEqual(t.where(), { '/hdd': [1], '/mem': [2], '/ssd1': [3, 4] });
  assert.deepEqual(t.told, []);
  await t.put(5, KIB, 'HDD');
  await t.put(6, KIB);
  assert.deepEqual(t.told, ['evicted 1', 'evicted 2']);
  assert.deepEqual(t.where(), { '/hdd': [5], '/mem': [6], '/ssd1': [3, 4] });
  assert.equal(await kindOfFailure(t.put(7, 3 * KIB)), 'resourceExhausted');
  assert.equal(t.told.length, 2, 'what cannot be met evicts nothing');
});

test('among full directories of a tier those blocks make room that are coldest in all of them', async () => {
  const t = await new Tiers({ ssd1: 2 * KIB, ssd2: 2 * KIB }).open();
  for (const id of [1, 2, 3, 4]) await t.put(id, KIB);
  for (const id of [1, 3, 2]) await t.touch(id);
  await t.put(5, KIB);
  await t.put(6, KIB);
  assert.deepEqual(t.told, ['evicted 4', 'evicted 1']);
});

test('the reviewer sends blocks elsewhere the more often, the less room would be left', async () => {
  const limits = { softBytes: 6 * KIB, hardBytes: 2 * KIB };
  const reviewer = reviewerOf('ProbabilisticBufferReviewer', limits, new SeededRandom(2));
  const { store } = await new Tiers({ mem: 10 * KIB }).open();
  const [directory] = store.directories;
  const share = (bytes: number): number => Array.from({ length: 1000 }, () => reviewer(directory!, bytes)).filter(Boolean).length / 1000;
  assert.equal(share(3 * KIB), 1);
  assert.equal(share(9 * KIB), 0);
  assert.ok(Math.abs(share(6 * KIB) - 0.5) < 0.06);
  assert.equal(reviewerOf('AcceptingReviewer', limits, new SeededRandom(2)), acceptAll);
  const t = await new Tiers({ mem: 10 * KIB, hdd: 100 * KIB }).open({ reviewer });
  await t.put(1, 4 * KIB);
  await t.put(2, 5 * KIB);
  assert.deepEqual(t.where(), { '/hdd': [2], '/mem': [1] });
  await t.put(3, 96 * KIB, 'HDD').catch(() => undefined);
  await t.put(4, 6 * KIB);
  assert.equal(t.block(4).directory.path, '/mem', 'but not for want of any other');
});

test('what begins small goes where there is room for what it may become, and evicts nothing later', async () => {
  const tiers = await new Tiers({ mem: 100 * KIB, ssd1: 1000 * KIB }).open();
  await tiers.put(1, 60 * KIB);
  const place = { tier: 0, mediumType: '' };
  assert.equal((await tiers.store.place(place, 4 * KIB, 90 * KIB))?.path, '/ssd1');
  assert.equal((await tiers.store.place(place, 4 * KIB, 30 * KIB))?.path, '/mem');
  assert.equal((await tiers.store.place(place, 4 * KIB, 2000 * KIB))?.path, '/mem', 'nowhere is room for all of it');
});
