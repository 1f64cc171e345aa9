import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InodeId } from '@alluvium/base';
import { packInode, unpackInode } from '@alluvium/metastore/rocks/inode-row.js';
import { edgeKey, edgesAfter, idOf, nameOf } from '@alluvium/metastore/rocks/keys.js';
import fc from 'fast-check';
import { anyId as id, anyInode, anyName as name } from '../contract/any-inode.js';

test('any inode comes back from its row as it was', () => {
  fc.assert(
    fc.property(anyInode, (inode) => {
      const key = Buffer.from(edgeKey(inode.parentId, inode.name));
      const row = Buffer.from(packInode(inode));
      assert.deepEqual(unpackInode(idOf(key) as InodeId, nameOf(key), row), inode);
    }),
    { numRuns: 500 },
  );
});

test('the keys of a directory are in the order of UTF-16 code units, between those of other directories', () => {
  fc.assert(
    fc.property(id, id, name, name, (parent, other, a, b) => {
      const keyOfA = Buffer.from(edgeKey(parent, a));
      const keyOfB = Buffer.from(edgeKey(parent, b));
      assert.equal(Math.sign(Buffer.compare(keyOfA, keyOfB)), a < b ? -1 : a > b ? 1 : 0);
      const inRange = ({ first, end }: { first: Uint8Array; end: Uint8Array }, key: Uint8Array): boolean =>
        Buffer.compare(key, first) >= 0 && Buffer.compare(key, end) < 0;
      assert.ok(inRange(edgesAfter(parent, undefined), keyOfA));
      assert.equal(inRange(edgesAfter(parent, a), keyOfB), a < b);
      if (other !== parent) assert.ok(!inRange(edgesAfter(parent, undefined), Buffer.from(edgeKey(other, a))));
    }),
    { numRuns: 500 },
  );
});
