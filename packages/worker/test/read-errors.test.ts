import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBlockMethod } from '@alluvium/worker/transfer/read-codec.js';
import { cluster } from './fakes/cluster.js';
import { patterned, readBlock, readChunks, ufsOptions, writeBlock } from './fakes/client-calls.js';

test('reads that cannot be served are told so, as Alluxio tells them', async (t) => {
  const { channel } = await cluster(t);
  await writeBlock(channel, 1n, patterned(100));
  await assert.rejects(readBlock(channel, 1n, { offset: -1, length: 5 }), {
    kind: 'invalidArgument',
    message: /^Invalid read bounds in read request .*\.$/,
  });
  await assert.rejects(readBlock(channel, 1n, { length: 0 }), { kind: 'invalidArgument', message: /^Invalid read bounds/ });
  await assert.rejects(readBlock(channel, -2n, { length: 5 }), {
    kind: 'invalidArgument',
    message: 'Invalid blockId (-2) in read request.',
  });
  await assert.rejects(readBlock(channel, 999_999n, { length: 5 }), {
    kind: 'notFound',
    message: 'BlockMeta not found for blockId 999999',
  });
  await assert.rejects(readBlock(channel, 2n, { length: 5, ufs: ufsOptions('missing', 10) }), {
    kind: 'notFound',
    message: /^Failed to read from UFS, .*java\.io\.FileNotFoundException: .*missing/,
  });
  await assert.rejects(readBlock(channel, 2n, { offset: 1, length: 5, ufs: ufsOptions('missing', 10) }), { kind: 'notFound' });
  await assert.rejects(readBlock(channel, 2n, { length: 5, ufs: { ...ufsOptions('f', 10), mountId: 77n } }), {
    kind: 'unavailable',
    message: /Failed to create UFS info for mount point with id 77/,
  });
  assert.deepEqual(await readChunks(channel, 1n, { offset: 100, length: 5 }), [Buffer.alloc(0)], 'past the end: one empty chunk');
  assert.equal((await readBlock(channel, 1n, { offset: 90, length: 50 })).length, 10);
});

test('a path outside of the mount is not read', async (t) => {
  const { channel, store } = await cluster(t);
  for (const ufsPath of ['mem://other/f', 'mem://bucket2/f', '/etc/passwd', 'mem://bucket/../f', 'mem://bucket/a/../../f']) {
    await assert.rejects(
      readBlock(channel, 2n, { length: 5, ufs: { ...ufsOptions('f', 10), ufsPath } }),
      { kind: 'invalidArgument' },
      ufsPath,
    );
  }
  assert.deepEqual(store.reads, []);
});

test('an acknowledgement first, or nothing at all', async (t) => {
  const { channel } = await cluster(t);
  const ack = channel.stream(readBlockMethod);
  await ack.write({ blockId: 1n, offsetReceived: 5n });
  await assert.rejects(ack.read(), { kind: 'invalidArgument' });
  const empty = channel.stream(readBlockMethod);
  empty.end();
  assert.equal(await empty.read(), undefined);
});

test('acknowledgements are ignored, and a half-close ends the read', async (t) => {
  const c = await cluster(t);
  const bytes = patterned(20 << 20);
  await writeBlock(c.channel, 1n, bytes);
  const stream = c.channel.stream(readBlockMethod);
  const request = { blockId: 1n, offset: 0n, length: BigInt(bytes.length), chunkSize: 1n << 20n };
  await stream.write(request);
  const first = await stream.read();
  assert.equal(first?.length, 1 << 20);
  await stream.write({ ...request, offsetReceived: 1n << 20n });
  stream.end();
  let received = first.length;
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) received += chunk.length;
  assert.ok(received < bytes.length / 2, `stopped after ${received} bytes`);
  // The block is not held any more.
  await c.worker.stop();
});

test('a client that vanishes holds nothing', async (t) => {
  const c = await cluster(t, { ramdisk: '21MB' });
  const bytes = patterned(20 << 20);
  await writeBlock(c.channel, 1n, bytes);
  const stream = c.channel.stream(readBlockMethod);
  await stream.write({ blockId: 1n, offset: 0n, length: BigInt(bytes.length) });
  await stream.read();
  await assert.rejects(writeBlock(c.channel, 2n, bytes), { kind: 'resourceExhausted' }, 'it is being read');
  stream.cancel();
  const beats = c.master.heartbeats.length;
  await c.master.until(() => c.master.heartbeats.length > beats + 1);
  await writeBlock(c.channel, 2n, bytes);
});
