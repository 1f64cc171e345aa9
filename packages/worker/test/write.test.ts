import assert from 'node:assert/strict';
import { readdir, writeFile, stat } from 'node:fs/promises';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { methodsOf } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import { chunkOf } from '@alluvium/worker/transfer/read-codec.js';
import { writeBlockMethod } from '@alluvium/worker/transfer/write-codec.js';
import { cluster, type Cluster } from './fakes/cluster.js';
import { patterned, readBlock, writeBlock } from './fakes/client-calls.js';

const MIB = 1 << 20;
const methods = methodsOf(blockWorker.BlockWorkerDefinition);
const ALLUXIO_BLOCK = blockWorker.RequestType.ALLUXIO_BLOCK;
const UFS_FILE = blockWorker.RequestType.UFS_FILE;

async function temporaryFiles({ directory }: Cluster): Promise<string[]> {
  const root = `${directory}/alluxioworker/.tmp_blocks`;
  const out: string[] = [];
  for (const folder of await readdir(root)) out.push(...(await readdir(`${root}/${folder}`)));
  return out;
}

/** Lets the worker notice what a client did: two heartbeats pass. */
async function settle({ master }: Cluster): Promise<void> {
  const beats = master.heartbeats.length;
  await master.until(() => master.heartbeats.length > beats + 1);
}

test('errors of writes are those of Alluxio', async (t) => {
  const { channel } = await cluster(t);
  await writeBlock(channel, 1n, patterned(10));
  await assert.rejects(writeBlock(channel, 1n, patterned(10)), {
    kind: 'internal',
    message: 'Temp blockId 1 is not available, because it is already committed',
  });
  await assert.rejects(writeBlock(channel, 2n, patterned(10), { spaceToReserve: 1n << 40n }), {
    kind: 'resourceExhausted',
    message: /^Not enough space left on worker localhost\/<unresolved>:29999 to store blockId 2\. Please consult /,
  });
  await assert.rejects(writeBlock(channel, -1n, patterned(10)), { kind: 'invalidArgument' });
  const offset = channel.stream(writeBlockMethod);
  await offset.write({ command: { type: ALLUXIO_BLOCK, id: 3n } });
  await offset.write({ chunk: chunkOf(patterned(10)) });
  await offset.write({ command: { type: ALLUXIO_BLOCK, id: 3n, offset: 11n, flush: true } });
  await assert.rejects(offset.read(), { kind: 'invalidArgument', message: 'Offsets do not match [received: 11, expected: 10].' });
  const mount = channel.stream(writeBlockMethod);
  await mount.write({ command: { type: UFS_FILE, id: -1n, createUfsFileOptions: { ufsPath: 'mem://bucket/f', mountId: 99n } } });
  await assert.rejects(mount.read(), { kind: 'unavailable', message: 'Failed to create UFS info for mount point with id 99' });
  const fallback = channel.stream(writeBlockMethod);
  await fallback.write({ command: { type: blockWorker.RequestType.UFS_FALLBACK_BLOCK, id: 4n } });
  await assert.rejects(fallback.read(), { kind: 'unimplemented' });
});

test('a chunk first, an empty chunk, an empty message, nothing', async (t) => {
  const { channel, master } = await cluster(t);
  const chunk = channel.stream(writeBlockMethod);
  await chunk.write({ chunk: chunkOf(patterned(3)) });
  await assert.rejects(chunk.read(), { kind: 'invalidArgument' });
  for (const message of [{ chunk: chunkOf(Buffer.alloc(0)) }, {}]) {
    const stream = channel.stream(writeBlockMethod);
    await stream.write({ command: { type: ALLUXIO_BLOCK, id: 5n } });
    await stream.write(message);
    await assert.rejects(stream.read(), { kind: 'invalidArgument' });
  }
  const nothing = channel.stream(writeBlockMethod);
  nothing.end();
  assert.equal(await nothing.read(), undefined);
  await writeBlock(channel, 6n, Buffer.alloc(0));
  assert.equal(master.committed.get(6n), 0n, 'a block without a chunk is an empty block');
});

test('flush answers with the offset and the stream goes on', async (t) => {
  const { channel } = await cluster(t);
  const bytes = patterned(2 * MIB);
  const stream = channel.stream(writeBlockMethod);
  const command = { type: ALLUXIO_BLOCK, id: 1n };
  await stream.write({ command });
  await stream.write({ chunk: chunkOf(bytes.subarray(0, MIB)) });
  await stream.write({ command: { ...command, offset: BigInt(MIB), flush: true } });
  assert.deepEqual((await stream.read())?.offset, BigInt(MIB));
  await stream.write({ chunk: chunkOf(bytes.subarray(MIB)) });
  stream.end();
  assert.equal(await stream.read(), undefined);
  assert.ok(bytes.equals(await readBlock(channel, 1n, { length: bytes.length })));
});

test('a cancelled write leaves nothing behind', async (t) => {
  const c = await cluster(t);
  for (const command of [
    { type: ALLUXIO_BLOCK, id: 1n },
    { type: UFS_FILE, id: -1n, createUfsFileOptions: { ufsPath: 'mem://bucket/f', mountId: 1n } },
  ]) {
    const stream = c.channel.stream(writeBlockMethod);
    await stream.write({ command });
    await stream.write({ chunk: chunkOf(patterned(MIB)) });
    await settle(c);
    stream.cancel();
  }
  await settle(c);
  assert.deepEqual(await temporaryFiles(c), []);
  assert.equal(c.store.aborted, 1);
  assert.equal(c.store.files.size, 0);
  assert.equal(c.master.committed.size, 0);
  assert.equal(c.master.heartbeats.at(-1)?.usedBytesOnTiers?.['MEM'], 0n);
  await writeBlock(c.channel, 1n, patterned(10));
});

