import { fail } from '@alluvium/base';
import { fileMethods } from '@alluvium/client/master/services.js';
import type { FileSystem, WriteType } from '@alluvium/client';
import { blockWorker } from '@alluvium/wire';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, FakeCluster } from '../fakes/fake-cluster.js';
import { present } from '../fakes/present.js';
import { MIB, patterned, rejectsWith } from '../suite/world.js';

const { ALLUXIO_BLOCK, UFS_FILE } = blockWorker.RequestType;

async function written(cluster: FakeCluster, fs: FileSystem, bytes: Buffer, writeType: WriteType): Promise<void> {
  const file = await cluster.run(fs.create('/f', { writeType, blockSizeBytes: BigInt(8 * MIB) }));
  await cluster.run(file.write(bytes));
  await cluster.run(file.close());
}

test('the commands of each write type', async () => {
  const block = { type: ALLUXIO_BLOCK, tier: 0, mediumType: '', pinOnCreate: false, spaceToReserve: BigInt(8 * MIB) };
  const ufs = {
    type: UFS_FILE,
    id: -1n,
    tier: 0,
    createUfsFileOptions: { ufsPath: 'mem://store/f', owner: 'ada', group: 'staff', mode: 0o644, mountId: 1n },
    mediumType: '',
    pinOnCreate: false,
    spaceToReserve: BigInt(8 * MIB),
  };
  const wanted: Record<WriteType, object[]> = {
    MUST_CACHE: [block, block],
    ASYNC_THROUGH: [block, block].map((command) => ({ ...command, pinOnCreate: true })),
    CACHE_THROUGH: [block, block, ufs],
    THROUGH: [ufs],
  };
  for (const [writeType, commands] of Object.entries(wanted) as [WriteType, object[]][]) {
    const cluster = await FakeCluster.start();
    const worker = await cluster.worker('w');
    worker.contentHash = 'hash';
    const fs = await cluster.connect();
    const bytes = patterned(9 * MIB);
    await written(cluster, fs, bytes, writeType);
    const byType = [...worker.uploads].sort((a, b) => (a.command.type ?? 0) - (b.command.type ?? 0));
    assert.deepEqual(
      byType.map(({ command: { id, ...rest } }) => present(rest.type === UFS_FILE ? { id, ...rest } : rest)),
      commands,
      writeType,
    );
    const blocks = byType.filter(({ command }) => command.type === ALLUXIO_BLOCK).map((upload) => upload.bytes);
    if (blocks.length > 0) assert.deepEqual(Buffer.concat(blocks), bytes);
    assert.ok(worker.uploads.every(({ state }) => state === 'whole'));
    const { options } = cluster.master.requests(fileMethods.completeFile)[0]!;
    const through = writeType === 'THROUGH' || writeType === 'CACHE_THROUGH';
    assert.equal(options?.ufsLength, through ? BigInt(bytes.length) : undefined);
    assert.equal(options?.contentHash, through ? 'hash' : undefined);
    assert.ok(options?.commonOptions?.operationId !== undefined);
    const creation = cluster.master.requests(fileMethods.createFile)[0]!.options?.commonOptions?.operationId;
    assert.deepEqual(options?.asyncPersistOptions?.commonOptions?.operationId, writeType === 'ASYNC_THROUGH' ? creation : undefined);
    assert.notDeepEqual(options?.commonOptions?.operationId, creation);
  }
});

for (const afterBytes of [0, MIB, 2.5 * MIB]) {
  test(`a worker that fails after ${afterBytes} bytes of an upload is replaced`, async () => {
    const cluster = await FakeCluster.start();
    const first = await cluster.worker('w1');
    const second = await cluster.worker('w2');
    const fs = await cluster.connect({ localHost: 'w1' });
    first.writeFailure = { afterBytes, error: fail('resourceExhausted', 'no space') };
    await written(cluster, fs, patterned(2.5 * MIB), 'MUST_CACHE');
    assert.deepEqual(
      first.uploads.map(({ state }) => state),
      ['dropped'],
    );
    assert.deepEqual(
      second.uploads.map(({ bytes, state }) => [bytes.equals(patterned(2.5 * MIB)), state]),
      [[true, 'whole']],
    );
    assert.equal(first.uploads[0]!.command.id, second.uploads[0]!.command.id);
  });
}

