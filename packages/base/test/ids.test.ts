import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockIdOf, containerOf, fileIdOf, fileIdOfBlock, sequenceOf, type ContainerId } from '@alluvium/base';

test('file and block ids share a container, as seen on a 2.9.4 cluster', () => {
  const container = 1001n as ContainerId;
  assert.equal(blockIdOf(container, 0), 16793993216n);
  assert.equal(fileIdOf(container), 16810770431n);
  assert.equal(containerOf(blockIdOf(container, 7)), container);
  assert.equal(sequenceOf(blockIdOf(container, 7)), 7);
  assert.equal(fileIdOfBlock(blockIdOf(container, 7)), fileIdOf(container));
});

test('ids beyond 2^53 stay exact', () => {
  const container = ((1n << 40n) - 1n) as ContainerId;
  const block = blockIdOf(container, 12345);
  assert.equal(block, 18446744073692786745n);
  assert.equal(containerOf(block), container);
  assert.equal(sequenceOf(block), 12345);
});
