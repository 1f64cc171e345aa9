import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heapInodeStore } from '@alluvium/metastore';
import { inodeStoreContract } from './contract/inode-store-contract.js';
import { aFile, aRoot, inodeId } from './contract/inodes.js';

inodeStoreContract('heap inode store', heapInodeStore);

test('more owners, groups and fingerprints than there are numbers for them are kept', () => {
  const store = heapInodeStore();
  const count = 66_000;
  const textsOf = (i: number): { owner: string; group: string; fingerprint: string } => ({
    owner: `o${i}`,
    group: `g${count - i}`,
    fingerprint: `u${i}|x`,
  });
  for (let i = 0; i < count; i++) store.put(aFile(1 + i, i % 500, `f${i}`, textsOf(i)));
  for (const i of [0, 1, 2, 3, 60_000, 65_533, 65_534, 65_535, 65_536, 65_537, count - 1])
    assert.deepEqual(store.get(inodeId(1 + i)), aFile(1 + i, i % 500, `f${i}`, textsOf(i)));
});

test('a listing whose store was cleared fails instead of ending early', () => {
  const store = heapInodeStore();
  for (const inode of [aRoot, aFile(1, 0, 'a'), aFile(2, 0, 'b')]) store.put(inode);
  const children = store.children(inodeId(0));
  children.next();
  store.clear();
  assert.throws(() => children.next(), { kind: 'aborted' });
});