test('a worker that cannot be reached is replaced', async () => {
  const cluster = await FakeCluster.start();
  await cluster.worker('w1');
  const second = await cluster.worker('w2');
  const fs = await cluster.connect({ localHost: 'w1' });
  cluster.network.cut(addressOf('w1'));
  await written(cluster, fs, patterned(100), 'MUST_CACHE');
  assert.deepEqual(second.uploads[0]!.bytes, patterned(100));
});

test('a block whose worker fails late is written to another one, whole', async () => {
  const cluster = await FakeCluster.start();
  const first = await cluster.worker('w1');
  const second = await cluster.worker('w2');
  const fs = await cluster.connect({ localHost: 'w1' });
  first.writeFailure = { afterBytes: 6 * MIB, error: fail('unavailable', 'the worker dies') };
  await written(cluster, fs, patterned(8 * MIB), 'MUST_CACHE');
  assert.deepEqual(
    [...first.uploads, ...second.uploads].map(({ bytes, state }) => [state, bytes.length >= 6 * MIB]),
    [
      ['dropped', true],
      ['whole', true],
    ],
  );
  assert.deepEqual(second.uploads[0]!.bytes, patterned(8 * MIB));
});

test('when more was sent than is kept the write fails, says so, and the file is gone', async () => {
  const cluster = await FakeCluster.start();
  const worker = await cluster.worker('w1');
  await cluster.worker('w2');
  const fs = await cluster.connect({ localHost: 'w1', keptBytesMax: 1 * MIB });
  worker.writeFailure = { afterBytes: 6 * MIB, error: fail('resourceExhausted', 'no space left') };
  await assert.rejects(written(cluster, fs, patterned(8 * MIB), 'MUST_CACHE'), {
    kind: 'resourceExhausted',
    message: /^no space left; the \d+ bytes sent are more than were kept to be sent again$/,
  });
  assert.equal(cluster.master.files.has('/f'), false);
});

test('what was kept of a block is given back when it is done, and when it is given up', async () => {
  const cluster = await FakeCluster.start();
  const worker = await cluster.worker('w1');
  await cluster.worker('w2');
  const fs = await cluster.connect({ localHost: 'w1', keptBytesMax: 4 * MIB });
  for (let round = 0; round < 3; round++) {
    await written(cluster, fs, patterned(16 * MIB), 'MUST_CACHE');
    await cluster.run(fs.remove('/f'));
    const file = await cluster.run(fs.create('/f', { writeType: 'MUST_CACHE', blockSizeBytes: BigInt(8 * MIB) }));
    await cluster.run(file.write(patterned(7 * MIB)));
    await cluster.run(file.abort());
  }
  worker.writeFailure = { afterBytes: 7 * MIB, error: fail('unavailable', 'the worker dies') };
  await written(cluster, fs, patterned(8 * MIB), 'MUST_CACHE');
});

test('when every worker is full the write fails without waiting', async () => {
  const cluster = await FakeCluster.start();
  const workers = [await cluster.worker('w1'), await cluster.worker('w2')];
  for (const worker of workers) worker.writeFailure = { afterBytes: 0, error: fail('resourceExhausted', 'no space left') };
  const fs = await cluster.connect();
  await assert.rejects(written(cluster, fs, patterned(100), 'MUST_CACHE'), {
    kind: 'resourceExhausted',
    message: 'Cannot write "/f": no space left',
  });
  assert.ok(cluster.clock.monotonicMs() < 1000);
  assert.equal(cluster.master.files.has('/f'), false);
});

test('CACHE_THROUGH goes on without the cache when that fails', async () => {
  const cluster = await FakeCluster.start();
  const fs = await cluster.connect();
  const worker = await cluster.worker('w');
  cluster.master.fails = (method) => (method === 'GetNewBlockIdForFile' ? fail('internal', 'no ids') : undefined);
  await written(cluster, fs, patterned(9 * MIB), 'CACHE_THROUGH');
  assert.deepEqual(
    worker.uploads.map(({ command, bytes, state }) => [command.type, bytes.equals(patterned(9 * MIB)), state]),
    [[UFS_FILE, true, 'whole']],
  );
  assert.equal(cluster.master.files.get('/f')?.completed, true);
});

