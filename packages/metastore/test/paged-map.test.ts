import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PagedMap } from '@alluvium/metastore';
import { SeededRandom } from '@alluvium/testkit';
import { restOf } from './contract/inodes.js';

const random = new SeededRandom(11);
const upTo = (n: number): bigint => BigInt(Math.floor(random.next() * n));

/** Ids of files, directories, blocks, and any. */
function someId(): bigint {
  const kind = Math.floor(random.next() * 5);
  if (kind === 0) return (upTo(2000) << 24n) | 0xffffffn;
  if (kind === 1) return upTo(2000);
  if (kind === 2) return (upTo(50) << 24n) | upTo(1000);
  if (kind === 3) return (upTo(2 ** 39) << 24n) | upTo(2 ** 24);
  return 2n ** 63n - 1n - upTo(300);
}

const sorted = (entries: Iterable<readonly [bigint, number]>): (readonly [bigint, number])[] =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : 1));

test('a map in pages is a map, and its snapshots stay as they were', () => {
  const map = new PagedMap<bigint, number>();
  const model = new Map<bigint, number>();
  const snapshots: { taken: [bigint, number][]; wanted: readonly (readonly [bigint, number])[]; rest: Iterator<[bigint, number]> }[] = [];
  for (let i = 0; i < 20_000; i++) {
    const id = someId();
    if (random.next() < 0.6) {
      map.set(id, i);
      model.set(id, i);
    } else {
      assert.equal(map.delete(id), model.delete(id));
    }
    assert.equal(map.size, model.size);
    const other = someId();
    assert.equal(map.get(other), model.get(other));
    if (i % 4000 === 0) snapshots.push({ taken: [], wanted: sorted(model), rest: map.snapshot() });
    for (const { taken, rest } of snapshots) {
      const next = rest.next();
      if (next.done !== true) taken.push(next.value);
    }
  }
  for (const { taken, wanted, rest } of snapshots) assert.deepEqual(sorted([...taken, ...restOf(rest)]), wanted);
  assert.deepEqual([...map.keys()].sort(), [...model.keys()].sort());
});
