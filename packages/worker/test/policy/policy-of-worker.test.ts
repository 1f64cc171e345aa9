// A worker with a master that tells it of classes, over a network in memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cacheService } from '@alluvium/wire';
import { PAGE_BYTES } from '@alluvium/worker/store/pages.js';
import { cluster, type Cluster } from '../fakes/cluster.js';
import { patterned, readBlock, ufsOptions } from '../fakes/client-calls.js';

const { CachePriority: P } = cacheService;
const MIB = 1 << 20;
const LENGTH = MIB;

/** The first block of the file with this number. */
const block = (file: number): bigint => BigInt(file) << 24n;
const fileOf = (id: bigint): number => Number(id >> 24n);

interface Says {
  epoch: bigint;
  classes: cacheService.CacheClass[];
  /** The class of a file by its number. */
  classOf: (file: number) => number;
  renamed: bigint[];
}

function says(c: Cluster, classes: cacheService.CacheClass[] = []): Says {
  const told: Says = { epoch: 1n, classes, classOf: (file) => Math.floor(file / 100), renamed: [] };
  c.master.exchange = ({ fileIds = [], classesVersion }) => {
    const version = `${told.epoch} ${told.classes.map(({ shareBytes }) => shareBytes).join()}`;
    const changedFileIds = told.renamed;
    told.renamed = [];
    return {
      epoch: told.epoch,
      classesVersion: version,
      changes: 1n,
      changedFileIds,
      changedFileBlocks: changedFileIds.map(() => 1),
      fileClasses: fileIds.map((id) => told.classOf(fileOf(id))),
      filePlaces: fileIds.map((id) => fileOf(id) % 10),
      ...(classesVersion !== version && { classes: { classes: told.classes } }),
    };
  };
  return told;
}

async function world(t: Parameters<typeof cluster>[0], classes: cacheService.CacheClass[]) {
  const c = await cluster(t, { start: false, ramdisk: '16MB' });
  const told = says(c, classes);
  await c.worker.start();
  await c.master.until(() => c.master.exchanges.length > 1);
  const bytes = patterned(LENGTH);
  c.store.files.set('f', bytes);
  const read = async (file: number, noCache = false): Promise<void> => {
    const ufs = { ...ufsOptions('f', LENGTH), ...(noCache && { noCache }) };
    assert.ok(bytes.equals(await readBlock(c.channel, block(file), { length: LENGTH, ufs })));
  };
  /** Once the worker has told so much of all places together. */
  const sums = (): Record<'hits' | 'hitBytes' | 'misses' | 'missBytes', number> => {
    const out = { hits: 0, hitBytes: 0, misses: 0, missBytes: 0 };
    for (const { places = [] } of c.master.exchanges)
      for (const { figures = {} } of places)
        for (const key of Object.keys(out) as (keyof typeof out)[]) out[key] += Number(figures[key] ?? 0n);
    return out;
  };
  const used = (classId: number): number =>
    Number(c.master.exchanges.at(-1)?.classes?.find((each) => each.classId === classId)?.usedBytes ?? -1n);
  const explain = async (...files: number[]): Promise<cacheService.BlockFacts[]> => {
    const { length } = c.master.explained;
    await c.master.order({ explain: { requestId: BigInt(length), blockIds: files.map(block) } });
    await c.master.until(() => c.master.explained.length > length);
    const { requestId, blocks = [] } = c.master.explained.at(-1)!;
    assert.equal(requestId, BigInt(length));
    return blocks;
  };
  return { c, told, read, sums, used, explain };
}

test('a quota is kept: what is beyond it pushes out its own, and is told so', async (t) => {
  const { c, read, used, explain } = await world(t, [{ id: 1, path: '/a', quotaClassId: 1, shareBytes: BigInt(2 * LENGTH) }]);
  for (const file of [1, 101, 102]) await read(file);
  await c.master.until(() => used(1) === 2 * LENGTH);
  await read(103);
  await c.master.until(() => c.master.exchanges.some(({ left = [] }) => left.some(({ reason }) => reason === 'evictedOverQuota')));
  await c.master.until(() => used(1) <= 2 * LENGTH);
  const [other, first, last] = await explain(1, 101, 103);
  assert.deepEqual([other!.cached, other!.tier, other!.pages], [true, 'MEM', LENGTH / PAGE_BYTES]);
  assert.deepEqual([first!.cached, first!.leftWhy], [false, 'evicted because the quota of its path was used up']);
  assert.ok((first!.leftMs ?? 0n) > 0n);
  assert.deepEqual([last!.cached, last!.overQuota], [true, true]);
});

