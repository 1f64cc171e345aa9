import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FileReader } from '@alluvium/master/file/inode-from-bytes.js';
import { fileFromEntry } from '@alluvium/master/file/inode-from-entry.js';
import { SeededRandom } from '@alluvium/testkit';
import { BinaryReader, fileJournal } from '@alluvium/wire';

/** Values that are at the edges of what a field holds, and absent. */
const LONGS = [undefined, 0n, 1n, -1n, 127n, 128n, 1_800_000_000_000n, 2n ** 49n, 2n ** 53n, 2n ** 62n + 1n, -(2n ** 63n)];
const TEXTS = [undefined, '', 'a', 'alice', 'part-00001.parquet', 'Dätei \u{1F30A}', 'x'.repeat(300)];
const NUMBERS = [undefined, 0, 1, -1, 0o777, 2 ** 31 - 1];
const BOOLEANS = [undefined, true, false];

function randomEntry(random: SeededRandom): fileJournal.InodeFileEntry {
  const one = <T>(values: readonly T[]): T => values[Math.floor(random.next() * values.length)]!;
  return {
    id: one(LONGS),
    parentId: one(LONGS),
    name: one(TEXTS),
    persistenceState: one([undefined, 'PERSISTED', 'TO_BE_PERSISTED', 'NOT_PERSISTED', 'LOST', 'OTHER']),
    pinned: one(BOOLEANS),
    creationTimeMs: one(LONGS),
    lastModificationTimeMs: one(LONGS),
    blockSizeBytes: one(LONGS),
    length: one(LONGS),
    completed: one(BOOLEANS),
    cacheable: one(BOOLEANS),
    blocks: one([[], [1n], [2n ** 40n, 2n ** 62n, -1n]]),
    ttl: one(LONGS),
    owner: one(TEXTS),
    group: one(TEXTS),
    mode: one(NUMBERS),
    ttlAction: one([undefined, 0, 1, 2]),
    ufsFingerprint: one(TEXTS),
    replicationMax: one(NUMBERS),
    replicationMin: one(NUMBERS),
    persistJobId: one(LONGS),
    tempUfsPath: one(TEXTS),
    replicationDurable: one(NUMBERS),
    shouldPersistTime: one(LONGS),
    lastAccessTimeMs: one(LONGS),
  };
}

test('a file read from its bytes is the file read from its entry', () => {
  const random = new SeededRandom(7);
  const files = new FileReader();
  for (let i = 0; i < 5000; i++) {
    const bytes = fileJournal.InodeFileEntry.encode(randomEntry(random)).finish();
    const reader = new BinaryReader(bytes);
    assert.deepEqual(files.read(reader, bytes.length), fileFromEntry(fileJournal.InodeFileEntry.decode(bytes)), `entry ${i}`);
    assert.equal(reader.pos, bytes.length);
  }
});

test('a file with rare or unknown fields is left to the general way', () => {
  const files = new FileReader();
  const rare: fileJournal.InodeFileEntry[] = [
    { path: '/a' },
    { mediumType: ['SSD'] },
    { xAttr: { a: Buffer.of(1) } },
    { acl: { isEmpty: true } },
  ];
  for (const entry of rare) {
    const bytes = fileJournal.InodeFileEntry.encode({ id: 1n, ...entry }).finish();
    assert.equal(files.read(new BinaryReader(bytes), bytes.length), undefined);
  }
  const packed = Buffer.from([0x62, 0x02, 0x01, 0x02]);
  assert.equal(files.read(new BinaryReader(packed), packed.length), undefined);
  const later = Buffer.from([0xc8, 0x03, 0x01]);
  assert.equal(files.read(new BinaryReader(later), later.length), undefined);
});
