import { fileMethods } from '@alluvium/client/master/services.js';
import { common, fileSystemMaster } from '@alluvium/wire';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster } from './fakes/fake-cluster.js';
import { rejectsWith } from './suite/world.js';

const COMMON = { ttl: -1n, ttlAction: common.TtlAction.FREE };

function plain<T>(message: T): T {
  return JSON.parse(JSON.stringify(message, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))) as T;
}

test('requests carry the options that an unchanged 2.9.4 client sends', async () => {
  const cluster = await FakeCluster.start();
  const { master } = cluster;
  const fs = await cluster.connect();
  cluster.file('/f', Buffer.alloc(1), 8, []);
  await cluster.run(fs.status('/f'));
  await cluster.run(fs.createDirectory('/d', { recursive: true }));
  const file = await cluster.run(fs.create('/new'));
  await cluster.run(file.close());
  assert.deepEqual(
    plain(master.requests(fileMethods.getStatus)[0]),
    plain({
      path: '/f',
      options: { loadMetadataType: fileSystemMaster.LoadMetadataPType.ONCE, commonOptions: COMMON },
    }),
  );
  const directory = master.requests(fileMethods.createDirectory)[0]!;
  assert.deepEqual(
    plain(directory),
    plain({
      path: '/d',
      options: {
        recursive: true,
        allowExists: false,
        xattr: {},
        mode: { ownerBits: common.Bits.ALL, groupBits: common.Bits.READ_EXECUTE, otherBits: common.Bits.READ_EXECUTE },
        writeType: fileSystemMaster.WritePType.MUST_CACHE,
        commonOptions: { ...COMMON, operationId: directory.options?.commonOptions?.operationId },
      },
    }),
  );
  const created = master.requests(fileMethods.createFile)[0]!;
  assert.deepEqual(
    plain(created),
    plain({
      path: '/new',
      options: {
        blockSizeBytes: 8n << 20n,
        recursive: false,
        mode: { ownerBits: common.Bits.READ_WRITE, groupBits: common.Bits.READ, otherBits: common.Bits.READ },
        replicationMax: -1,
        replicationMin: 0,
        replicationDurable: 1,
        writeTier: 0,
        writeType: fileSystemMaster.WritePType.MUST_CACHE,
        commonOptions: { ...COMMON, operationId: created.options?.commonOptions?.operationId },
        persistenceWaitTime: 0n,
        xattr: {},
      },
    }),
  );
});

test('a status is what the master sent, with nothing lost beyond 2^53', async () => {
  const cluster = await FakeCluster.start();
  const fs = await cluster.connect();
  const id = (1n << 62n) + 1n;
  cluster.master.files.set('/f', {
    path: '/f',
    name: 'f',
    fileId: id,
    mode: 0o1777,
    ttl: 5n,
    ttlAction: common.TtlAction.DELETE_ALLUXIO,
    mountId: id,
    inAlluxioPercentage: 50,
    xattr: { tag: Buffer.from('x') },
    fileBlockInfos: [
      {
        offset: 0n,
        blockInfo: {
          blockId: id,
          length: 9n,
          locations: [{ workerId: id, workerAddress: { host: 'w', rpcPort: 1, dataPort: 2 }, tierAlias: 'SSD' }],
        },
      },
    ],
  });
  const status = await cluster.run(fs.status('/f'));
  assert.deepEqual(status, {
    fileId: id,
    path: '/f',
    name: 'f',
    folder: false,
    lengthBytes: 0n,
    blockSizeBytes: 0n,
    completed: false,
    owner: '',
    group: '',
    mode: 0o777,
    acl: [],
    defaultAcl: [],
    creationTimeMs: 0n,
    lastModificationTimeMs: 0n,
    lastAccessTimeMs: 0n,
    ttlMs: 5n,
    ttlAction: 'DELETE_ALLUXIO',
    pinned: false,
    pinnedMedia: [],
    cacheable: false,
    persisted: false,
    persistenceState: '',
    mountPoint: false,
    mountId: id,
    ufsPath: '',
    ufsFingerprint: '',
    replicationMin: 0,
    replicationMax: 0,
    inAlluxioPercentage: 50,
    inMemoryPercentage: 0,
    blocks: [{ blockId: id, offset: 0n, lengthBytes: 9n, locations: [{ workerId: id, host: 'w', rpcPort: 1, dataPort: 2, tier: 'SSD' }] }],
    xattr: { tag: Buffer.from('x') },
  });
});

test('a listing holds few messages at a time, and leaving it stops the master', async () => {
  const cluster = await FakeCluster.start();
  const fs = await cluster.connect();
  const name = 'n'.repeat(200);
  cluster.master.listing = Array.from({ length: 100 }, (_, m) => Array.from({ length: 1000 }, (_, i) => ({ path: `/d/${m}-${i}`, name })));
  await cluster.run(
    (async () => {
      for await (const { path } of fs.list('/d')) {
        assert.equal(path, '/d/0-0');
        break;
      }
    })(),
  );
  assert.equal(cluster.master.listingsLeft, 1);
  assert.ok(cluster.master.listedMessages < 20, `${cluster.master.listedMessages} messages were sent`);
  let count = 0;
  await cluster.run(
    (async () => {
      for await (const { path } of fs.list('/d', { recursive: true })) if (path.startsWith('/d/')) count++;
    })(),
  );
  assert.equal(count, 100_000);
});

test('the defaults of the cluster are asked for once', async () => {
  const cluster = await FakeCluster.start();
  const asked = (): number => cluster.master.calls.filter(({ method }) => method === 'GetConfiguration').length;
  const fs = await cluster.connect();
  await Promise.all([cluster.run(fs.createDirectory('/b')), fs.createDirectory('/c')]);
  assert.equal(asked(), 1);
});

test('after close nothing is called any more, and what was open is closed', async () => {
  const cluster = await FakeCluster.start();
  await cluster.worker('w');
  const fs = await cluster.connect();
  const file = await cluster.run(fs.create('/open'));
  await cluster.run(file.write(Buffer.alloc(100)));
  await cluster.run(fs.close());
  await rejectsWith('failedPrecondition', fs.status('/f'));
  await rejectsWith('failedPrecondition', file.write(Buffer.alloc(1)));
  assert.equal(cluster.master.files.has('/open'), false);
});
