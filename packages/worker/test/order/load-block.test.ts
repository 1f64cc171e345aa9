import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { ServiceTable } from '@alluvium/net';
import { chunkOf, readBlockMethod } from '@alluvium/worker/transfer/read-codec.js';
import { patterned, readBlock } from '../fakes/client-calls.js';
import { cluster, temporaryDirectory, type Cluster } from '../fakes/cluster.js';
import { simple } from '../fakes/simple.js';

const PORT = 29999;

async function peer(c: Cluster, host: string, bytes: Buffer, asked: (bigint | undefined)[] = []): Promise<void> {
  const table = new ServiceTable().stream(readBlockMethod, async (stream) => {
    asked.push((await stream.read())?.blockId);
    if (bytes.length === 0) throw fail('notFound', 'nothing here');
    await stream.write(chunkOf(bytes));
  });
  await c.network.serve({ host, port: PORT }, table, { authenticator: simple, maxInboundMessageBytes: 1 << 20 });
}

const at = (host: string) => ({ host, rpcPort: PORT });
const stored = (ufsPath: string, offsetInFile = 0n) => ({ mountId: 1n, ufsPath: `mem://bucket/${ufsPath}`, offsetInFile });

test('a load order brings a block from the first source that has all of it', async (t) => {
  const c = await cluster(t);
  const bytes = patterned(1000);
  await peer(c, 'empty', Buffer.alloc(0));
  await peer(c, 'short', bytes.subarray(0, 999));
  await peer(c, 'whole', bytes);
  const sources = ['gone', 'localhost', 'empty', 'short', 'whole'].map(at);
  await c.master.order({ load: { orderId: 1n, blockId: 5n, length: 1000n, sources } });
  await c.master.until(() => c.master.orderResults.length === 1);
  assert.deepEqual([c.master.orderResults[0]!.errorKind, c.master.orderResults[0]!.bytes], [undefined, 1000n]);
  assert.equal(c.master.committed.get(5n), 1000n);
  assert.ok(bytes.equals(await readBlock(c.channel, 5n, { length: 1000 })));
  await c.master.order({ load: { orderId: 2n, blockId: 5n, length: 1000n, sources } });
  await c.master.until(() => c.master.orderResults.length === 2);
  assert.equal(c.master.orderResults[1]!.bytes, 0n, 'one that is here is not read again');
});

test('a load order takes from the store what no source has, as another block when that is asked for', async (t) => {
  const c = await cluster(t);
  const bytes = patterned(300_000);
  c.store.files.set('f', bytes);
  await peer(c, 'empty', Buffer.alloc(0));
  const load = { blockId: 5n, length: 100_000n, sources: [at('empty')], stored: stored('f', 50_000n) };
  await c.master.order({ load: { ...load, orderId: 1n } });
  await c.master.order({ load: { ...load, orderId: 2n, targetBlockId: 6n, pinned: true } });
  await c.master.until(() => c.master.orderResults.length === 2);
  for (const id of [5n, 6n])
    assert.ok(bytes.subarray(50_000, 150_000).equals(await readBlock(c.channel, id, { length: 100_000 })), `block ${id}`);
  assert.equal(c.store.reads.length, 2);
});

test('a block that no fast directory can take is loaded into a slower one', async (t) => {
  const directory = await temporaryDirectory(t);
  const c = await cluster(t, {
    directory,
    configuration: {
      'alluxio.worker.tieredstore.levels': '2',
      'alluxio.worker.tieredstore.level0.dirs.path': `${directory}/mem`,
      'alluxio.worker.tieredstore.level0.dirs.quota': '128KB',
      'alluxio.worker.tieredstore.level1.alias': 'SSD',
      'alluxio.worker.tieredstore.level1.dirs.path': `${directory}/ssd`,
      'alluxio.worker.tieredstore.level1.dirs.quota': '1MB',
    },
  });
  const bytes = patterned(300_000);
  c.store.files.set('f', bytes);
  await c.master.order({ load: { orderId: 1n, blockId: 5n, length: 300_000n, stored: stored('f') } });
  await c.master.until(() => c.master.orderResults.length === 1);
  assert.equal(c.master.orderResults[0]!.errorMessage, undefined);
  assert.ok(bytes.equals(await readBlock(c.channel, 5n, { length: 300_000 })));
});

