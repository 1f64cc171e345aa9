import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodsOf, ServiceTable } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import { fail } from '@alluvium/base';
import { chunkOf, readBlockMethod } from '@alluvium/worker/transfer/read-codec.js';
import { WorkQueue } from '@alluvium/worker/cache/work-queue.js';
import { cluster } from './fakes/cluster.js';
import { simple } from './fakes/simple.js';
import { patterned, readBlock, ufsOptions, writeBlock } from './fakes/client-calls.js';

const MIB = 1 << 20;
const methods = methodsOf(blockWorker.BlockWorkerDefinition);

test('Cache brings a block from the under store, once', async (t) => {
  const { channel, store, master } = await cluster(t);
  const bytes = patterned(3 * MIB);
  store.files.set('f', bytes);
  const request = {
    blockId: 4n,
    length: BigInt(bytes.length),
    sourceHost: '127.0.0.1',
    sourcePort: 29999,
    openUfsBlockOptions: ufsOptions('f', bytes.length),
    async: false,
  };
  await Promise.all([channel.unary(methods.cache, request), channel.unary(methods.cache, request)]);
  await channel.unary(methods.cache, request);
  assert.equal(store.reads.length, 1);
  assert.equal(master.committed.get(4n), BigInt(bytes.length));
  assert.ok(bytes.equals(await readBlock(channel, 4n, { length: bytes.length })));
});

test('an asynchronous Cache is answered at once, whatever comes of it', async (t) => {
  const { channel, store, master } = await cluster(t);
  store.files.set('f', patterned(10));
  await channel.unary(methods.cache, { blockId: 3n, length: 10n, openUfsBlockOptions: ufsOptions('missing', 10), async: true });
  await channel.unary(methods.asyncCache, { blockId: 4n, length: 10n, openUfsBlockOptions: ufsOptions('f', 10) });
  await master.until(() => master.committed.has(4n));
  assert.ok(!master.committed.has(3n));
});

test('a synchronous Cache tells why not', async (t) => {
  const { channel, store } = await cluster(t, { ramdisk: '1MB' });
  store.files.set('f', patterned(2 * MIB));
  await assert.rejects(channel.unary(methods.cache, { blockId: 3n, length: 10n, openUfsBlockOptions: ufsOptions('missing', 10) }), {
    kind: 'notFound',
  });
  await assert.rejects(
    channel.unary(methods.cache, { blockId: 3n, length: BigInt(2 * MIB), openUfsBlockOptions: ufsOptions('f', 2 * MIB) }),
    { kind: 'resourceExhausted' },
  );
  await assert.rejects(channel.unary(methods.cache, { blockId: 4242n, length: 10n, openUfsBlockOptions: {} }), {
    kind: 'notFound',
    message: 'BlockMeta not found for blockId 4242',
  });
});

test('Cache copies from another worker, and turns to the under store when that fails', async (t) => {
  const { channel, network, store, master } = await cluster(t);
  const bytes = patterned(3 * MIB);
  store.files.set('f', bytes);
  let asked = 0;
  const table = new ServiceTable().stream(readBlockMethod, async (stream) => {
    const request = await stream.read();
    asked++;
    if (request?.blockId === 6n) throw fail('notFound', 'BlockMeta not found for blockId 6');
    for (let at = 0; at < bytes.length; at += MIB) await stream.write(chunkOf(bytes.subarray(at, at + MIB)));
  });
  await network.serve({ host: 'other', port: 29999 }, table, { authenticator: simple, maxInboundMessageBytes: MIB });
  const request = {
    length: BigInt(bytes.length),
    sourceHost: 'other',
    sourcePort: 29999,
    openUfsBlockOptions: ufsOptions('f', bytes.length),
  };
  await channel.unary(methods.cache, { ...request, blockId: 5n });
  assert.equal(store.reads.length, 0);
  assert.ok(bytes.equals(await readBlock(channel, 5n, { length: bytes.length })));
  await channel.unary(methods.cache, { ...request, blockId: 6n });
  assert.equal(asked, 2);
  assert.equal(store.reads.length, 1);
  assert.equal(master.committed.size, 2);
});

