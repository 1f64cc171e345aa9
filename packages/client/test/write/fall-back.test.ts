import { fail } from '@alluvium/base';
import type { FileSystem } from '@alluvium/client';
import { fileMethods } from '@alluvium/client/master/services.js';
import { blockWorker, fileSystemMaster } from '@alluvium/wire';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster } from '../fakes/fake-cluster.js';
import type { FakeWorker } from '../fakes/fake-worker.js';
import { MIB, patterned, rejectsWith } from '../suite/world.js';

const { UFS_FILE } = blockWorker.RequestType;
const FULL = fail('resourceExhausted', 'no space left');
const BYTES = patterned(5 * MIB + 7);

async function written(cluster: FakeCluster, fs: FileSystem): Promise<void> {
  const file = await cluster.run(fs.create('/f', { writeType: 'ASYNC_THROUGH', blockSizeBytes: BigInt(2 * MIB), mode: 0o600 }));
  await cluster.run(file.write(BYTES));
  await cluster.run(file.close());
}

function stored(workers: readonly FakeWorker[]): Buffer[] {
  return workers.flatMap(({ uploads }) =>
    uploads.filter(({ command, state }) => command.type === UFS_FILE && state === 'whole').map(({ bytes }) => bytes),
  );
}

for (const freeBlocks of [0, 1, 2])
  test(`an ASYNC_THROUGH file goes to the store at once when no worker has room after ${freeBlocks} blocks`, async () => {
    const cluster = await FakeCluster.start();
    const worker = await cluster.worker('w');
    worker.failsUpload = ({ type }, nth) => (type !== UFS_FILE && nth > freeBlocks ? FULL : undefined);
    worker.contentHash = 'hash';
    const fs = await cluster.connect();
    await written(cluster, fs);
    assert.deepEqual(stored([worker]), [BYTES]);
    const [created, again] = cluster.master.requests(fileMethods.createFile).map(({ options }) => options);
    assert.equal(created?.writeType, fileSystemMaster.WritePType.ASYNC_THROUGH);
    assert.equal(again?.writeType, fileSystemMaster.WritePType.THROUGH);
    assert.deepEqual([again?.overwrite, again?.mode], [true, created?.mode]);
    const { options } = cluster.master.requests(fileMethods.completeFile)[0]!;
    assert.deepEqual([options?.ufsLength, options?.contentHash, options?.asyncPersistOptions], [BigInt(BYTES.length), 'hash', undefined]);
    assert.ok(cluster.clock.monotonicMs() < 1000);
  });

test('a worker that turns out to be full at the end of the last block sends the file to the store', async () => {
  const cluster = await FakeCluster.start();
  const worker = await cluster.worker('w');
  worker.writeFailure = { afterBytes: MIB + 7, error: FULL };
  worker.failsUpload = ({ type }) => {
    if (type === UFS_FILE) worker.writeFailure = undefined;
    return undefined;
  };
  const fs = await cluster.connect();
  await written(cluster, fs);
  assert.deepEqual(stored([worker]), [BYTES]);
});

test('a file that has taken the place of this one is not replaced', async () => {
  const cluster = await FakeCluster.start();
  const worker = await cluster.worker('w');
  const fs = await cluster.connect();
  worker.failsUpload = ({ type }) => {
    if (type === UFS_FILE) return undefined;
    cluster.file('/f', patterned(5), MIB, []);
    return FULL;
  };
  await rejectsWith('notFound', written(cluster, fs));
  assert.equal(cluster.master.files.get('/f')?.length, 5n);
  assert.deepEqual(stored([worker]), []);
});

for (const [what, options] of [
  ['it is switched off', { properties: { 'alluvium.user.file.write.through.when.full': 'false' } }],
  ['MUST_CACHE', { writeType: 'MUST_CACHE' }],
] as const)
  test(`when every worker is full the write fails: ${what}`, async () => {
    const cluster = await FakeCluster.start();
    const worker = await cluster.worker('w');
    worker.failsUpload = () => FULL;
    const fs = await cluster.connect(options);
    const file = await cluster.run(fs.create('/f', 'writeType' in options ? options : { writeType: 'ASYNC_THROUGH' }));
    await cluster.run(file.write(Buffer.alloc(10)));
    await rejectsWith('resourceExhausted', cluster.run(file.close()));
    assert.equal(cluster.master.files.has('/f'), false);
  });

test('of a full worker and one that is away the full one decides', async () => {
  const cluster = await FakeCluster.start();
  const [full, away] = [await cluster.worker('full'), await cluster.worker('away')];
  full.failsUpload = ({ type }) => (type === UFS_FILE ? undefined : FULL);
  cluster.network.cut({ host: 'away', port: 29_999 });
  const fs = await cluster.connect();
  await written(cluster, fs);
  assert.deepEqual(stored([full, away]), [BYTES]);
  assert.ok(cluster.clock.monotonicMs() < 10_000);
});
