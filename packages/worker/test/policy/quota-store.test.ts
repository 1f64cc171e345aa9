import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId } from '@alluvium/base';
import { cacheService } from '@alluvium/wire';
import { ClassList } from '@alluvium/worker/policy/class-list.js';
import { QuotaKeeper } from '@alluvium/worker/policy/quota-keeper.js';
import type { RemovalReason, Resident } from '@alluvium/worker/store/resident.js';
import { KIB, Tiers, type Sizes } from '../store/sim-tiers.js';

const { CachePriority: P } = cacheService;

/** Blocks 100 to 199 are of class 1, and so on; a block of pages is of the class of its id too. */
const classOf = (id: BlockId): number => Math.floor(Number(id) / 100);

async function world(sizes: Sizes, list: readonly cacheService.CacheClass[]) {
  const classes: ClassList = new ClassList((group) => t.store.groupBytes(group));
  const t: Tiers = new Tiers(sizes);
  classes.set(list);
  await t.open({ classes: { group: classOf, rank: (group) => classes.rank(group) } });
  const keeper = new QuotaKeeper({ classes, classOf, store: { evictGroups: (...of) => t.store.evictGroups(...of) } });
  const used = (...groups: number[]): number[] => groups.map((group) => t.store.groupBytes(group) / KIB);
  return { t, classes, keeper, used };
}

/** What is in the order of eviction as pages of a block. */
class Pages implements Resident {
  readonly id: BlockId;
  readonly directory;
  readonly #t: Tiers;
  holds = 0;
  bytes = 0;

  constructor(t: Tiers, id: number) {
    this.id = BigInt(id) as BlockId;
    this.directory = t.directory('/mem');
    this.#t = t;
  }

  async take(bytes: number): Promise<void> {
    assert.ok(await this.#t.store.reserve(this.directory, bytes));
    this.bytes += bytes;
  }

  async drop(why: RemovalReason): Promise<void> {
    this.#t.told.push(`${why} pages of ${this.id}`);
    this.directory.usedBytes -= this.bytes;
    this.bytes = 0;
    this.#t.store.leave(this);
  }
}

test('when room is needed, blocks over their quota go first, then those of low, normal and high priority', async () => {
  const { t, classes, used } = await world({ mem: 8 * KIB }, []);
  for (const id of [301, 201, 1, 101, 102, 103, 202, 2]) await t.put(id, KIB);
  classes.set([
    { id: 1, path: '/quota', quotaClassId: 1, shareBytes: BigInt(2 * KIB) },
    { id: 2, path: '/low', priority: P.LOW },
    { id: 3, path: '/high', priority: P.HIGH },
  ]);
  assert.deepEqual(used(0, 1, 2, 3), [2, 3, 2, 1]);
  for (const id of [3, 4, 5]) await t.put(id, KIB);
  assert.deepEqual(t.told, ['evicted 101', 'evicted 201', 'evicted 202'], 'one was too much; what is in its quota is as good as others');
  t.told.length = 0;
  for (const id of [6, 7, 8, 9, 10, 11, 12]) await t.put(id, KIB);
  assert.deepEqual(t.told, ['evicted 1', 'evicted 102', 'evicted 103', 'evicted 2', 'evicted 3', 'evicted 4', 'evicted 5']);
  assert.deepEqual(t.where(), { '/mem': [6, 7, 8, 9, 10, 11, 12, 301] });
});

test('the bytes of a class are counted as blocks come, go, move and change their class', async () => {
  const { t, used } = await world({ mem: 4 * KIB, ssd1: 8 * KIB }, []);
  await t.put(101, 2 * KIB);
  await t.put(102, KIB);
  await t.put(201, KIB);
  assert.deepEqual(used(0, 1, 2), [0, 3, 1]);
  await t.store.move(101n as BlockId, 'SSD');
  assert.deepEqual(used(1, 2), [3, 1], 'in all directories');
  await t.store.remove(102n as BlockId);
  assert.deepEqual(used(1, 2), [2, 1]);
  const pages = new Pages(t, 103);
  t.store.enter(pages);
  await pages.take(KIB);
  assert.deepEqual(used(1, 2), [3, 1]);
  await t.store.remove(103n as BlockId);
  assert.deepEqual(used(1, 2), [2, 1]);
  const reader = await t.store.read(101n as BlockId);
  const removed = t.store.remove(101n as BlockId);
  assert.deepEqual(used(1, 2), [0, 1], 'what is removed counts no more, although it is still read');
  reader.close();
  await removed;
});

test('what is to be cached beyond a quota makes room among its own, whole blocks and pages; others stay', async () => {
  const { t, keeper, used } = await world({ mem: 16 * KIB }, [
    { id: 1, path: '/a', quotaClassId: 1, shareBytes: BigInt(4 * KIB) },
    { id: 2, path: '/a/b', quotaClassId: 1 },
  ]);
  await t.put(1, KIB);
  await t.put(101, KIB);
  await t.put(201, KIB);
  const pages = new Pages(t, 102);
  t.store.enter(pages);
  await pages.take(2 * KIB);
  assert.ok(keeper.admit(103n as BlockId, KIB));
  assert.deepEqual(t.told, ['evicted 101']);
  await t.put(103, KIB);
  assert.ok(keeper.admit(104n as BlockId, 2 * KIB));
  assert.deepEqual(t.told.splice(0), ['evicted 101', 'evicted 201', 'evicted pages of 102']);
  assert.deepEqual(used(0, 1, 2), [1, 1, 0]);
  await t.put(104, 2 * KIB);
  t.protectedIds.add(103n).add(104n);
  assert.ok(!keeper.admit(105n as BlockId, 2 * KIB), 'what is pinned does not make room');
  assert.ok(keeper.hasRefused(105n as BlockId));
  assert.deepEqual(t.told, []);
  t.protectedIds.clear();
  assert.ok(keeper.admit(105n as BlockId, 2 * KIB), 'but does when it is not pinned any more');
  assert.ok(!keeper.hasRefused(105n as BlockId));
});

test('what is in use is not evicted for a quota, and goes later', async () => {
  const { t, classes, keeper, used } = await world({ mem: 16 * KIB }, []);
  for (const id of [101, 102, 103]) await t.put(id, KIB);
  const readers = await Promise.all([101n, 102n].map((id) => t.store.read(id as BlockId)));
  t.store.hold(t.block(101));
  classes.set([{ id: 1, path: '/a', quotaClassId: 1, shareBytes: 0n }]);
  keeper.trim();
  assert.deepEqual([t.told, used(1)], [['evicted 103'], [2]]);
  for (const reader of readers) reader.close();
  keeper.trim();
  assert.deepEqual([t.told.splice(0), used(1)], [['evicted 103', 'evicted 102'], [1]]);
  t.store.release(t.block(101));
  keeper.trim();
  assert.deepEqual([t.told, used(1)], [['evicted 101'], [0]]);
});
