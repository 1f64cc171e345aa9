import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { JournalEntry } from '@alluvium/journal';
import { decodeBackup, encodeBackup } from '@alluvium/master/backup/index.js';
import { nodeGzip } from '@alluvium/platform';
import { BinaryWriter, journal } from '@alluvium/wire';
import { rejects } from '../file/world.js';

const ENTRIES: JournalEntry[] = Array.from({ length: 3000 }, (_, i) => ({ inodeFile: { id: BigInt(i), name: `name ${i}`, blocks: [] } }));

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function encoded(batches: readonly (readonly JournalEntry[])[], counters = { entries: 0, bytes: 0 }): Promise<Buffer> {
  const given = (async function* () {
    yield* batches;
  })();
  const out: Buffer[] = [];
  for await (const piece of encodeBackup(given, nodeGzip, counters)) out.push(piece);
  return Buffer.concat(out);
}

async function decoded(file: Buffer, size = 1000): Promise<JournalEntry[]> {
  const out: JournalEntry[] = [];
  for await (const batch of decodeBackup(pieces(file, size), 'b.gz', nodeGzip)) out.push(...batch);
  return out;
}

function framed(entries: readonly JournalEntry[]): Buffer {
  const writer = new BinaryWriter();
  for (const entry of entries) journal.JournalEntry.encode(entry, writer.fork()).join();
  return Buffer.from(writer.finish());
}

test('a backup file is one gzip member of entries behind their lengths, and is read back in pieces of any size', async () => {
  const counters = { entries: 0, bytes: 0 };
  const file = await encoded([ENTRIES.slice(0, 7), [], ENTRIES.slice(7)], counters);
  assert.deepEqual(gunzipSync(file), framed(ENTRIES));
  assert.deepEqual(counters, { entries: ENTRIES.length, bytes: file.length });
  for (const size of [1, 13, 100_000]) {
    const read = await decoded(file, size);
    assert.deepEqual(framed(read), framed(ENTRIES), `in pieces of ${size}`);
  }
});

test('a backup file that is cut off anywhere is refused', async () => {
  const file = await encoded([ENTRIES.slice(0, 20)]);
  for (let length = 1; length < file.length; length++)
    await rejects('dataLoss', /Cannot read the backup "b.gz" after \d+ entries: it is cut off/, () => decoded(file.subarray(0, length)));
});

test('a backup file whose last entry is cut off inside a whole gzip member is refused', async () => {
  const bytes = framed(ENTRIES.slice(0, 20));
  for (const cut of [1, 5]) {
    const file = gzipSync(bytes.subarray(0, bytes.length - cut));
    await rejects('dataLoss', /after 19 entries: the last entry is cut off/, () => decoded(file));
  }
  // In the length of an entry.
  await rejects('dataLoss', /after 1 entries: the last entry is cut off/, () =>
    decoded(gzipSync(Buffer.concat([framed(ENTRIES.slice(0, 1)), Buffer.of(0x80)]))),
  );
});

test('a backup file with a bit that is not as it was is refused', async () => {
  const file = await encoded([ENTRIES.slice(0, 20)]);
  for (let at = 10; at < file.length; at++) {
    const damaged = Buffer.from(file);
    damaged[at]! ^= 1 << (at & 7);
    // A few bits of gzip say nothing.
    const read = await decoded(damaged).catch((error: unknown) => error);
    if (read instanceof Error) assert.match(read.message, /Cannot read the backup "b.gz"/);
    else assert.deepEqual(framed(read as JournalEntry[]), framed(ENTRIES.slice(0, 20)), `byte ${at}`);
  }
});

test('what is no backup file is refused with what it is', async () => {
  await rejects('invalidArgument', /after 0 entries: it is not gzip/, () => decoded(Buffer.from('a text that is no backup at all')));
  await rejects('invalidArgument', /it is empty/, () => decoded(gzipSync(Buffer.alloc(0))));
  await rejects('dataLoss', /an entry claims 268435455 bytes, and none has more than 67108864/, () =>
    decoded(gzipSync(Buffer.of(0xff, 0xff, 0xff, 0x7f, 0))),
  );
  await rejects('dataLoss', /an entry has no length/, () => decoded(gzipSync(Buffer.alloc(20, 0xff))));
  await rejects('dataLoss', /an entry of 2 bytes is damaged/, () => decoded(gzipSync(Buffer.of(2, 0x5a, 0x09))));
});

test('an error of what the file comes from, or goes to, is told as it is', async () => {
  const failing = (async function* () {
    yield gzipSync(framed(ENTRIES)).subarray(0, 100);
    throw new Error('the disk is gone');
  })();
  await assert.rejects(async () => {
    for await (const _ of decodeBackup(failing, 'b.gz', nodeGzip));
  }, /the disk is gone/);
  const broken = (async function* () {
    yield ENTRIES;
    throw new Error('the store was cleared');
  })();
  await assert.rejects(async () => {
    for await (const _ of encodeBackup(broken, nodeGzip));
  }, /the store was cleared/);
});

test('who takes no more of a backup file stops its making', async () => {
  let stopped = false;
  const endless = (async function* () {
    try {
      for (let i = 0; ; i++) yield [{ inodeFile: { id: BigInt(i), name: `${Math.sin(i)}${Math.cos(i)}` } }];
    } finally {
      stopped = true;
    }
  })();
  for await (const piece of encodeBackup(endless, nodeGzip)) {
    assert.ok(piece.length > 0);
    break;
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(stopped);
});
