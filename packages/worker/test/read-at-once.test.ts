import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodsOf } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import { patterned, readBlock, readChunks, writeBlock } from './fakes/client-calls.js';
import { cluster } from './fakes/cluster.js';

const MIB = 1 << 20;
const methods = methodsOf(blockWorker.BlockWorkerDefinition);

test('small reads give the right bytes, wherever they begin and end', async (t) => {
  const { channel, worker } = await cluster(t);
  const bytes = patterned(3 * MIB + 777);
  await writeBlock(channel, 5n, bytes);
  await readBlock(channel, 5n, { length: bytes.length });
  const before = worker.counters.bytesReadFromCache;
  let read = 0;
  for (const offset of [0, 1, MIB - 1, MIB - 100, 2 * MIB + 5, 3 * MIB, bytes.length - 10, bytes.length - 1])
    for (const length of [1, 100, 4096, 65_536, 65_537]) {
      const got = await readChunks(channel, 5n, { offset, length });
      assert.ok(bytes.subarray(offset, offset + length).equals(Buffer.concat(got)), `${length} at ${offset}`);
      read += Buffer.concat(got).length;
    }
  assert.equal(worker.counters.bytesReadFromCache - before, read);
  assert.equal((await readChunks(channel, 5n, { offset: 0, length: 5000, chunkSize: 1000 })).length, 5, 'the chunk size is kept to');
  await assert.rejects(readBlock(channel, 5n, { offset: -1, length: 5 }), { kind: 'invalidArgument' });
  await assert.rejects(readBlock(channel, 6n, { length: 5 }), { kind: 'notFound' });
  assert.equal((await readBlock(channel, 5n, { offset: bytes.length, length: 5 })).length, 0);
});

test('a block removed and written anew under the same id never serves old bytes', async (t) => {
  const { channel } = await cluster(t);
  for (let generation = 0; generation < 4; generation++) {
    const bytes = patterned(2 * MIB + 50, generation + 1);
    await writeBlock(channel, 5n, bytes);
    assert.ok(bytes.subarray(10, 5000).equals(await readBlock(channel, 5n, { offset: 10, length: 4990 })));
    assert.ok(bytes.equals(await readBlock(channel, 5n, { length: bytes.length })));
    assert.ok(bytes.subarray(MIB).equals(await readBlock(channel, 5n, { offset: MIB, length: MIB + 50 })));
    assert.ok(bytes.subarray(10, 5000).equals(await readBlock(channel, 5n, { offset: 10, length: 4990 })));
    await channel.unary(methods.removeBlock, { blockId: 5n });
    await assert.rejects(readBlock(channel, 5n, { offset: 10, length: 4990 }), { kind: 'notFound' });
  }
});

test('a small read keeps its block from being the next to go', async (t) => {
  const { channel } = await cluster(t, { ramdisk: '6MB' });
  for (const id of [1n, 2n, 3n]) {
    await writeBlock(channel, id, patterned(2 * MIB - 100, Number(id)));
    await readBlock(channel, id, { length: 100 });
  }
  await readBlock(channel, 1n, { length: 100 });
  await writeBlock(channel, 4n, patterned(2 * MIB - 100, 4));
  assert.ok(
    patterned(2 * MIB - 100, 1)
      .subarray(0, 100)
      .equals(await readBlock(channel, 1n, { length: 100 })),
  );
  await assert.rejects(readBlock(channel, 2n, { length: 100 }), { kind: 'notFound' });
});