test('a file that fits into no quota is read all the same, past the cache', async (t) => {
  const { c, told, read, explain } = await world(t, [{ id: 1, path: '/a', quotaClassId: 1, shareBytes: 1000n }]);
  // The first read makes the class known.
  await read(101, true);
  await c.master.until(() => c.master.exchanges.some(({ fileIds = [] }) => fileIds.some((id) => fileOf(id) === 101)));
  await c.master.until(() => c.master.exchanges.some(({ places = [] }) => places.some(({ place }) => place === 1)));
  await read(101);
  await c.master.until(() => c.master.exchanges.some(({ misses = [] }) => misses.some(({ reason }) => reason === 'overQuota')));
  const [facts] = await explain(101);
  assert.deepEqual([facts!.cached, facts!.misses, facts!.lastMiss], [false, 2n, 'the quota of its path is used up']);
  told.classes = [];
  told.epoch++;
});

test('reads are told by place, user and reason', async (t) => {
  const { c, read, sums, explain } = await world(t, []);
  await read(3);
  await c.master.until(() => c.master.committed.has(block(3)));
  await read(3);
  await read(4, true);
  await c.master.until(() => sums().hits + sums().misses === 3);
  assert.deepEqual(sums(), { hits: 1, hitBytes: LENGTH, misses: 2, missBytes: 2 * LENGTH });
  const byPlace = new Map<number, bigint>();
  const users = new Map<string, bigint>();
  const misses = new Map<string, bigint>();
  for (const exchange of c.master.exchanges) {
    for (const { place = 0, figures } of exchange.places ?? []) byPlace.set(place, (byPlace.get(place) ?? 0n) + (figures?.missBytes ?? 0n));
    for (const { user = '', figures } of exchange.users ?? []) users.set(user, (users.get(user) ?? 0n) + (figures?.hitBytes ?? 0n));
    for (const { reason = '', bytes = 0n } of exchange.misses ?? []) misses.set(reason, (misses.get(reason) ?? 0n) + bytes);
  }
  assert.deepEqual(Object.fromEntries(byPlace), { 3: BigInt(LENGTH), 4: BigInt(LENGTH) });
  assert.deepEqual(Object.fromEntries(users), { somebody: BigInt(LENGTH) });
  assert.deepEqual(Object.fromEntries(misses), { neverCached: BigInt(LENGTH), noCache: BigInt(LENGTH) });
  const [three, four] = await explain(3, 4, 5);
  assert.deepEqual([three!.cached, three!.hits, three!.misses, three!.lastMiss], [true, 1n, 1n, 'never cached here']);
  assert.deepEqual([four!.cached, four!.lastMiss], [false, 'the client asked not to cache it']);
  assert.equal((await explain(3, 4, 5)).length, 2, 'nothing is known of the third');
});

test('blocks that are here change their class when their files are renamed, or when classes come', async (t) => {
  const { c, told, read, used } = await world(t, []);
  for (const file of [101, 102, 201]) await read(file);
  told.classes = [
    { id: 1, path: '/a', priority: P.HIGH },
    { id: 2, path: '/b', priority: P.LOW },
  ];
  told.epoch++;
  // What is asked in vain is asked again.
  const answer = c.master.exchange!;
  let failures = 0;
  c.master.exchange = (request) => {
    if (request.fileIds?.length === 3 && failures++ < 2) throw new Error('busy');
    return answer(request);
  };
  await c.master.until(() => used(1) === 2 * LENGTH && used(2) === LENGTH);
  told.classOf = (file) => (file === 101 ? 2 : Math.floor(file / 100));
  told.renamed = [(101n << 24n) | 0xffffffn];
  await c.master.until(() => used(1) === LENGTH && used(2) === 2 * LENGTH);
});

test('what a master did not hear is told again, and a master of Alluxio hears nothing', async (t) => {
  const { c, read, sums } = await world(t, []);
  const { exchange } = c.master;
  const hasUsers = (): boolean => c.master.exchanges.some(({ users = [] }) => users.length > 0);
  c.master.exchange = () => {
    throw new Error('busy');
  };
  await read(1);
  await c.master.until(hasUsers);
  c.master.exchanges.length = 0;
  c.master.exchange = exchange;
  await c.master.until(() => sums().misses === 1 && hasUsers());
  c.master.exchange = undefined;
  const told = c.master.exchanges.length;
  const { length } = c.master.heartbeats;
  await c.master.until(() => c.master.heartbeats.length > length + 3);
  assert.equal(c.master.exchanges.length, told);
});
