import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY, GONE, HashIndex } from '@alluvium/metastore/packed/hash-index.js';
import { finish } from '@alluvium/metastore/packed/hash.js';
import { SeededRandom } from '@alluvium/testkit';

/** The addresses under a hash. */
function under(index: HashIndex, hash: number): number[] {
  const { hashes, addresses } = index.segment(hash);
  const mask = hashes.length - 1;
  const found: number[] = [];
  for (let at = hash & mask; addresses[at] !== EMPTY; at = (at + index.step) & mask)
    if (hashes[at] === hash && addresses[at] !== GONE) found.push(addresses[at]!);
  return found;
}

for (const step of [1, 17]) {
  test(`addresses are found by their hashes through growing and shrinking, in steps of ${step}`, () => {
    const random = new SeededRandom(7);
    const index = new HashIndex(step);
    const model = new Map<number, number>();
    let address = 0;
    const hashOf = (n: number): number => finish(n);
    for (const growing of [0.9, 0.1, 0.8, 0]) {
      for (let i = 0; i < 30_000; i++) {
        address++;
        const n = Math.floor(random.next() * 25_000);
        if (model.has(n)) {
          if (random.next() < growing) {
            assert.ok(index.replace(hashOf(n), model.get(n)!, address));
            model.set(n, address);
          } else {
            assert.ok(index.remove(hashOf(n), model.get(n)!));
            model.delete(n);
          }
        } else if (random.next() < growing) {
          index.add(hashOf(n), address);
          model.set(n, address);
        } else {
          assert.ok(!index.remove(hashOf(n), address));
        }
        assert.equal(index.size, model.size);
      }
      for (let n = 0; n < 25_000; n++) assert.deepEqual(under(index, hashOf(n)), model.has(n) ? [model.get(n)] : []);
    }
  });
}

test('hashes that are all alike are slow, but found', () => {
  const index = new HashIndex(1);
  for (let i = 1; i <= 6000; i++) index.add(77, i);
  assert.deepEqual(
    under(index, 77).sort((a, b) => a - b),
    Array.from({ length: 6000 }, (_, i) => i + 1),
  );
  for (let i = 1; i <= 6000; i++) assert.ok(index.remove(77, i));
  assert.deepEqual(under(index, 77), []);
});
