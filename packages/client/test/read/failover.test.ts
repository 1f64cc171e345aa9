import { fail } from '@alluvium/base';
import { fileMethods } from '@alluvium/client/master/services.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, FakeCluster } from '../fakes/fake-cluster.js';
import type { FakeWorker } from '../fakes/fake-worker.js';
import { bytesOf, MIB, patterned, rejectsWith } from '../suite/world.js';

const BLOCK = 4 * MIB;

/** A file of two blocks, of 4 MiB and 2.5 MiB, that the given workers have. */
async function cached(cluster: FakeCluster, hosts: readonly string[]): Promise<{ bytes: Buffer; workers: FakeWorker[] }> {
  const bytes = patterned(BLOCK + 2.5 * MIB);
  const ids = cluster.file('/f', bytes, BLOCK, [hosts, hosts]);
  const workers: FakeWorker[] = [];
  for (const host of hosts) {
    const worker = await cluster.worker(host);
    ids.forEach((id, i) => worker.blocks.set(id, bytes.subarray(i * BLOCK, (i + 1) * BLOCK)));
    workers.push(worker);
  }
  return { bytes, workers };
}

test('a read asks for each block to its end, and no further', async () => {
  const cluster = await FakeCluster.start();
  const { bytes, workers } = await cached(cluster, ['w']);
  const fs = await cluster.connect();
  const file = await cluster.run(fs.open('/f'));
  assert.deepEqual(await cluster.run(bytesOf(file, { offset: BigInt(MIB) })), bytes.subarray(MIB));
  const [worker] = workers;
  assert.deepEqual(
    worker!.reads.map(({ offset, length, chunkSize, promote, positionShort, openUfsBlockOptions }) => [
      offset,
      length,
      chunkSize,
      promote,
      positionShort,
      openUfsBlockOptions !== undefined,
    ]),
    [
      [BigInt(MIB), BigInt(3 * MIB), BigInt(MIB), false, false, true],
      [0n, BigInt(2.5 * MIB), BigInt(MIB), false, false, true],
    ],
  );
});

test('a positioned read asks for its bytes only, as a short one', async () => {
  const cluster = await FakeCluster.start();
  const { bytes, workers } = await cached(cluster, ['w']);
  const fs = await cluster.connect();
  const file = await cluster.run(fs.open('/f', { readType: 'CACHE_PROMOTE' }));
  const into = new Uint8Array(100);
  assert.equal(await cluster.run(file.readAt(BigInt(BLOCK - 50), into)), 100);
  assert.deepEqual(Buffer.from(into), bytes.subarray(BLOCK - 50, BLOCK + 50));
  assert.deepEqual(
    workers[0]!.reads.map(({ offset, length, positionShort, promote }) => [offset, length, positionShort, promote]),
    [
      [BigInt(BLOCK - 50), 50n, true, true],
      [0n, 50n, true, true],
    ],
  );
});

test('when a worker fails in the middle another one goes on from there', async () => {
  const cluster = await FakeCluster.start();
  const { bytes, workers } = await cached(cluster, ['w1', 'w2']);
  const fs = await cluster.connect({ localHost: 'w1' });
  workers[0]!.readFailure = { afterBytes: 2 * MIB, error: fail('internal', 'disk broken') };
  const file = await cluster.run(fs.open('/f'));
  assert.deepEqual(await cluster.run(bytesOf(file)), bytes);
  const [first, ...rest] = workers[1]!.reads;
  const got = BigInt(BLOCK) - first!.length!;
  assert.equal(first!.offset, got);
  assert.equal(rest.length, 1);
  // It is not asked again at once, although it is the nearest.
  assert.equal(workers[0]!.reads.length, 1);
});

test('a worker that cannot be reached costs nothing but the attempt', async () => {
  const cluster = await FakeCluster.start();
  const { bytes, workers } = await cached(cluster, ['w1', 'w2']);
  const fs = await cluster.connect({ localHost: 'w1' });
  cluster.network.cut(addressOf('w1'));
  const file = await cluster.run(fs.open('/f'));
  assert.deepEqual(await cluster.run(bytesOf(file)), bytes);
  assert.equal(workers[1]!.reads.length, 2);
  assert.equal(cluster.clock.monotonicMs(), 0);
});

