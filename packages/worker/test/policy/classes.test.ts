import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId } from '@alluvium/base';
import { cacheService } from '@alluvium/wire';
import { ClassList, HIGH, LOW, NORMAL, OVER_QUOTA } from '@alluvium/worker/policy/class-list.js';
import { containerNumber, FileFacts } from '@alluvium/worker/policy/file-facts.js';
import { QuotaKeeper } from '@alluvium/worker/policy/quota-keeper.js';
import { UnknownFiles } from '@alluvium/worker/policy/unknown-files.js';

const { CachePriority: P } = cacheService;
const block = (container: number, sequence = 0): BlockId => ((BigInt(container) << 24n) | BigInt(sequence)) as BlockId;

function list() {
  const bytes = new Map<number, number>();
  const classes = new ClassList((id) => bytes.get(id) ?? 0);
  classes.set([
    { id: 1, path: '/a', priority: P.NORMAL, quotaClassId: 1, shareBytes: 100n },
    { id: 2, path: '/a/low', priority: P.LOW, quotaClassId: 1 },
    { id: 3, path: '/high', priority: P.HIGH },
  ]);
  return { bytes, classes };
}

test('classes over their quota go first, then those of low, normal and high priority', () => {
  const { bytes, classes } = list();
  assert.deepEqual(
    [0, 1, 2, 3, 9].map((id) => classes.rank(id)),
    [NORMAL, NORMAL, LOW, HIGH, NORMAL],
  );
  bytes.set(1, 60).set(2, 40);
  assert.deepEqual([classes.rank(1), classes.excessBytes(1)], [NORMAL, 0], 'the whole quota may be used');
  bytes.set(2, 41);
  assert.deepEqual(
    [classes.rank(1), classes.rank(2), classes.rank(3)],
    [OVER_QUOTA, OVER_QUOTA, HIGH],
    'a quota counts all below its path',
  );
  assert.deepEqual([...classes.excesses()], [{ classId: 1, bytes: 1 }]);
  assert.deepEqual(classes.uses(), [
    { classId: 1, usedBytes: 60n },
    { classId: 2, usedBytes: 41n },
    { classId: 3, usedBytes: 0n },
  ]);
  classes.set([]);
  assert.deepEqual([classes.isEmpty, classes.rank(2)], [true, NORMAL]);
});

test('what is to be cached makes room among its own, or is not cached', () => {
  const { bytes, classes } = list();
  const evicted: [number[], number][] = [];
  let evictable = 1000;
  const keeper = new QuotaKeeper({
    classes,
    classOf: (id) => containerNumber(id),
    store: {
      evictGroups: (groups, wanted) => {
        assert.ok(keeper.isKeeping);
        evicted.push([[...groups], wanted]);
        return Math.min(evictable, wanted);
      },
    },
  });
  assert.ok(keeper.admit(block(0), 1 << 30), 'what has no policy is not held back');
  assert.ok(keeper.admit(block(1), 100));
  bytes.set(2, 70);
  assert.ok(keeper.admit(block(1), 30));
  assert.deepEqual(evicted, []);
  assert.ok(keeper.admit(block(1), 50));
  assert.deepEqual(evicted.splice(0), [[[1, 2], 20]]);
  evictable = 19;
  assert.ok(!keeper.admit(block(1), 50), 'its own cannot make room: pinned, or in use');
  evicted.length = 0;
  assert.ok(!keeper.admit(block(2), 101), 'more than the whole quota');
  assert.deepEqual(evicted, [], 'and nothing was evicted for it in vain');
  keeper.trim();
  assert.deepEqual(evicted, []);
  bytes.set(1, 50);
  keeper.trim();
  assert.deepEqual([evicted, keeper.isKeeping], [[[[1, 2], 20]], false]);
});

test('what the master said of files is remembered up to a bound', () => {
  const facts = new FileFacts(100);
  for (let n = 0; n < 1000; n++) {
    facts.set(n, { classId: n % 7, place: n % 5 });
    facts.get(3);
  }
  assert.deepEqual(facts.get(999), { classId: 5, place: 4 });
  assert.deepEqual(facts.get(3), { classId: 3, place: 3 }, 'what is asked for stays');
  assert.equal(facts.get(10), undefined);
  facts.set(1, { classId: 70_000, place: 70_000 });
  assert.deepEqual(facts.get(1), { classId: 0, place: 0 });
  facts.delete(1);
  assert.equal(facts.get(1), undefined);
});

test('files are asked for as their blocks come, all of them when the classes have changed, those renamed alone', () => {
  const here = [block(1, 0), block(1, 1), block(2), block(3)];
  const unknown = new UnknownFiles({ all: () => here.values(), has: (id) => here.includes(id) });
  unknown.came(5, block(5, 0));
  unknown.came(5, block(5, 1));
  assert.ok(unknown.want(6));
  assert.ok(unknown.isMore);
  assert.deepEqual([...unknown.take(1)], [[5, [block(5, 0), block(5, 1)]]]);
  assert.deepEqual([...unknown.take(10)], [[6, []]]);
  assert.ok(!unknown.isMore);
  unknown.everything();
  assert.deepEqual(
    [...unknown.take(2)],
    [
      [1, [block(1, 0), block(1, 1)]],
      [2, [block(2)]],
    ],
  );
  unknown.giveBack(new Map([[2, [block(2)]]]));
  assert.deepEqual([...unknown.take(10).keys()], [2, 3]);
  assert.ok(!unknown.isMore);
  unknown.again(1, 3);
  unknown.again(4, 3);
  assert.ok(unknown.isMore);
  assert.deepEqual([...unknown.take(10)], [[1, [block(1, 0), block(1, 1)]]]);
  assert.ok(!unknown.isMore);
});

test('more files than may wait are found by looking at all blocks', () => {
  const here = Array.from({ length: 12_000 }, (_, n) => block(n));
  const unknown = new UnknownFiles({ all: () => here.values(), has: (id) => here.includes(id) });
  for (const id of here) unknown.came(containerNumber(id), id);
  assert.ok(unknown.size <= 10_000);
  const asked = new Set<number>();
  let looks = 0;
  for (; unknown.isMore && looks < 100; looks++) for (const container of unknown.take(2000).keys()) asked.add(container);
  assert.equal(asked.size, 12_000);
  assert.ok(looks < 20, `${looks}`);
});
