import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalEntry, JournaledState } from '@alluvium/journal';
import { applyChunk, decodeEntries } from '@alluvium/journal/entry-reader.js';
import { journal } from '@alluvium/wire';

const operationId = { mostSignificantBits: -1n, leastSignificantBits: 5n };
const ENTRIES: JournalEntry[] = [
  { inodeFile: { id: 1n, name: 'a', blocks: [5n], xAttr: { x: Buffer.from('y') } }, operationId },
  { inodeFile: { id: -1n, parentId: 2n ** 62n } },
  { inodeDirectory: { id: 2n, name: '\u{1F30A}' } },
  { updateInode: { id: 1n, ufsFingerprint: '' }, operationId },
  { updateInode: {}, operationId },
  { updateInodeFile: { id: 1n, setBlocks: [1n, 2n] } },
  { newBlock: { id: 7n } },
  { blockInfo: { blockId: 9n, length: -1n } },
  { deleteBlock: { blockId: 9n } },
  { deleteFile: { id: 1n, recursive: true }, operationId },
  { rename: { id: 1n, newName: 'b' }, operationId },
  // The general way.
  { clusterInfo: { clusterId: 'c' } },
  { sequenceNumber: 5n, inodeFile: { id: 3n } },
  { alluvium: { mountPause: { mountId: 1n, paused: true } } },
  {},
];

const bytesOf = (entry: JournalEntry): string => Buffer.from(journal.JournalEntry.encode(entry).finish()).toString('hex');
const payload = (entries: JournalEntry[]): Buffer => journal.JournalEntry.encode({ journalEntries: entries }).finish() as Buffer;

test('entries of every kind are decoded as they were', () => {
  assert.deepEqual(decodeEntries(payload(ENTRIES)).map(bytesOf), ENTRIES.map(bytesOf));
  // Fields that are not known are kept, and passed over around the entries.
  const later = Buffer.from([0xba, 0x06, 0x01, 0x07]);
  const known = Buffer.from(bytesOf({ newBlock: { id: 7n } }), 'hex');
  const entry = Buffer.concat([Buffer.from([0xba, 0x02, known.length + later.length]), known, later]);
  assert.equal(bytesOf(decodeEntries(Buffer.concat([later, entry]))[0]!).endsWith(later.toString('hex')), true);
});

test('an entry that is cut off or runs over its end is no entry', () => {
  const whole = payload([{ inodeFile: { id: 1n, name: 'abcdef' } }, { blockInfo: { blockId: 1n, length: 2n } }]);
  for (let length = 1; length < whole.length; length++) {
    let reads: string[] | undefined;
    try {
      reads = decodeEntries(whole.subarray(0, length)).map(bytesOf);
    } catch (error) {
      assert.match(String(error), /Cannot decode message/);
    }
    if (reads !== undefined) assert.equal(reads.length, 1, `${length} bytes`);
  }
  const runsOver = Buffer.from(whole);
  runsOver[4] = 200;
  assert.throws(() => decodeEntries(runsOver), /Cannot decode message/);
});

test('a state is given what it takes from bytes, and all else decoded, in order', () => {
  const seen: string[] = [];
  const state: JournaledState = {
    apply: (entry) => void seen.push(bytesOf(entry)),
    applyEncoded: (field, reader, length) => {
      const start = reader.pos;
      reader.pos = start + (field === 11 ? length : 1);
      if (field !== 11) return false;
      seen.push(`file of ${length} bytes`);
      return true;
    },
    snapshot: () => [][Symbol.iterator](),
  };
  const entries = ENTRIES.slice(0, 4);
  assert.equal(applyChunk(payload(entries), state), 4);
  // The first has an operation's id as well.
  const length = Buffer.from(bytesOf(entries[1]!), 'hex').length - 2;
  assert.deepEqual(seen, [bytesOf(entries[0]!), `file of ${length} bytes`, bytesOf(entries[2]!), bytesOf(entries[3]!)]);
});