test('CACHE_THROUGH fails when the under store does', async () => {
  const cluster = await FakeCluster.start();
  const fs = await cluster.connect();
  await cluster.worker('w');
  const file = await cluster.run(fs.create('/f', { writeType: 'CACHE_THROUGH' }));
  cluster.network.cut(addressOf('w'));
  await rejectsWith('unavailable', cluster.run(file.write(patterned(2 * MIB))));
  assert.equal(cluster.master.files.has('/f'), false);
});

test('an abort drops what the workers have and removes the file', async () => {
  const cluster = await FakeCluster.start();
  const fs = await cluster.connect();
  const worker = await cluster.worker('w');
  const file = await cluster.run(fs.create('/f', { writeType: 'CACHE_THROUGH' }));
  await cluster.run(file.write(patterned(3 * MIB)));
  await cluster.run(file.abort());
  await cluster.clock.advance(1);
  assert.deepEqual(
    worker.uploads.map(({ state }) => state),
    ['dropped', 'dropped'],
  );
  assert.equal(cluster.master.files.has('/f'), false);
});

test('an abort leaves a file that has taken the place of this one', async () => {
  const cluster = await FakeCluster.start();
  const fs = await cluster.connect();
  await cluster.worker('w');
  const file = await cluster.run(fs.create('/f'));
  cluster.file('/f', patterned(5), MIB, [], { completed: false });
  await cluster.run(file.abort());
  assert.equal(cluster.master.files.has('/f'), true);
});

test('a completion whose answer was lost is asked for again under the same id', async () => {
  const cluster = await FakeCluster.start();
  const fs = await cluster.connect();
  await cluster.worker('w');
  cluster.master.fails = (method, nth) => (method === 'CompleteFile' && nth < 3 ? fail('unavailable', 'gone') : undefined);
  await written(cluster, fs, patterned(10), 'MUST_CACHE');
  const ids = cluster.master.requests(fileMethods.completeFile).map(({ options }) => options?.commonOptions?.operationId);
  assert.equal(ids.length, 3);
  assert.deepEqual(ids[0], ids[2]);
});

test('blocks are spread over workers by their free space', async () => {
  const cluster = await FakeCluster.start();
  const small = await cluster.worker('small', 1n << 30n);
  const large = await cluster.worker('large', 9n << 30n);
  const fs = await cluster.connect();
  const file = await cluster.run(fs.create('/f', { writeType: 'MUST_CACHE', blockSizeBytes: 1000n }));
  await cluster.run(file.write(patterned(200_000)));
  await cluster.run(file.close());
  const share = small.uploads.length / (small.uploads.length + large.uploads.length);
  assert.ok(share > 0.03 && share < 0.2, `${share} of the blocks are on the small one`);
});

test('of a block whose length is known no more is reserved', async () => {
  const cluster = await FakeCluster.start();
  const fs = await cluster.connect();
  const worker = await cluster.worker('w');
  await written(cluster, fs, patterned(8 * MIB + 100), 'MUST_CACHE');
  assert.deepEqual(
    worker.uploads.map(({ command }) => command.spaceToReserve),
    [BigInt(8 * MIB), 100n],
  );
});

test('workers without room for a whole block are asked for less', async () => {
  const cluster = await FakeCluster.start();
  const fs = await cluster.connect();
  const workers = [await cluster.worker('w1'), await cluster.worker('w2')];
  for (const worker of workers) worker.spaceBytes = BigInt(4 * MIB);
  await written(cluster, fs, patterned(3 * MIB), 'MUST_CACHE');
  const uploads = workers.flatMap((worker) => worker.uploads);
  assert.deepEqual(
    uploads.filter(({ state }) => state === 'whole').map(({ bytes }) => bytes.equals(patterned(3 * MIB))),
    [true],
  );
  assert.ok(uploads.length <= 4);
});
