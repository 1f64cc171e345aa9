import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId } from '@alluvium/base';
import { SeededRandom } from '@alluvium/testkit';
import { annotatorOf } from '@alluvium/worker/store/annotator.js';
import type { RemovalReason, Resident } from '@alluvium/worker/store/resident.js';
import { KIB, kindOfFailure, Tiers } from './sim-tiers.js';

test('LRU evicts what was used least lately; LRFU keeps what was used often', async () => {
  for (const [name, first] of [
    ['LRUAnnotator', 1],
    ['alluxio.worker.block.annotator.LRFUAnnotator', 2],
  ] as const) {
    const t = await new Tiers({ mem: 3 * KIB }).open({ annotator: annotatorOf(name, 0.05, 2) });
    for (const id of [1, 2, 3]) await t.put(id, KIB);
    for (let n = 0; n < 10; n++) await t.touch(1);
    await t.touch(2);
    await t.touch(3);
    await t.put(4, KIB);
    assert.deepEqual(t.told, [`evicted ${first}`], name);
  }
});

test('LRFU orders blocks as the counts do that shrink with every use of any block', () => {
  const step = 0.25;
  const random = new SeededRandom(5);
  const annotator = annotatorOf('LRFU', step, 2);
  const keys = new Map<number, number>();
  const counts = new Map<number, number>();
  for (let n = 0; n < 2000; n++) {
    const block = random.below(20);
    for (const [each, count] of counts) counts.set(each, count * 2 ** -step);
    counts.set(block, (counts.get(block) ?? 0) + 1);
    keys.set(block, annotator.used(keys.get(block)));
  }
  const order = (of: Map<number, number>) => [...of].sort((a, b) => a[1] - b[1]).map(([block]) => block);
  assert.deepEqual(order(keys), order(counts));
});

test('blocks of a lower class go first, whatever their use, and a class that falls goes with all its blocks', async () => {
  const ranks = [5, 5];
  const classes = { group: (id: BlockId) => Number(id) % 2, rank: (group: number) => ranks[group]! };
  const t = await new Tiers({ mem: 4 * KIB }).open({ classes });
  for (const id of [1, 2, 3, 4]) await t.put(id, KIB);
  await t.put(5, KIB);
  ranks[0] = 1;
  await t.put(7, KIB);
  await t.put(9, KIB);
  assert.deepEqual(t.told, ['evicted 1', 'evicted 2', 'evicted 4']);
});

test('a block whose class has changed goes with its new one', async () => {
  const groups = new Map<BlockId, number>();
  const group = (id: BlockId): number => groups.get(id) ?? 1;
  const t = await new Tiers({ mem: 3 * KIB }).open({ classes: { group, rank: (of: number) => of } });
  for (const id of [1, 2, 3]) await t.put(id, KIB);
  groups.set(3n as BlockId, 0);
  t.store.regroup(3n as BlockId);
  await t.put(4, KIB);
  assert.deepEqual(t.told, ['evicted 3']);
});

test('protected blocks are looked at once, not for every block that makes room', async () => {
  let looks = 0;
  const protectedIds = new Set<bigint>();
  const t = await new Tiers({ mem: 6000 }).open({
    isProtected: ({ id }) => {
      looks++;
      return protectedIds.has(id);
    },
    protectionVersion: () => version,
  });
  let version = 1;
  for (let id = 0; id < 5000; id++) {
    protectedIds.add(BigInt(id));
    await t.put(id, 1);
  }
  for (let id = 5000; id < 6000; id++) await t.put(id, 1);
  for (let id = 6000; id < 6500; id++) await t.clock.run(t.put(id, 1));
  assert.ok(looks < 6000, `${looks} looks`);
  assert.deepEqual(t.told.slice(0, 2), ['evicted 5000', 'evicted 5001']);
  // All others gone, the store is full of them; that is found out once.
  assert.equal(await kindOfFailure(t.clock.run(t.put(9999, 2000))), 'resourceExhausted');
  const before = looks;
  for (let n = 0; n < 10; n++) assert.equal(await kindOfFailure(t.clock.run(t.put(9999, 2000))), 'resourceExhausted');
  assert.ok(looks - before < 20, 'and not again before something has changed');
  version++;
  for (const id of [...protectedIds].slice(0, 2000)) protectedIds.delete(id);
  await t.clock.run(t.put(9999, 2000));
  assert.equal(t.block(9999).length, 2000);
});

test('what is freed ahead saves the next writers from evicting', async () => {
  const t = await new Tiers({ mem: 10 * KIB }).open({ freeAheadBytes: 2 * KIB });
  for (let id = 1; id <= 10; id++) await t.put(id, KIB);
  await t.put(11, KIB);
  assert.deepEqual(t.told, ['evicted 1', 'evictedAhead 2', 'evictedAhead 3']);
  await t.put(12, KIB);
  await t.put(13, KIB);
  assert.equal(t.told.length, 3);
});

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

  async take(bytes: number): Promise<boolean> {
    const isThere = await this.#t.store.reserve(this.directory, bytes);
    if (isThere) this.bytes += bytes;
    return isThere;
  }

  async drop(why: RemovalReason): Promise<void> {
    this.#t.told.push(`${why} pages of ${this.id}`);
    this.#t.store.leave(this);
    this.directory.usedBytes -= this.bytes;
    this.bytes = 0;
  }
}

test('a partly cached block makes room for others in its turn, unless somebody reads it', async () => {
  const t = await new Tiers({ mem: 4 * KIB }).open();
  await t.put(1, KIB);
  const [read, cold] = [new Pages(t, 2), new Pages(t, 3)];
  for (const pages of [read, cold]) {
    assert.ok(await pages.take(KIB));
    t.store.enter(pages);
  }
  read.holds = 1;
  assert.equal(t.store.has(2n as BlockId), false);
  assert.deepEqual(t.where(), { '/mem': [1] });
  await t.touch(1);
  await t.put(4, 2 * KIB);
  assert.deepEqual(t.told, ['evicted pages of 3']);
  await t.put(5, KIB);
  assert.deepEqual(t.told, ['evicted pages of 3', 'evicted 1']);
  assert.equal(await kindOfFailure(t.put(6, 4 * KIB)), 'resourceExhausted');
  assert.equal(await kindOfFailure(t.put(2, 1)), 'internal', 'of a block whose pages are being read there is no writer');
  read.holds = 0;
  await t.put(2, 1);
  assert.equal(t.told.at(-1), 'replaced pages of 2');
  assert.equal(t.directory('/mem').usedBytes, 3 * KIB + 1);
});

test('a partly cached block whose last page has come is a whole one', async () => {
  const t = await new Tiers({ mem: 4 * KIB }).open();
  const pages = new Pages(t, 2);
  await pages.take(3 * KIB);
  t.store.enter(pages);
  const path = `${pages.directory.layout.root}/pages`;
  await (await t.disk.mount().open(path, 'write')).write([Buffer.from('abc')], 0);
  const { id, directory } = pages;
  const made = { id, length: 3, directory, path, sums: Uint32Array.of(1), reservedBytes: pages.bytes };
  const block = await t.store.commitPages(made);
  assert.deepEqual([block.holds, block.length, t.directory('/mem').usedBytes], [1, 3, 3]);
  t.store.leave(pages);
  assert.ok(t.store.has(2n as BlockId), 'leaving afterwards is harmless');
  await assert.rejects(t.store.commitPages({ ...made, id: 3n as BlockId, path: directory.layout.block(id) }), { kind: 'aborted' });
});
