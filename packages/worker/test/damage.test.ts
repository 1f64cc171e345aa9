import assert from 'node:assert/strict';
import { open, readFile } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import { fileIdOfBlock, type BlockId } from '@alluvium/base';
import { ServiceTable } from '@alluvium/net';
import type { common } from '@alluvium/wire';
import { chunkOf, readBlockMethod } from '@alluvium/worker/transfer/read-codec.js';
import { cluster, type Cluster } from './fakes/cluster.js';
import { patterned, readBlock, ufsOptions, writeBlock } from './fakes/client-calls.js';
import { simple } from './fakes/simple.js';

const MIB = 1 << 20;

async function flipBit({ directory }: Cluster, id: bigint, at: number): Promise<void> {
  const file = await open(`${directory}/alluxioworker/${id}`, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0]! ^= 4;
  await file.write(byte, 0, 1, at);
  await file.close();
}

/** Another worker, which answers reads of any block with `bytes`. */
async function peer(t: TestContext, { network }: Cluster, bytes: Buffer): Promise<common.WorkerNetAddress> {
  const table = new ServiceTable().stream(readBlockMethod, async (stream) => {
    const { offset = 0n, length = 0n } = (await stream.read())!;
    await stream.write(chunkOf(bytes.subarray(Number(offset), Number(offset + length))));
  });
  const server = await network.serve({ host: 'other', port: 29999 }, table, { authenticator: simple, maxInboundMessageBytes: 1 << 26 });
  t.after(() => server.stop());
  return { host: 'other', rpcPort: 29999, dataPort: 29999 };
}

/** The first block of a file. */
const BLOCK = 1n << 24n;

/** The master knows of these copies of {@link BLOCK}. */
function knownCopies({ master }: Cluster, copies: { workers?: common.WorkerNetAddress[]; ufsPath?: string }): void {
  const locations = (copies.workers ?? []).map((workerAddress) => ({ workerAddress }));
  master.files.set(fileIdOfBlock(BLOCK as BlockId), {
    fileBlockInfos: [{ blockInfo: { blockId: BLOCK, locations } }],
    blockSizeBytes: BigInt(64 * MIB),
    ...(copies.ufsPath !== undefined && { persisted: true, mountId: 1n, ufsPath: copies.ufsPath }),
  });
}

test('a flipped bit is never served, and the other pages are (D 25)', async (t) => {
  const c = await cluster(t);
  const bytes = patterned(6 * MIB);
  await writeBlock(c.channel, 1n, bytes);
  await flipBit(c, 1n, 5 * MIB + 17);
  assert.ok(bytes.subarray(0, 10).equals(await readBlock(c.channel, 1n, { length: 10 })));
  await assert.rejects(readBlock(c.channel, 1n, { offset: 5 * MIB + 10, length: 10 }), { kind: 'dataLoss' });
  await assert.rejects(readBlock(c.channel, 1n, { length: bytes.length }), { kind: 'dataLoss' });
  assert.ok(bytes.subarray(MIB, 2 * MIB).equals(await readBlock(c.channel, 1n, { offset: MIB, length: MIB })));
  assert.equal(c.worker.counters.pagesDamaged, 1, 'counted once');
  assert.equal(c.worker.quarantinedPages, 1);
});

test('a bit that flips after the page was read is not served either', async (t) => {
  const c = await cluster(t);
  await writeBlock(c.channel, 1n, patterned(MIB));
  await readBlock(c.channel, 1n, { offset: 100, length: 10 });
  await readBlock(c.channel, 1n, { length: MIB });
  await flipBit(c, 1n, 105);
  await assert.rejects(readBlock(c.channel, 1n, { offset: 100, length: 10 }), { kind: 'dataLoss' });
  await assert.rejects(readBlock(c.channel, 1n, { length: MIB }), { kind: 'dataLoss' });
});

test('a damaged page gets its bytes back from a replica while it is read', async (t) => {
  const c = await cluster(t);
  const bytes = patterned(6 * MIB);
  await writeBlock(c.channel, BLOCK, bytes);
  knownCopies(c, { workers: [{ host: 'localhost', rpcPort: 29999, dataPort: 29999 }, await peer(t, c, bytes)] });
  for (const at of [0, 3 * MIB + 5, 6 * MIB - 1]) await flipBit(c, BLOCK, at);
  const reads = [1, 2, 3].map(() => readBlock(c.channel, BLOCK, { length: bytes.length }));
  for (const read of await Promise.all(reads)) assert.ok(bytes.equals(read));
  assert.equal(c.worker.counters.pagesDamaged, 3);
  assert.equal(c.worker.counters.pagesRepaired, 3);
  assert.ok(bytes.equals(await readFile(`${c.directory}/alluxioworker/${BLOCK}`)), 'mended in place');
  assert.equal(c.worker.quarantinedPages, 0);
});

test('a replica that is damaged too mends nothing; the under store does', async (t) => {
  const c = await cluster(t);
  const bytes = patterned(2 * MIB);
  await writeBlock(c.channel, BLOCK, bytes);
  c.store.files.set('f', bytes);
  knownCopies(c, { workers: [await peer(t, c, patterned(2 * MIB, 5))], ufsPath: 'mem://bucket/f' });
  await flipBit(c, BLOCK, MIB);
  assert.ok(bytes.equals(await readBlock(c.channel, BLOCK, { length: bytes.length })));
  assert.equal(c.worker.counters.pagesRepaired, 1);
});

test('a copy with a damaged page of a file that was replaced in the store is dropped', async (t) => {
  const c = await cluster(t);
  await writeBlock(c.channel, BLOCK, patterned(2 * MIB));
  const now = patterned(2 * MIB, 9);
  c.store.files.set('f', now);
  knownCopies(c, { ufsPath: 'mem://bucket/f' });
  await flipBit(c, BLOCK, 0);
  assert.ok(now.equals(await readBlock(c.channel, BLOCK, { length: now.length, ufs: ufsOptions('f', now.length) })));
  await c.master.until(() => c.master.heartbeats.some((beat) => beat.removedBlockIds?.includes(BLOCK) === true));
  assert.equal(c.worker.counters.pagesRepaired, 0);
});

test('a damaged page is read from the under store in the same read while the master cannot say where else it is', async (t) => {
  const c = await cluster(t);
  const bytes = patterned(6 * MIB);
  c.store.files.set('f', bytes);
  const ufs = ufsOptions('f', bytes.length);
  await readBlock(c.channel, 1n, { length: bytes.length, ufs });
  await flipBit(c, 1n, 5 * MIB);
  assert.ok(bytes.equals(await readBlock(c.channel, 1n, { length: bytes.length, ufs })));
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
