import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InodeId } from '@alluvium/base';
import { RetryCache } from '@alluvium/master/file/retry-cache.js';

const id = (mostSignificantBits: bigint, leastSignificantBits: bigint): { mostSignificantBits: bigint; leastSignificantBits: bigint } => ({
  mostSignificantBits,
  leastSignificantBits,
});

test('ids that differ in any half are different operations, also where their low bits are the same', () => {
  const cache = new RetryCache(10);
  const ids = [id(1n, 5n), id(2n, 5n), id(1n, 5n + (1n << 32n)), id(-1n, 5n), id(0n, -5n), id(0n, 0n)];
  for (const [index, one] of ids.entries()) {
    assert.equal(cache.has(one), false);
    cache.add(one, BigInt(index) as InodeId);
  }
  for (const [index, one] of ids.entries()) assert.equal(cache.inodeOf(one), BigInt(index));
  assert.equal(cache.has(undefined), false);
  assert.equal(cache.has({}), true, 'absent halves are zero');
});

test('the first entry of an operation decides', () => {
  const cache = new RetryCache(10);
  cache.add(id(1n, 1n), 7n as InodeId);
  cache.add(id(1n, 1n), 8n as InodeId);
  assert.equal(cache.inodeOf(id(1n, 1n)), 7n);
});

test('the oldest is forgotten when there are too many, wherever it is in its chain', () => {
  for (const shift of [0n, 32n]) {
    const cache = new RetryCache(3);
    const ids = Array.from({ length: 8 }, (_, i) => id(9n, BigInt(i) << shift));
    for (const [index, one] of ids.entries()) {
      cache.add(one, undefined);
      assert.deepEqual(
        ids.map((other) => cache.has(other)),
        ids.map((_, i) => i <= index && i > index - 3),
      );
    }
    assert.deepEqual(
      [...cache.snapshot()].map((entry) => entry.operationId?.leastSignificantBits),
      ids.slice(5).map((kept) => kept.leastSignificantBits),
      'oldest first',
    );
  }
});
