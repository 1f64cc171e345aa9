// Inodes with anything in any field.
import { MAX_SEQUENCE, blockIdOf, containerOf, type BlockId, type InodeId } from '@alluvium/base';
import type { DirectoryInode, FileInode, Inode } from '@alluvium/metastore';
import fc from 'fast-check';

const PLAIN = { noNullPrototype: true } as const;
/** Root and its parent; of files, directories and nobody. */
export const anyId = fc.oneof(
  fc.constantFrom(-1n, 0n, MAX_SEQUENCE, 2n ** 63n - 1n),
  fc.bigInt({ min: 0n, max: 2n ** 39n - 1n }).map((container) => (container << 24n) | MAX_SEQUENCE),
  fc.bigInt({ min: -1n, max: 2n ** 63n - 1n }),
) as fc.Arbitrary<InodeId>;
/** Any UTF-16, lone halves of pairs too; and long ones. */
export const anyName = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 }).map((units) => String.fromCharCode(...units)),
  fc.integer({ min: 1300, max: 1500 }).map((length) => '\uffff'.repeat(length)),
);
const text = fc.oneof(fc.constant(''), fc.string({ maxLength: 300, unit: 'grapheme' }));
const fingerprint = fc.oneof(
  text,
  fc.constantFrom('TYPE|FILE', 'a|', 'CONTENT_HASH| ', '  '),
  fc
    .tuple(fc.string({ maxLength: 4 }), fc.uint8Array({ maxLength: 70 }), fc.constantFrom('', ' ', 'x', ' ACL|user::rwx '))
    .map(([owner, hash, end]) => `TYPE|FILE OWNER|${owner} CONTENT_HASH|${Buffer.from(hash).toString('hex')}${end}`),
);
const timeMs = fc.oneof(
  fc.constantFrom(-1, 0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
  fc.integer({ min: 1_763_700_000_000, max: 1_763_700_000_003 }),
  fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
);
const size = fc.oneof(fc.constantFrom(0, 1, 1 << 26, 1 << 30, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER), fc.nat());
const replicas = fc.oneof(fc.integer({ min: -1, max: 3 }), fc.integer());
const bits = fc.dictionary(text, fc.integer({ min: 0, max: 7 }), PLAIN).map((entries) => new Map(Object.entries(entries)));
const mask = fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined });
const mode = fc.integer({ min: 0, max: 0o777 });
const common = {
  id: anyId,
  parentId: anyId,
  name: anyName,
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
  fingerprint,
  xattr: fc.option(
    fc.dictionary(text, fc.uint8Array({ maxLength: 600 }), PLAIN).map((entries) => new Map(Object.entries(entries))),
    { nil: undefined },
  ),
} as const;
const file: fc.Arbitrary<FileInode> = fc
  .record(
    {
      ...common,
      kind: fc.constant('file'),
      blockSizeBytes: size,
      length: size,
      completed: fc.boolean(),
      blocks: fc.array(
        anyId.map((n) => n as bigint as BlockId),
        { maxLength: 300 },
      ),
      replicationMax: replicas,
      replicationMin: replicas,
      replicationDurable: replicas,
      persistJobId: fc.constantFrom(-1n, 0n, 2n ** 62n + 1n),
      tempUfsPath: text,
      shouldPersistTimeMs: timeMs,
    },
    PLAIN,
  )
  .chain((made) => fc.constantFrom(made, withOwnBlocks(made), { ...made, blocks: [] }));
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

/** As many blocks, with the ids that they have by themselves. */
export function withOwnBlocks(inode: FileInode): FileInode {
  return { ...inode, blocks: inode.blocks.map((_, i) => blockIdOf(containerOf(inode.id), i)) };
}

export const anyInode: fc.Arbitrary<Inode> = fc.oneof(file, directory);
