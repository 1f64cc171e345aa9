import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId, InodeId } from '@alluvium/base';
import type { DirectoryInode, FileInode, Inode } from '@alluvium/metastore';
import { packInode, unpackInode } from '@alluvium/metastore/rocks/inode-row.js';
import { edgeKey, edgesAfter, idOf, nameOf } from '@alluvium/metastore/rocks/keys.js';
import fc from 'fast-check';

const PLAIN = { noNullPrototype: true } as const;
const id = fc.bigInt({ min: -1n, max: 2n ** 63n - 1n }).map((n) => n as InodeId);
// Any UTF-16, lone halves of pairs too; and long ones.
const name = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 }).map((units) => String.fromCharCode(...units)),
  fc.integer({ min: 1300, max: 1500 }).map((length) => '\uffff'.repeat(length)),
);
const text = fc.oneof(fc.constant(''), fc.string({ maxLength: 300, unit: 'grapheme' }));
const timeMs = fc.oneof(fc.constant(-1), fc.constant(1_763_700_000_000), fc.integer({ min: -(2 ** 52), max: 2 ** 52 }));
const bits = fc.dictionary(text, fc.integer({ min: 0, max: 7 }), PLAIN).map((entries) => new Map(Object.entries(entries)));
const mask = fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined });
const mode = fc.integer({ min: 0, max: 0o777 });
const common = {
  id,
  parentId: id,
  name,
  owner: text,
  group: text,
  mode,
  acl: fc.option(fc.record({ users: bits, groups: bits, mask }, PLAIN), { nil: undefined }),
  creationTimeMs: timeMs,
  modificationTimeMs: timeMs,
  accessTimeMs: timeMs,
  persistence: fc.constantFrom('NOT_PERSISTED', 'TO_BE_PERSISTED', 'PERSISTED', 'LOST'),
  pinned: fc.boolean(),
  pinnedMedia: fc.array(text, { maxLength: 3 }),
  ttlMs: timeMs,
  ttlAction: fc.constantFrom('DELETE', 'FREE', 'DELETE_ALLUXIO'),
  fingerprint: text,
  xattr: fc.option(
    fc.dictionary(text, fc.uint8Array({ maxLength: 600 }), PLAIN).map((entries) => new Map(Object.entries(entries))),
    { nil: undefined },
  ),
} as const;
const file: fc.Arbitrary<FileInode> = fc.record(
  {
    ...common,
    kind: fc.constant('file'),
    blockSizeBytes: fc.constantFrom(0, 1, 1 << 26, 2 ** 40),
    length: fc.constantFrom(0, 1, 2 ** 52 + 1),
    completed: fc.boolean(),
    blocks: fc.array(
      id.map((n) => n as bigint as BlockId),
      { maxLength: 300 },
    ),
    replicationMax: fc.integer({ min: -1, max: 3 }),
    replicationMin: fc.integer({ min: 0, max: 3 }),
    replicationDurable: fc.integer({ min: 0, max: 3 }),
    persistJobId: fc.constantFrom(-1n, 0n, 2n ** 62n + 1n),
    tempUfsPath: text,
    shouldPersistTimeMs: timeMs,
  },
  PLAIN,
);
const directory: fc.Arbitrary<DirectoryInode> = fc.record(
  {
    ...common,
    kind: fc.constant('directory'),
    mountPoint: fc.boolean(),
    childrenLoaded: fc.boolean(),
    defaultAcl: fc.option(fc.record({ mode, users: bits, groups: bits, mask }, PLAIN), { nil: undefined }),
  },
  PLAIN,
);

test('any inode comes back from its row as it was', () => {
  fc.assert(
    fc.property(fc.oneof(file, directory), (inode: Inode) => {
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