test('Load answers once for all blocks, naming those that failed', async (t) => {
  const { channel, store } = await cluster(t);
  store.files.set('f', patterned(3000));
  const { SUCCESS, PARTIAL_FAILURE, FAILURE } = blockWorker.TaskStatus;
  const block = (blockId: bigint, path: string, mountId = 1n): blockWorker.Block => ({
    blockId,
    length: 1000n,
    ufsPath: `mem://bucket/${path}`,
    offsetInFile: 1000n,
    mountId,
  });
  const options = { tag: '1', positionShort: false };
  assert.deepEqual((await channel.unary(methods.load, { blocks: [block(1n, 'f'), block(2n, 'f')], options })).status, SUCCESS);
  const answer = await channel.unary(methods.load, {
    blocks: [block(1n, 'f'), block(3n, 'missing'), block(4n, 'f', 9n), block(5n, 'f')],
    options,
  });
  assert.equal(answer.status, PARTIAL_FAILURE);
  assert.deepEqual(
    answer.blockStatus?.map((status) => [status.block?.blockId, status.code, status.retryable]),
    [
      [1n, 13, false],
      [3n, 5, false],
      [4n, 14, false],
    ],
  );
  assert.equal((await channel.unary(methods.load, { blocks: [block(3n, 'missing')], options })).status, FAILURE);
  assert.ok(
    store.files
      .get('f')!
      .subarray(1000, 2000)
      .equals(await readBlock(channel, 5n, { length: 1000 })),
  );
});

test('RemoveBlock, MoveBlock, FreeWorker, ClearMetrics', async (t) => {
  const { channel, worker, master } = await cluster(t);
  for (const id of [1n, 2n, 3n]) await writeBlock(channel, id, patterned(1000));
  await channel.unary(methods.moveBlock, { blockId: 1n, mediumType: 'MEM' });
  await assert.rejects(channel.unary(methods.moveBlock, { blockId: 1n, mediumType: 'SSD' }), { kind: 'failedPrecondition' });
  await assert.rejects(channel.unary(methods.moveBlock, { blockId: 9n, mediumType: 'MEM' }), {
    kind: 'internal',
    message: 'BlockMeta not found for blockId 9',
  });
  await channel.unary(methods.removeBlock, { blockId: 1n });
  await channel.unary(methods.removeBlock, { blockId: 1n });
  await assert.rejects(readBlock(channel, 1n, { length: 10 }), { kind: 'notFound' });
  await channel.unary(methods.freeWorker, {});
  await assert.rejects(readBlock(channel, 2n, { length: 10 }), { kind: 'notFound' });
  await master.until(() => new Set(master.heartbeats.flatMap((beat) => beat.removedBlockIds ?? [])).size === 3);
  assert.equal(worker.counters.blocksCommitted, 3);
  await channel.unary(methods.clearMetrics, {});
  assert.equal(worker.counters.blocksCommitted, 0);
});

test('the queue is bounded, runs a few at a time, and each block once', async () => {
  const queue = new WorkQueue(2, 2);
  const running: string[] = [];
  const release: (() => void)[] = [];
  const work = (name: string) => () =>
    new Promise<void>((resolve) => {
      running.push(name);
      release.push(resolve);
    });
  const ids = [1n, 2n, 3n, 4n, 5n] as Parameters<WorkQueue['run']>[0][];
  const all = [queue.run(ids[0]!, work('a')), queue.run(ids[1]!, work('b')), queue.run(ids[2]!, work('c')), queue.run(ids[3]!, work('d'))];
  assert.equal(queue.run(ids[0]!, work('again')), all[0]);
  assert.throws(() => queue.run(ids[4]!, work('e')), { kind: 'cancelled' });
  assert.deepEqual(running, ['a', 'b']);
  while (release.length > 0) {
    release.shift()!();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(all);
  assert.deepEqual(running, ['a', 'b', 'c', 'd']);
});
