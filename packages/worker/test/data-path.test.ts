import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockWorker } from '@alluvium/wire';
import { cluster } from './fakes/cluster.js';
import { patterned, readBlock, readChunks, ufsOptions, writeBlock } from './fakes/client-calls.js';
import { writeBlockMethod } from '@alluvium/worker/transfer/write-codec.js';
import { chunkOf } from '@alluvium/worker/transfer/read-codec.js';

const MIB = 1 << 20;

test('a written block is read back, whole and in part', async (t) => {
  const { channel, master } = await cluster(t);
  const bytes = patterned(5 * MIB + 12_345);
  await writeBlock(channel, 16_777_216n, bytes);
  assert.equal(master.committed.get(16_777_216n), BigInt(bytes.length), 'the master knew the block when the client was answered');
  assert.ok(bytes.equals(await readBlock(channel, 16_777_216n, { length: bytes.length })));
  for (const [offset, length] of [
    [1, 10],
    [MIB - 5, 10],
    [3 * MIB, 2 * MIB],
    [100, 4 * MIB],
    [bytes.length - 3, 3],
  ] as const) {
    assert.ok(
      bytes.subarray(offset, offset + length).equals(await readBlock(channel, 16_777_216n, { offset, length })),
      `${length} bytes at ${offset}`,
    );
  }
  assert.ok(
    bytes.subarray(10).equals(await readBlock(channel, 16_777_216n, { offset: 10, length: 9 * MIB })),
    'a length past the end gives what there is',
  );
});

test('an uncached block comes from the under store and stays', async (t) => {
  const { channel, master, store } = await cluster(t);
  const bytes = patterned(3 * MIB + 7);
  store.files.set('a/b', bytes);
  const ufs = ufsOptions('a/b', bytes.length);
  assert.ok(bytes.equals(await readBlock(channel, 5n, { length: bytes.length, ufs })));
  assert.equal(master.committed.get(5n), BigInt(bytes.length));
  const before = store.reads.length;
  assert.ok(bytes.equals(await readBlock(channel, 5n, { length: bytes.length, ufs })));
  assert.equal(store.reads.length, before, 'the second read does not ask the store');
});

test('a file is written through to the under store', async (t) => {
  const { channel, store } = await cluster(t);
  const bytes = patterned(2 * MIB + 1);
  const stream = channel.stream(writeBlockMethod);
  const createUfsFileOptions = { ufsPath: 'mem://bucket/th/x', owner: 'ann', group: 'staff', mode: 0o640, mountId: 1n };
  await stream.write({ command: { type: blockWorker.RequestType.UFS_FILE, id: -1n, createUfsFileOptions } });
  for (let at = 0; at < bytes.length; at += MIB) await stream.write({ chunk: chunkOf(bytes.subarray(at, at + MIB)) });
  stream.end();
  const answer = await stream.read();
  assert.equal(answer?.offset, BigInt(bytes.length));
  assert.equal(answer?.contentHash, `hash-${bytes.length}`);
  assert.equal(await stream.read(), undefined);
  assert.ok(bytes.equals(store.files.get('th/x')!));
  const { owner, group, mode } = store.created.get('th/x')!;
  assert.deepEqual({ owner, group, mode }, { owner: 'ann', group: 'staff', mode: 0o640 });
});

test('chunks are as large as asked, at most 1 MiB', async (t) => {
  const { channel } = await cluster(t);
  const bytes = patterned(5 * MIB);
  await writeBlock(channel, 1n, bytes);
  const largest = async (chunkSize: number): Promise<number> =>
    Math.max(...(await readChunks(channel, 1n, { length: bytes.length, chunkSize })).map((chunk) => chunk.length));
  assert.equal(await largest(100_000), 100_000);
  assert.equal(await largest(0), MIB);
  assert.equal(await largest(64 * MIB), MIB);
});