test('the worker on this host is read from first', async () => {
  for (const localHost of ['w1', 'w2', 'w3']) {
    const cluster = await FakeCluster.start();
    const { workers } = await cached(cluster, ['w1', 'w2', 'w3']);
    const fs = await cluster.connect({ localHost });
    const file = await cluster.run(fs.open('/f'));
    await cluster.run(bytesOf(file));
    assert.deepEqual(
      workers.map(({ reads }) => reads.length),
      ['w1', 'w2', 'w3'].map((host) => (host === localHost ? 2 : 0)),
    );
  }
});

test('a block that moved is found by asking the master again', async () => {
  const cluster = await FakeCluster.start();
  const { bytes, workers } = await cached(cluster, ['w1']);
  const fs = await cluster.connect();
  const file = await cluster.run(fs.open('/f'));
  const moved = await cluster.worker('w2');
  for (const [id, block] of workers[0]!.blocks) moved.blocks.set(id, block);
  workers[0]!.blocks.clear();
  cluster.file('/f', bytes, BLOCK, [['w2'], ['w2']]);
  assert.deepEqual(await cluster.run(bytesOf(file)), bytes);
});

test('a failure that will not pass is told after the master was asked once more', async () => {
  const cluster = await FakeCluster.start();
  const { workers } = await cached(cluster, ['w1', 'w2']);
  const fs = await cluster.connect();
  const file = await cluster.run(fs.open('/f'));
  for (const worker of workers) worker.blocks.clear();
  await assert.rejects(cluster.run(bytesOf(file)), {
    kind: 'notFound',
    message: /^Cannot read "\/f": BlockMeta not found for blockId \d+$/,
  });
  assert.deepEqual(
    workers.map(({ reads }) => reads.length),
    [2, 2],
  );
  assert.equal(cluster.master.requests(fileMethods.getStatus).length, 2);
});

test('a worker that is starting is waited for', async () => {
  const cluster = await FakeCluster.start();
  const { bytes } = await cached(cluster, ['w']);
  const fs = await cluster.connect();
  const file = await cluster.run(fs.open('/f'));
  cluster.network.cut(addressOf('w'));
  cluster.clock.schedule(30_000, () => cluster.network.heal(addressOf('w')));
  assert.deepEqual(await cluster.run(bytesOf(file)), bytes);
});

test('a worker that falls silent is given up after three minutes', async () => {
  const cluster = await FakeCluster.start();
  const { bytes, workers } = await cached(cluster, ['w1', 'w2']);
  workers[0]!.silent = true;
  const fs = await cluster.connect({ localHost: 'w1' });
  const file = await cluster.run(fs.open('/f'));
  assert.deepEqual(await cluster.run(bytesOf(file)), bytes);
  assert.ok(cluster.clock.monotonicMs() >= 180_000);
});

test('a block that is shorter than the master says is an error, not a short file', async () => {
  const cluster = await FakeCluster.start();
  const { workers } = await cached(cluster, ['w']);
  for (const [id, block] of workers[0]!.blocks) workers[0]!.blocks.set(id, block.subarray(0, 1000));
  const fs = await cluster.connect();
  const file = await cluster.run(fs.open('/f'));
  await rejectsWith('outOfRange', cluster.run(bytesOf(file)));
});

test('a file whose blocks are lost is an error at once', async () => {
  const cluster = await FakeCluster.start();
  cluster.file('/f', patterned(100), BLOCK, [], { persistenceState: 'LOST' });
  const fs = await cluster.connect();
  const file = await cluster.run(fs.open('/f'));
  await rejectsWith('dataLoss', cluster.run(bytesOf(file)));
  assert.equal(cluster.clock.monotonicMs(), 0);
});

test('a file that was replaced while it was open is not read from its successor', async () => {
  const cluster = await FakeCluster.start();
  const { workers } = await cached(cluster, ['w']);
  const fs = await cluster.connect();
  const file = await cluster.run(fs.open('/f'));
  const successor = await cluster.worker('w2');
  for (const id of workers[0]!.blocks.keys()) successor.blocks.set(id, Buffer.alloc(BLOCK));
  workers[0]!.blocks.clear();
  cluster.file('/f', Buffer.alloc(2 * BLOCK), BLOCK, [['w2'], ['w2']], { fileId: 99n });
  await rejectsWith('notFound', cluster.run(bytesOf(file)));
});
