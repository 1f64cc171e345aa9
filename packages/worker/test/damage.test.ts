import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { test } from 'node:test';
import { cluster, type Cluster } from './fakes/cluster.js';
import { patterned, readBlock, readChunks, ufsOptions, writeBlock } from './fakes/client-calls.js';

const MIB = 1 << 20;

async function flipBit({ directory }: Cluster, id: bigint, at: number): Promise<void> {
  const file = await open(`${directory}/alluxioworker/${id}`, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0]! ^= 4;
  await file.write(byte, 0, 1, at);
  await file.close();
}

for (const mapFiles of [true, false]) {
  test(`a flipped bit is never served (D 25; ${mapFiles ? 'mapped' : 'read'})`, async (t) => {
    const c = await cluster(t, { mapFiles });
    const bytes = patterned(6 * MIB);
    await writeBlock(c.channel, 1n, bytes);
    await flipBit(c, 1n, 5 * MIB + 17);
    // A page that is fine is served; the damaged one, in whole or in part, is not.
    assert.ok(bytes.subarray(0, 10).equals(await readBlock(c.channel, 1n, { length: 10 })));
    await assert.rejects(readBlock(c.channel, 1n, { offset: 5 * MIB + 1000, length: 10 }), { kind: 'dataLoss' });
    await assert.rejects(readBlock(c.channel, 1n, { length: 10 }), { kind: 'notFound' }, 'the copy is gone');
    assert.equal(c.worker.counters.pagesDamaged, 1);
    await c.master.until(() => c.master.heartbeats.some((beat) => beat.removedBlockIds?.includes(1n) === true));
  });
}

test('a damaged page is replaced from the under store in the same read', async (t) => {
  const c = await cluster(t);
  const bytes = patterned(6 * MIB);
  c.store.files.set('f', bytes);
  const ufs = ufsOptions('f', bytes.length);
  await readBlock(c.channel, 1n, { length: bytes.length, ufs });
  await flipBit(c, 1n, 5 * MIB);
  const chunks = await readChunks(c.channel, 1n, { length: bytes.length, ufs });
  assert.ok(bytes.equals(Buffer.concat(chunks)));
  assert.equal(c.worker.counters.pagesDamaged, 1);
});

test('damage that happened while the worker was down is found (D 25)', async (t) => {
  const c = await cluster(t);
  await writeBlock(c.channel, 1n, patterned(2 * MIB));
  await c.worker.stop();
  await flipBit(c, 1n, 3);
  await c.restart();
  await assert.rejects(readBlock(c.channel, 1n, { length: 2 * MIB }), { kind: 'dataLoss' });
});