test('the block is not there, for anybody, when the master refuses it', async (t) => {
  const c = await cluster(t);
  c.master.beforeCommit = () => {
    throw fail('internal', 'no');
  };
  await assert.rejects(writeBlock(c.channel, 1n, patterned(10)), { kind: 'internal', message: 'no' });
  await assert.rejects(readBlock(c.channel, 1n, { length: 10 }), { kind: 'notFound' });
  await settle(c);
  assert.ok(
    c.master.heartbeats.some((beat) => beat.removedBlockIds?.includes(1n)),
    'the master may have taken it all the same',
  );
});

test('a writer waits for a master that comes back', async (t) => {
  const c = await cluster(t);
  let tries = 0;
  c.master.beforeCommit = () => {
    if (tries++ < 2) throw fail('unavailable', 'restarting');
  };
  await writeBlock(c.channel, 1n, patterned(10));
  assert.equal(c.master.committed.get(1n), 10n);
});

test('many streams wait open and commit when they are closed', async (t) => {
  const { channel, master } = await cluster(t);
  const streams = [];
  for (let id = 1n; id <= 50n; id++) {
    const stream = channel.stream(writeBlockMethod);
    await stream.write({ command: { type: ALLUXIO_BLOCK, id, spaceToReserve: 1000n } });
    await stream.write({ chunk: chunkOf(patterned(1000, Number(id))) });
    await stream.write({ command: { type: ALLUXIO_BLOCK, id, offset: 1000n, flush: true } });
    await stream.read();
    streams.push(stream);
  }
  assert.equal(master.committed.size, 0);
  for (const stream of streams) {
    stream.end();
    await stream.read();
  }
  assert.equal(master.committed.size, 50);
});

test('a client on this machine writes a block file itself', async (t) => {
  const c = await cluster(t);
  const bytes = patterned(3 * MIB + 5);
  const stream = c.channel.stream(methods.createLocalBlock);
  await stream.write({ blockId: 184_549_376n, tier: 0, spaceToReserve: BigInt(MIB), mediumType: '', pinOnCreate: false });
  const path = (await stream.read())!.path!;
  assert.match(path, new RegExp(`^${c.directory}/alluxioworker-shared/[-0-9a-f]+-184549376$`));
  const { mode } = await stat(path);
  assert.equal(mode & 0o666, 0o666, 'whoever the client is');
  await stream.write({ blockId: 184_549_376n, spaceToReserve: BigInt(8 * MIB), onlyReserveSpace: true });
  assert.equal((await stream.read())?.path, undefined);
  await writeFile(path, bytes);
  stream.end();
  assert.equal(await stream.read(), undefined);
  assert.equal(c.master.committed.get(184_549_376n), BigInt(bytes.length));
  assert.ok(bytes.equals(await readBlock(c.channel, 184_549_376n, { length: bytes.length })));
  await settle(c);
  assert.equal(c.master.heartbeats.at(-1)?.usedBytesOnTiers?.['MEM'], BigInt(bytes.length));
});

test('what a local writer may not do', async (t) => {
  const c = await cluster(t, { ramdisk: '4MB' });
  const create = { blockId: 1n, spaceToReserve: BigInt(MIB) };
  const twice = c.channel.stream(methods.createLocalBlock);
  await twice.write(create);
  await twice.read();
  await twice.write(create);
  await assert.rejects(twice.read(), { kind: 'internal' });
  const greedy = c.channel.stream(methods.createLocalBlock);
  await greedy.write(create);
  await greedy.read();
  await greedy.write({ ...create, spaceToReserve: BigInt(8 * MIB), onlyReserveSpace: true });
  await assert.rejects(greedy.read(), {
    kind: 'resourceExhausted',
    message: /^Failed to free \d+ bytes space at location MEM\. Min contiguous requested: /,
  });
  const gone = c.channel.stream(methods.createLocalBlock);
  await gone.write(create);
  const path = (await gone.read())!.path!;
  gone.cancel();
  await settle(c);
  await assert.rejects(stat(path), { code: 'ENOENT' });
  assert.deepEqual(await temporaryFiles(c), []);
});

test('a client on this machine opens a block file, which stays until its stream ends', async (t) => {
  const c = await cluster(t);
  await writeBlock(c.channel, 1n, patterned(10));
  const stream = c.channel.stream(methods.openLocalBlock);
  await stream.write({ blockId: 1n });
  assert.match((await stream.read())!.path!, new RegExp(`^${c.directory}/alluxioworker-shared/[-0-9a-f]+-1$`));
  const removed = c.channel.unary(methods.removeBlock, { blockId: 1n });
  await settle(c);
  await stat(`${c.directory}/alluxioworker/1`);
  stream.end();
  assert.equal(await stream.read(), undefined);
  await removed;
  await assert.rejects(stat(`${c.directory}/alluxioworker/1`), { code: 'ENOENT' });
  const missing = c.channel.stream(methods.openLocalBlock);
  await missing.write({ blockId: 1n });
  await assert.rejects(missing.read(), { kind: 'notFound', message: 'BlockMeta not found for blockId 1' });
});
