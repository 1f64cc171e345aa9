// What every block store must do. A store runs it with a function that makes an empty one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId } from '@alluvium/base';
import type { BlockStore } from '@alluvium/metastore';
import fc from 'fast-check';
import { restOf } from './inodes.js';

const block = (n: number | bigint): BlockId => BigInt(n) as BlockId;
const all = (snapshot: Iterator<[BlockId, number]>): [BlockId, number][] => [...restOf(snapshot)].sort(([a], [b]) => (a < b ? -1 : 1));

type Step =
  | { readonly do: 'put'; readonly id: number; readonly length: number }
  | { readonly do: 'remove'; readonly id: number }
  | { readonly do: 'open' }
  | { readonly do: 'take'; readonly snapshot: number };

const id = fc.integer({ min: 1, max: 10 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('put' as const), id, length: fc.integer({ min: -1, max: 100 }) }),
    fc.record({ do: fc.constant('remove' as const), id }),
    fc.record({ do: fc.constant('open' as const) }),
    fc.record({ do: fc.constant('take' as const), snapshot: fc.nat(2) }),
  ),
  { maxLength: 60, size: 'max' },
);

export function blockStoreContract(what: string, make: () => BlockStore, programs = 300): void {
  test(`${what}: an empty store knows no block`, () => {
    const store = make();
    assert.equal(store.size, 0);
    assert.equal(store.length(block(1)), undefined);
    assert.deepEqual(all(store.snapshot()), []);
    store.remove(block(1));
    assert.equal(store.size, 0);
  });

  test(`${what}: lengths are kept exactly, by exact ids`, () => {
    const store = make();
    const lengths: [BlockId, number][] = [
      [block(0), 0],
      [block(2n ** 53n), 1],
      [block(2n ** 53n + 1n), -1],
      [block(2n ** 63n - 1n), 2 ** 52 + 1],
    ];
    for (const [key, length] of lengths) store.put(key, length);
    for (const [key, length] of lengths) assert.equal(store.length(key), length);
    assert.deepEqual(all(store.snapshot()), lengths);
    store.put(block(0), 7);
    assert.equal(store.length(block(0)), 7);
    assert.equal(store.size, 4);
  });

  test(`${what}: what is removed or cleared is gone`, () => {
    const store = make();
    for (let i = 0; i < 3; i++) store.put(block(i), i);
    store.remove(block(1));
    assert.equal(store.length(block(1)), undefined);
    assert.equal(store.size, 2);
    store.clear();
    assert.equal(store.size, 0);
    assert.equal(store.length(block(0)), undefined);
    store.put(block(0), 9);
    assert.deepEqual(all(store.snapshot()), [[0n, 9]]);
  });

  test(`${what}: a snapshot whose store was cleared fails instead of ending early`, () => {
    const store = make();
    store.put(block(1), 1);
    store.put(block(2), 2);
    const snapshot = store.snapshot();
    snapshot.next();
    store.clear();
    assert.throws(() => snapshot.next(), { kind: 'aborted' });
  });

  test(`${what}: snapshots of any program show the moment they were taken`, () => {
    fc.assert(
      fc.property(steps, (program) => {
        const store = make();
        const model = new Map<BlockId, number>();
        const snapshots: { readonly iterator: Iterator<[BlockId, number]>; readonly wanted: Map<BlockId, number> }[] = [];
        const take = ({ iterator, wanted }: (typeof snapshots)[number]): boolean => {
          const next = iterator.next();
          if (next.done === true) {
            assert.equal(wanted.size, 0);
            return false;
          }
          const [key, length] = next.value;
          assert.equal(length, wanted.get(key));
          wanted.delete(key);
          return true;
        };
        for (const step of program) {
          if (step.do === 'put') {
            store.put(block(step.id), step.length);
            model.set(block(step.id), step.length);
          } else if (step.do === 'remove') {
            store.remove(block(step.id));
            model.delete(block(step.id));
          } else if (step.do === 'open') {
            snapshots.push({ iterator: store.snapshot(), wanted: new Map(model) });
          } else if (snapshots[step.snapshot] !== undefined) {
            take(snapshots[step.snapshot]!);
          }
          assert.equal(store.size, model.size);
        }
        for (const snapshot of snapshots) while (take(snapshot));
        for (const [key, length] of model) assert.equal(store.length(key), length);
      }),
      { numRuns: programs },
    );
  });
}
