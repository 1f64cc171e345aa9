import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachBounded } from '@alluvium/cli/bounded.js';

const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('no more than the limit is under way, and everything is done', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await forEachBounded([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < item; turn++) await turnOfTheLoop();
    running--;
    done.push(item);
  });
  assert.equal(most, 3);
  assert.deepEqual(done.toSorted(), [1, 2, 3, 4, 5, 6, 7]);
});

test('the first error ends the taking and is thrown when the rest has ended', async () => {
  const ended: number[] = [];
  const taken: number[] = [];
  function* items(): Iterable<number> {
    for (let n = 1; n <= 100; n++) {
      taken.push(n);
      yield n;
    }
  }
  const work = async (item: number): Promise<void> => {
    await turnOfTheLoop();
    if (item === 2) throw new Error('two');
    for (let turn = 0; turn < 3; turn++) await turnOfTheLoop();
    ended.push(item);
  };
  await assert.rejects(forEachBounded(items(), 3, work), /two/);
  assert.ok(ended.includes(1) && ended.includes(3), 'what was under way has ended');
  assert.ok(taken.length < 10);
});

test('an error of the items themselves is thrown too', async () => {
  async function* items(): AsyncIterable<number> {
    yield 1;
    throw new Error('no more');
  }
  let ended = false;
  const work = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) await turnOfTheLoop();
    ended = true;
  };
  await assert.rejects(forEachBounded(items(), 3, work), /no more/);
  assert.ok(ended);
});