test('a load order that cannot be fulfilled says why and leaves nothing', async (t) => {
  const c = await cluster(t, { ramdisk: '1MB' });
  c.store.files.set('short', patterned(10));
  const orders = [
    { blockId: 1n, length: 10n, sources: [] },
    { blockId: 2n, length: 10n, sources: [at('gone')] },
    { blockId: 3n, length: 20n, stored: stored('short') },
    { blockId: 4n, length: 20n, stored: stored('short'), pinned: true },
    { blockId: 5n, length: 10n, stored: stored('missing') },
    { blockId: 6n, length: 2_000_000n, sources: [at('gone')] },
  ];
  for (const [i, load] of orders.entries()) await c.master.order({ load: { ...load, orderId: BigInt(i) } });
  await c.master.until(() => c.master.orderResults.length === orders.length);
  const kinds = c.master.orderResults.toSorted((a, b) => Number(a.orderId! - b.orderId!)).map((result) => result.errorKind);
  assert.deepEqual(kinds, ['notFound', 'unavailable', 'outOfRange', 'outOfRange', 'notFound', 'resourceExhausted']);
  assert.equal(c.master.committed.size, 0);
});

test('orders beyond what a worker works on at a time are refused, and a cancelled one ends', async (t) => {
  const c = await cluster(t);
  c.store.files.set('f', patterned(10));
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  c.store.beforePart = () => held;
  for (let id = 1n; id <= 33n; id++) await c.master.order({ load: { orderId: id, blockId: id, length: 10n, stored: stored('f') } });
  await c.master.until(() => c.master.orderResults.length === 1);
  assert.deepEqual([c.master.orderResults[0]!.orderId, c.master.orderResults[0]!.errorKind], [33n, 'resourceExhausted']);
  await c.master.order({ cancel: { orderId: 1n } });
  await c.master.until(() => c.master.orderResults.length === 2);
  assert.deepEqual([c.master.orderResults[1]!.orderId, c.master.orderResults[1]!.errorKind], [1n, 'cancelled']);
  release();
  await c.master.until(() => c.master.orderResults.length === 33);
});

test('a move order to a medium that this worker lacks is refused', async (t) => {
  const c = await cluster(t);
  c.store.files.set('f', patterned(10));
  await c.master.order({ load: { orderId: 1n, blockId: 5n, length: 10n, stored: stored('f') } });
  await c.master.until(() => c.master.orderResults.length === 1);
  await c.master.order({ move: { orderId: 2n, blockId: 5n, mediumType: 'MEM' } });
  await c.master.order({ move: { orderId: 3n, blockId: 5n, mediumType: 'HDD' } });
  await c.master.order({ move: { orderId: 4n, blockId: 6n, mediumType: 'MEM' } });
  await c.master.until(() => c.master.orderResults.length === 4);
  assert.deepEqual(
    c.master.orderResults
      .slice(1)
      .toSorted((a, b) => Number(a.orderId! - b.orderId!))
      .map(({ errorKind }) => errorKind),
    [undefined, 'failedPrecondition', 'internal'],
  );
});

test('what no worker has is persisted from the store that has it', async (t) => {
  const c = await cluster(t);
  const bytes = patterned(250_000);
  c.store.files.set('from', bytes);
  const blocks = [{ blockId: 1n, length: 150_000n, sources: [at('gone')], stored: stored('from', 100_000n) }];
  await c.master.order({ persist: { orderId: 1n, mountId: 1n, ufsPath: 'mem://bucket/to', length: 150_000n, blocks } });
  await c.master.until(() => c.master.results.length === 1);
  assert.equal(c.master.results[0]!.errorKind, undefined);
  assert.ok(bytes.subarray(100_000).equals(c.store.files.get('to')!));
});
