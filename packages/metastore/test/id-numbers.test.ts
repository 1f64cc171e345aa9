import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdNumbers } from '@alluvium/metastore';
import { SeededRandom } from '@alluvium/testkit';

const id = (n: number): bigint => (BigInt(n >> 2) << 24n) | BigInt(n & 3);

function numbersOf(pairs: IdNumbers<bigint>, of: bigint): number[] {
  const into: number[] = [];
  return into.slice(0, pairs.numbersOf(of, into)).sort((a, b) => a - b);
}

function all(pairs: IdNumbers<bigint>, isWanted: (number: number) => boolean = () => true): string[] {
  const found: string[] = [];
  let from = 0;
  do from = pairs.scan(from, isWanted, (of, number) => found.push(`${of} ${number}`));
  while (from !== 0);
  return found.sort();
}

test('the numbers of an id are found through growing and shrinking', () => {
  const random = new SeededRandom(3);
  const pairs = new IdNumbers<bigint>();
  const model = new Map<number, Set<number>>();
  let size = 0;
  for (const growing of [0.9, 0.1, 0.8, 0]) {
    for (let i = 0; i < 40_000; i++) {
      const n = Math.floor(random.next() * 10_000);
      const number = 1 + Math.floor(random.next() * 5);
      const numbers = model.get(n) ?? new Set();
      model.set(n, numbers);
      if (random.next() < growing) {
        if (numbers.has(number)) continue;
        pairs.add(id(n), number);
        numbers.add(number);
        size++;
      } else {
        const other = number + 5;
        if (numbers.has(number) && !numbers.has(other) && random.next() < 0.3) {
          assert.ok(pairs.replace(id(n), number, other));
          numbers.delete(number);
          numbers.add(other);
        } else {
          assert.equal(pairs.remove(id(n), number), numbers.has(number));
          if (numbers.delete(number)) size--;
        }
      }
    }
    assert.equal(pairs.size, size);
    for (const [n, numbers] of model)
      assert.deepEqual(
        numbersOf(pairs, id(n)),
        [...numbers].sort((a, b) => a - b),
      );
    const expected = [...model].flatMap(([n, numbers]) => [...numbers].map((number) => `${id(n)} ${number}`)).sort();
    assert.deepEqual(all(pairs), expected);
    assert.deepEqual(
      all(pairs, (number) => number === 2),
      expected.filter((pair) => pair.endsWith(' 2')),
    );
  }
});

test('one id may have more numbers than fit a segment', () => {
  const pairs = new IdNumbers<bigint>();
  for (let number = 1; number <= 5000; number++) pairs.add(7n, number);
  assert.equal(numbersOf(pairs, 7n).length, 5000);
  assert.equal(numbersOf(pairs, 8n).length, 0);
});

test('going through the pairs misses none that stays, whatever comes and goes meanwhile', () => {
  const random = new SeededRandom(5);
  const pairs = new IdNumbers<bigint>();
  for (let n = 0; n < 20_000; n++) pairs.add(id(n), 1);
  const seen = new Set<bigint>();
  let next = 20_000;
  let from = 0;
  let turn = 0;
  do {
    from = pairs.scan(
      from,
      (number) => number === 1,
      (of) => void seen.add(of),
    );
    // Segments are divided, then joined.
    if (turn++ < 20) for (let i = 0; i < 2000; i++) pairs.add(id(next++), 2);
    else for (let i = 0; i < 2000 && next > 20_000; i++) pairs.remove(id(--next), 2);
    if (random.next() < 0.5) pairs.add(id(next + 100_000 + turn), 1);
  } while (from !== 0);
  for (let n = 0; n < 20_000; n++) assert.ok(seen.has(id(n)));
});
