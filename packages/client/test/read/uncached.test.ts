import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockMethods } from '@alluvium/client/master/services.js';
import { FakeCluster } from '../fakes/fake-cluster.js';
import { present } from '../fakes/present.js';
import type { FakeWorker } from '../fakes/fake-worker.js';
import { bytesOf, MIB, patterned } from '../suite/world.js';

const BLOCK = MIB;
const bytes = patterned(2 * MIB + 10);
const PERSISTED = { persisted: true, persistenceState: 'PERSISTED', ufsPath: 's3://b/f', mountId: 5n };

/** A file that nobody has cached and every worker can get. */
async function uncached(cluster: FakeCluster, hosts: readonly string[], more: object = PERSISTED): Promise<FakeWorker[]> {
  const ids = cluster.file('/f', bytes, BLOCK, [], more);
  const workers: FakeWorker[] = [];
  for (const host of hosts) {
    const worker = await cluster.worker(host);
    ids.forEach((id, i) => worker.blocks.set(id, bytes.subarray(i * BLOCK, (i + 1) * BLOCK)));
    workers.push(worker);
  }
  return workers;
}

test('a worker is told where in the under store a block is', async () => {
  const cluster = await FakeCluster.start();
  const [worker] = await uncached(cluster, ['w']);
  const fs = await cluster.connect();
  const file = await cluster.run(fs.open('/f', { readType: 'NO_CACHE' }));
  assert.deepEqual(await cluster.run(bytesOf(file)), bytes);
  assert.deepEqual(
    worker!.reads.map(({ openUfsBlockOptions: ufs }) => present(ufs ?? {})),
    [0, 1, 2].map((i) => ({
      ufsPath: 's3://b/f',
      offsetInFile: BigInt(i * BLOCK),
      blockSize: i === 2 ? 10n : BigInt(BLOCK),
      maxUfsReadConcurrency: 2147483647,
      mountId: 5n,
      noCache: true,
    })),
  );
});

test('before a file is persisted a worker is told to look for the block alone', async () => {
  const cluster = await FakeCluster.start();
  const [worker] = await uncached(cluster, ['w'], { ...PERSISTED, persisted: false, persistenceState: 'TO_BE_PERSISTED' });
  const fs = await cluster.connect();
  const file = await cluster.run(fs.open('/f'));
  await cluster.run(file.readAt(BigInt(BLOCK), new Uint8Array(10)));
  assert.deepEqual(present(worker!.reads[0]!.openUfsBlockOptions ?? {}), {
    offsetInFile: 0n,
    blockSize: BigInt(BLOCK),
    maxUfsReadConcurrency: 2147483647,
    mountId: 5n,
    noCache: false,
    blockInUfsTier: true,
  });
});

test('a block that nobody has is always read through the same worker, and blocks are spread', async () => {
  const hosts = Array.from({ length: 5 }, (_, i) => `w${i}`);
  const routes: string[] = [];
  for (let seed = 0; seed < 3; seed++) {
    const cluster = await FakeCluster.start();
    for (let draws = 0; draws < seed; draws++) cluster.random.next();
    const workers = await uncached(cluster, hosts);
    const fs = await cluster.connect();
    const file = await cluster.run(fs.open('/f'));
    await cluster.run(bytesOf(file));
    routes.push(JSON.stringify(workers.map(({ reads }) => reads.map(({ blockId }) => Number(blockId! & 0xffffffn)))));
  }
  assert.equal(new Set(routes).size, 1, routes.join(' '));
  assert.notEqual(routes[0]!.match(/\[\]/g)?.length, 4, routes[0]);
});

test('of a block that was read in part the worker is asked to cache the rest, once', async () => {
  const cluster = await FakeCluster.start();
  const [worker] = await uncached(cluster, ['w']);
  const fs = await cluster.connect();
  const file = await cluster.run(fs.open('/f'));
  for (let i = 0; i < 3; i++) await cluster.run(file.readAt(100n, new Uint8Array(10)));
  await cluster.clock.advance(1);
  assert.deepEqual(
    worker!.cacheRequests.map(({ blockId, length, sourceHost, sourcePort, async: later }) => [
      blockId,
      length,
      sourceHost,
      sourcePort,
      later,
    ]),
    [[worker!.reads[0]!.blockId, BigInt(BLOCK), 'w', 29999, true]],
  );
  assert.equal(worker!.cacheRequests[0]!.openUfsBlockOptions?.ufsPath, 's3://b/f');
});

test('no worker is asked to cache what it streamed whole, nor anything under NO_CACHE', async () => {
  const cluster = await FakeCluster.start();
  const [worker] = await uncached(cluster, ['w']);
  const fs = await cluster.connect();
  const whole = await cluster.run(fs.open('/f'));
  await cluster.run(bytesOf(whole));
  const unkept = await cluster.run(fs.open('/f', { readType: 'NO_CACHE' }));
  await cluster.run(unkept.readAt(0n, new Uint8Array(10)));
  await cluster.clock.advance(1);
  assert.deepEqual(worker!.cacheRequests, []);
});

test('the list of workers is asked for once in a while, not for every block', async () => {
  const cluster = await FakeCluster.start();
  await uncached(cluster, ['w']);
  const fs = await cluster.connect();
  const asked = (): number => cluster.master.requests(blockMethods.getWorkerInfoList).length;
  const read = async (): Promise<void> => {
    const file = await cluster.run(fs.open('/f'));
    await cluster.run(bytesOf(file));
  };
  await read();
  await cluster.clock.advance(10_000);
  await read();
  assert.equal(asked(), 1);
  await cluster.clock.advance(6000);
  await read();
  assert.equal(asked(), 2);
});

test('a stream is read as fast as it is asked for', async () => {
  const cluster = await FakeCluster.start();
  const length = 64 * MIB;
  const large = Buffer.alloc(length);
  const ids = cluster.file('/large', large, length, [['w']]);
  const worker = await cluster.worker('w');
  worker.blocks.set(ids[0]!, large);
  const fs = await cluster.connect();
  const file = await cluster.run(fs.open('/large'));
  const reader = file.stream().getReader();
  assert.equal(worker.reads.length, 0);
  await cluster.run(reader.read());
  await cluster.clock.advance(1000);
  assert.deepEqual(worker.acknowledged, []);
  await cluster.run(reader.read());
  await cluster.clock.advance(1000);
  // Which tells the worker what has arrived, so that it does not wait.
  assert.deepEqual(worker.acknowledged, [BigInt(MIB)]);
  await cluster.run(reader.cancel());
});

test('a reading that lies for long lets go of the worker, and goes on from there', async () => {
  const cluster = await FakeCluster.start();
  const large = patterned(8 * MIB);
  const ids = cluster.file('/large', large, large.length, [['w']]);
  const worker = await cluster.worker('w');
  worker.blocks.set(ids[0]!, large);
  const fs = await cluster.connect();
  const file = await cluster.run(fs.open('/large'));
  const reading = file.chunks()[Symbol.asyncIterator]();
  const got = [(await cluster.run(reading.next())).value!];
  await cluster.clock.advance(11_000);
  assert.equal(worker.readsLeft, 1);
  for (let next = await cluster.run(reading.next()); next.done !== true; next = await cluster.run(reading.next())) got.push(next.value);
  assert.deepEqual(Buffer.concat(got), large);
  assert.deepEqual(
    worker.reads.map(({ offset, length }) => [offset, length]),
    [
      [0n, BigInt(8 * MIB)],
      [BigInt(MIB), BigInt(7 * MIB)],
    ],
  );
});
