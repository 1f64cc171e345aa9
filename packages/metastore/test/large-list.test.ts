import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LargeList } from '@alluvium/metastore/packed/large-list.js';
import { SeededRandom } from '@alluvium/testkit';

function all(list: LargeList): number[] {
  const out: number[] = [];
  for (let chunk = 0; chunk < list.chunks; chunk++) {
    const count = list.countOf(chunk);
    assert.ok(count > 0, 'no chunk is empty');
    out.push(...list.addressesOf(chunk).subarray(0, count));
  }
  return out;
}

/** The chunk and the index in it of the item at `index` of all. */
function placeOf(list: LargeList, index: number): [number, number] {
  let left = index;
  for (let chunk = 0; ; chunk++) {
    const count = list.countOf(chunk);
    if (left < count || chunk === list.chunks - 1) return [chunk, left];
    left -= count;
  }
}

test('a large list keeps its order through growing and shrinking', () => {
  const random = new SeededRandom(9);
  const model = Array.from({ length: 1000 }, (_, i) => i);
  const list = new LargeList(Uint32Array.from(model));
  for (const growing of [1, 0.3, 0.9, 0]) {
    for (let i = 0; i < (growing === 0 ? 20_000 : 6000) && model.length > 1; i++) {
      const at = Math.floor(random.next() * model.length);
      if (random.next() < growing) {
        list.insert(...placeOf(list, at), i + 5000);
        model.splice(at, 0, i + 5000);
      } else {
        list.remove(...placeOf(list, at));
        model.splice(at, 1);
      }
    }
    assert.deepEqual(all(list), model);
  }
  assert.equal(list.chunks, 1, 'chunks with few in them are joined');
});

test('what is added at the end leaves full chunks behind', () => {
  const list = new LargeList(Uint32Array.of(1));
  for (let i = 2; i <= 5000; i++) list.insert(list.chunks - 1, list.countOf(list.chunks - 1), i);
  assert.equal(list.chunks, Math.ceil(5000 / 1024));
});
