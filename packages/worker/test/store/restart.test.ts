import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { crc32c } from '@alluvium/platform';
import { SimClock } from '@alluvium/testkit';
import { allPages, LARGE_PAGE_BYTES } from '@alluvium/worker/store/pages.js';
import { encodeSidecar } from '@alluvium/worker/store/sidecar.js';
import { SmallFiles } from '@alluvium/worker/store/small-files.js';
import { KIB, Tiers } from './sim-tiers.js';

const PACK = '/mem/alluxioworker/.meta/pack';

/** Reads of sidecars, from now on. */
function countReads(t: Tiers): { readonly sidecars: number } {
  const counted = { sidecars: 0 };
  t.disk.failpoint = ({ verb, path }) => {
    if (verb === 'open' && /\.meta\/\d+$/.test(path)) counted.sidecars++;
    return undefined;
  };
  return counted;
}

async function stopped(): Promise<Tiers> {
  const t = await new Tiers({ mem: 16 << 20, hdd: 100 * KIB }).open();
  await t.put(1, KIB);
  await t.put(2, (5 << 20) + 7, '', true);
  await t.put(3, KIB, 'HDD');
  await t.put(4, 0);
  await t.store.close();
  assert.ok(t.disk.lengthOf(PACK)! > 0);
  return t;
}

test('after a stop in order a start reads one file instead of all sidecars, and finds the same', async () => {
  const t = await stopped();
  const before = [1, 2, 3, 4]
    .map((id) => t.block(id))
    .map(({ generation, length, pageCount, pinned }) => ({ generation, length, pageCount, pinned }));
  const reads = countReads(t);
  await t.open();
  assert.equal(reads.sidecars, 0);
  assert.deepEqual(t.where(), { '/hdd': [3], '/mem': [1, 2, 4] });
  const after = [1, 2, 3, 4]
    .map((id) => t.block(id))
    .map(({ generation, length, pageCount, pinned }) => ({ generation, length, pageCount, pinned }));
  assert.deepEqual(after, before);
  for (const id of [1, 2, 3]) assert.ok(await t.isWhole(id));
  assert.equal(t.block(2).sumOf(5) === undefined, false);
  assert.equal(t.disk.lengthOf(PACK), undefined, 'it is no more once blocks may change');
});

test('what has changed since the stop is not believed of the packed sidecars', async () => {
  const t = await stopped();
  const disk = t.disk.mount();
  await disk.remove('/mem/alluxioworker/1');
  await (await disk.open('/mem/alluxioworker/2', 'update')).truncate(5);
  await t.open();
  assert.deepEqual(t.where(), { '/hdd': [3], '/mem': [4] });
  assert.deepEqual(t.files(), ['/hdd/alluxioworker/3', '/mem/alluxioworker/4']);
  assert.deepEqual(
    t.disk.paths().filter((path) => /\.meta\/[12]$/.test(path)),
    [],
    'nor are their sidecars left',
  );
});

test('where the packed sidecars are damaged, the sidecars are read', async () => {
  const bits = (await stopped()).disk.lengthOf(PACK)! * 8;
  for (let bit = 0; bit < bits; bit += 509) {
    const t = await stopped();
    t.disk.flipBit(PACK, bit);
    const reads = countReads(t);
    await t.open();
    assert.deepEqual(t.where(), { '/hdd': [3], '/mem': [1, 2, 4] }, `bit ${bit}`);
    assert.ok(reads.sidecars > 0, `bit ${bit}`);
    assert.ok(await t.isWhole(2));
  }
  const t = await stopped();
  t.disk.failpoint = ({ verb, path }) => (path === PACK && verb === 'read' ? fail('dataLoss', 'EIO') : undefined);
  await t.open();
  assert.deepEqual(t.where(), { '/hdd': [3], '/mem': [1, 2, 4] });
});

test('packed sidecars that were not put in place by a stop that ended are not read', async () => {
  const t = await stopped();
  await t.open();
  await t.store.remove(t.block(1).id);
  t.disk.failpoint = ({ verb, path }) => (verb === 'rename' && path.startsWith(PACK) ? fail('dataLoss', 'EIO') : undefined);
  await t.store.close();
  t.mend();
  await t.open();
  assert.deepEqual(t.where(), { '/hdd': [3], '/mem': [2, 4] });
});

test('blocks with the large pages of the first version keep them over packed sidecars and moves', async () => {
  const t = await new Tiers({ mem: 16 << 20, hdd: 16 << 20 }).open();
  await t.put(1, 3 << 20);
  const bytes = await t.disk.mount().readFile('/mem/alluxioworker/1');
  const sums = Uint32Array.from([0, 1, 2], (page) => crc32c(bytes.subarray(page << 20, (page + 1) << 20)));
  const sidecar = { blockId: t.block(1).id, length: bytes.length, generation: 5n, pinned: false, pages: allPages(sums, LARGE_PAGE_BYTES) };
  t.disk.restore('/mem/alluxioworker/.meta/1', encodeSidecar(sidecar));
  for (const read of [1, 0]) {
    const reads = countReads(t);
    await t.open();
    assert.equal(reads.sidecars, read);
    assert.deepEqual([t.block(1).pageCount, t.block(1).sumOf(2)], [3, sums[2]]);
    await t.store.close();
  }
  await t.open();
  await t.store.move(t.block(1).id, 'HDD');
  await t.open();
  assert.deepEqual(t.where(), { '/hdd': [1] });
  assert.deepEqual([t.block(1).pageCount, t.block(1).sumOf(2)], [3, sums[2]]);
});

test('small files are read in the calling thread a slice at a time, and by the pool while that is slow', async () => {
  const clock = new SimClock();
  const disk = new Tiers({}).disk.mount();
  let costMs = 0;
  const reads = { now: 0, pool: 0 };
  const files = new SmallFiles(
    Object.assign(disk, {
      readFileNow: () => {
        reads.now++;
        clock.elapse(costMs);
        return Buffer.alloc(0);
      },
      readFile: async () => {
        reads.pool++;
        return Buffer.alloc(0);
      },
    }),
    clock,
  );
  const read = (count: number) => clock.run(Promise.all(Array.from({ length: count }, () => files.read('/f'))));
  const first = Promise.all(Array.from({ length: 100 }, () => files.read('/f')));
  assert.deepEqual(reads, { now: 64, pool: 0 }, 'others have their turn');
  await clock.run(first);
  assert.deepEqual(reads, { now: 100, pool: 0 });
  costMs = 30;
  await read(257);
  assert.deepEqual(reads, { now: 101, pool: 256 });
  costMs = 0;
  await read(10);
  assert.deepEqual(reads, { now: 111, pool: 256 }, 'and then it is tried again');
});
