import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { ServiceTable, methodsOf, simpleAuthenticator, type RpcChannel } from '@alluvium/net';
import { blockMaster, common, fileSystemMaster as fs, metaMaster, metricMaster, serviceVersion } from '@alluvium/wire';
import { operationId, rejects } from './file/world.js';
import { Machine } from './machine.js';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const forWorkers = methodsOf(fs.FileSystemMasterWorkerServiceDefinition);
const blocks = methodsOf(blockMaster.BlockMasterClientServiceDefinition);
const worker = methodsOf(blockMaster.BlockMasterWorkerServiceDefinition);
const meta = methodsOf(metaMaster.MetaMasterClientServiceDefinition);
const configuration = methodsOf(metaMaster.MetaMasterConfigurationServiceDefinition);
const metrics = methodsOf(metricMaster.MetricsMasterClientServiceDefinition);
const versions = methodsOf(serviceVersion.ServiceVersionClientServiceDefinition);
const { MUST_CACHE, THROUGH } = fs.WritePType;
const { CommandType } = common;

const MINUTE_MS = 60_000;

async function running(settings?: Record<string, string>): Promise<{ machine: Machine; c: RpcChannel }> {
  const machine = new Machine(settings);
  return { machine, c: await machine.start() };
}

async function create(c: RpcChannel, path: string, options: fs.CreateFilePOptions = {}): Promise<fs.FileInfo> {
  return (await c.unary(files.createFile, { path, options: { blockSizeBytes: 10n, writeType: MUST_CACHE, recursive: true, ...options } }))
    .fileInfo!;
}

async function status(c: RpcChannel, path: string): Promise<fs.FileInfo> {
  return (await c.unary(files.getStatus, { path })).fileInfo!;
}

/** Without what ts-proto adds to what it decodes. */
function plain<T>(message: T): T {
  return JSON.parse(JSON.stringify(message, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))) as T;
}

async function list(c: RpcChannel, path: string): Promise<string[]> {
  const stream = c.stream(files.listStatus);
  await stream.write({ path, options: { recursive: true } });
  stream.end();
  const out: string[] = [];
  for (let batch = await stream.read(); batch !== undefined; batch = await stream.read())
    out.push(...batch.fileInfos!.map((info) => info.path!));
  return out;
}

const address = (host: string): common.WorkerNetAddress => ({ host, rpcPort: 29999, dataPort: 29999, webPort: 30000 });

/** A worker with one MEM tier that reports `held`. */
async function register(c: RpcChannel, host: string, held: readonly bigint[] = []): Promise<bigint> {
  const { workerId } = await c.unary(worker.getWorkerId, { workerNetAddress: address(host) });
  const stream = c.stream(worker.registerWorkerStream);
  await stream.write({
    workerId: workerId!,
    storageTiers: ['MEM'],
    totalBytesOnTiers: { MEM: 1000n },
    usedBytesOnTiers: { MEM: 10n },
    lostStorage: {},
    options: { configs: [], numVCpu: 4, buildVersion: { version: '2.9.4', revision: 'r' } },
    currentBlocks: [{ key: { tierAlias: 'MEM', mediumType: 'MEM' }, value: { blockId: [...held] } }],
  });
  assert.deepEqual(plain(await stream.read()), {});
  stream.end();
  assert.equal(await stream.read(), undefined);
  return workerId!;
}

async function heartbeat(c: RpcChannel, workerId: bigint, more: Partial<blockMaster.BlockHeartbeatPRequest> = {}): Promise<common.Command> {
  const reply = await c.unary(worker.blockHeartbeat, { workerId, usedBytesOnTiers: { MEM: 20n }, removedBlockIds: [], ...more });
  return reply.command!;
}

test('a start that fails leaves nothing behind', async () => {
  const { machine } = await running();
  const second = new Machine();
  const taken = second.network.of('another');
  await taken.serve({ host: '127.0.0.1', port: 19998 }, new ServiceTable(), {
    authenticator: simpleAuthenticator(),
    maxInboundMessageBytes: 1024,
  });
  await assert.rejects(second.start(), /the address is in use/);
  await assert.rejects(second.clock.run(new Promise(() => {})), /nothing is scheduled/);
  await machine.stop();
  await assert.rejects(machine.clock.run(new Promise(() => {})), /nothing is scheduled/, 'nor does a stop');
});

test('a first start makes the root and a cluster id, later starts keep both', async () => {
  const { machine, c } = await running();
  const root = await status(c, '/');
  assert.deepEqual([root.owner, root.group, root.mode], ['root', 'root', 0o755]);
  const { clusterId } = (await c.unary(meta.getMasterInfo, {})).masterInfo!;
  assert.match(clusterId!, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  await machine.clock.advance(1000);
  const again = await machine.restart('stop');
  assert.equal((await again.unary(meta.getMasterInfo, {})).masterInfo!.clusterId, clusterId);
  assert.deepEqual(await status(again, '/'), root);
});

for (const how of ['stop', 'kill', 'crash'] as const) {
  test(`a restart keeps everything that was acknowledged: ${how}`, async () => {
    const { machine, c } = await running();
    machine.stores.at('mem://b').file('x/y', 'abc');
    await create(c, '/a/b/f', { commonOptions: { ttl: 5n, ttlAction: 1 } });
    const { id } = await c.unary(files.getNewBlockIdForFile, { path: '/a/b/f' });
    const workerId = await register(c, 'w1');
    await c.unary(worker.commitBlock, { workerId, blockId: id!, length: 7n, tierAlias: 'MEM', mediumType: 'MEM', usedBytesOnTier: 17n });
    await c.unary(files.completeFile, { path: '/a/b/f' });
    await c.unary(files.createDirectory, { path: '/s/t', options: { writeType: THROUGH, recursive: true } });
    await c.unary(files.mount, {
      alluxioPath: '/m',
      ufsPath: 'mem://b',
      options: { readOnly: true, properties: { 's3a.secretKey': 'hush' } },
    });
    await list(c, '/');
    await create(c, '/gone');
    await c.unary(files.remove, { path: '/gone' });
    await c.unary(files.rename, { path: '/a/b', dstPath: '/a/c' });
    await c.unary(files.setAttribute, { path: '/a/c/f', options: { pinned: true, owner: 'alice' } });
    const paths = await list(c, '/');
    const before = await status(c, '/a/c/f');
    const mounts = await c.unary(files.getMountTable, { checkUfs: false });
    assert.equal(before.fileBlockInfos![0]!.blockInfo!.locations!.length, 1);

    const again = await machine.restart(how);
    assert.deepEqual(await list(again, '/'), paths);
    const after = await status(again, '/a/c/f');
    assert.deepEqual(after.fileBlockInfos![0]!.blockInfo!.locations, [], 'where copies are is learned from the workers');
    assert.deepEqual(
      { ...after, fileBlockInfos: [], inAlluxioPercentage: 0, inMemoryPercentage: 0 },
      { ...before, fileBlockInfos: [], inAlluxioPercentage: 0, inMemoryPercentage: 0 },
    );
    assert.deepEqual(await again.unary(files.getMountTable, { checkUfs: false }), mounts);
    const { mountId } = mounts.mountPoints!['/m']!;
    const info = await again.unary(forWorkers.getUfsInfo, { mountId: mountId! });
    assert.equal(info.ufsInfo?.properties?.properties?.['s3a.secretKey'], 'hush');
    assert.deepEqual((await again.unary(forWorkers.getPinnedFileIds, {})).pinnedFileIds, [before.fileId]);
    assert.ok((await create(again, '/new')).fileId! > before.fileId!);
    assert.equal((await heartbeat(again, workerId)).commandType, CommandType.Register);
    await register(again, 'w1', [id!]);
    assert.deepEqual((await status(again, '/a/c/f')).inAlluxioPercentage, 100);
  });
}

test('a restart from a checkpoint is the same', async () => {
  const { machine, c } = await running();
  await create(c, '/a/before');
  assert.equal((await c.unary(meta.checkpoint, {})).masterHostname, 'localhost');
  await create(c, '/a/after');
  const again = await machine.restart('crash');
  assert.deepEqual(await list(again, '/'), ['/a', '/a/after', '/a/before']);
});

test('a retried create, rename and remove are answered after a crash', async () => {
  const { machine, c } = await running();
  const [made, moved, removed] = [operationId(), operationId(), operationId()];
  const info = await create(c, '/f', { commonOptions: { operationId: made } });
  await create(c, '/g');
  await c.unary(files.rename, { path: '/f', dstPath: '/h', options: { commonOptions: { operationId: moved } } });
  await c.unary(files.remove, { path: '/g', options: { commonOptions: { operationId: removed } } });
  const again = await machine.restart('crash');
  assert.equal((await create(again, '/f', { commonOptions: { operationId: made } })).fileId, info.fileId);
  await again.unary(files.rename, { path: '/f', dstPath: '/h', options: { commonOptions: { operationId: moved } } });
  await again.unary(files.remove, { path: '/g', options: { commonOptions: { operationId: removed } } });
  assert.deepEqual(await list(again, '/'), ['/h']);
});

test('a full journal disk makes the master read-only, until there is space again', async () => {
  const { machine, c } = await running();
  await create(c, '/before');
  // Room for what the journal keeps back, and for no more than that.
  machine.disk.capacityBytes = 17.5 * 2 ** 20;
  let refused = 0;
  for (let i = 0; i < 50; i++) {
    await machine.clock.run(
      create(c, `/${i}`, { xattr: { x: Buffer.alloc(60_000) } }).then(
        () => undefined,
        (error: { kind: string; message: string }) => {
          assert.equal(error.kind, 'resourceExhausted', error.message);
          refused++;
        },
      ),
    );
  }
  assert.ok(refused > 20);
  assert.equal(machine.master.health().ready, false);
  const shown = await list(c, '/');
  assert.ok(shown.includes('/before'));
  machine.disk.capacityBytes = Number.POSITIVE_INFINITY;
  await machine.clock.advance(MINUTE_MS);
  assert.equal(machine.master.health().ready, true);
  await create(c, '/later');
  assert.deepEqual(await list(await machine.restart('crash'), '/'), [...shown, '/later'].toSorted());
});

test('a journal that fails for good ends the master', async () => {
  const { machine, c } = await running();
  machine.disk.failpoint = ({ verb }) => (verb === 'sync' ? fail('dataLoss', 'EIO') : undefined);
  await rejects('unavailable', /EIO/, () => create(c, '/f'));
  assert.match((await machine.clock.run(machine.master.failed)).message, /EIO/);
});

test('a port that is taken, and a root store that is not there, stop the start', async () => {
  const { machine } = await running();
  await rejects('unavailable', /address is in use/, () => machine.start());
  const other = new Machine();
  other.stores.at('mem://root').entries.clear();
  await rejects('notFound', 'Cannot show "mem://root" as /: it does not exist', () => other.start());
});

test('a method without handler and an unknown service are unimplemented, and the next call works', async () => {
  const { c } = await running();
  await rejects('unimplemented', /.+/, () => c.unary(forWorkers.fileSystemHeartbeat, {}));
  await rejects('unimplemented', /.+/, () =>
    c.unary({ ...files.getStatus, path: '/alluxio.grpc.Nothing/At.All', service: 'alluxio.grpc.Nothing' }, {}),
  );
  await status(c, '/');
});

test('what asks for no authentication is answered without, the rest is not', async () => {
  const { machine } = await running();
  const anonymous = machine.network.connect({ host: 'localhost', port: 19998 }, {});
  await anonymous.unary(configuration.getConfiguration, {});
  await anonymous.unary(versions.getServiceVersion, { serviceType: serviceVersion.ServiceType.META_MASTER_CONFIG_SERVICE });
  await rejects('unauthenticated', /.+/, () => anonymous.unary(files.getStatus, { path: '/' }));
});

test('service versions, as 2.9.4 clients demand them', async () => {
  const { c } = await running();
  const { ServiceType: T } = serviceVersion;
  const version = async (serviceType: serviceVersion.ServiceType): Promise<bigint | undefined> =>
    (await c.unary(versions.getServiceVersion, { serviceType })).version;
  for (const type of [
    T.FILE_SYSTEM_MASTER_CLIENT_SERVICE,
    T.FILE_SYSTEM_MASTER_WORKER_SERVICE,
    T.FILE_SYSTEM_MASTER_JOB_SERVICE,
    T.BLOCK_MASTER_CLIENT_SERVICE,
    T.BLOCK_MASTER_WORKER_SERVICE,
    T.META_MASTER_CONFIG_SERVICE,
    T.META_MASTER_CLIENT_SERVICE,
    T.METRICS_MASTER_CLIENT_SERVICE,
  ])
    assert.equal(await version(type), 2n, String(type));
  for (const type of [T.META_MASTER_MASTER_SERVICE, T.META_MASTER_PROXY_SERVICE, T.JOURNAL_MASTER_CLIENT_SERVICE])
    assert.equal(await version(type), 1n, String(type));
  assert.equal(await version(T.UNKNOWN_SERVICE), -1n);
  await rejects('notFound', 'Service JOB_MASTER_CLIENT_SERVICE is not found.', () => version(T.JOB_MASTER_CLIENT_SERVICE));
});

test('the configuration has what clients cannot do without, and its hash is the one that is asked for later', async () => {
  const { machine, c } = await running();
  const whole = await c.unary(configuration.getConfiguration, {});
  const names = whole.clusterConfigs!.map(({ name }) => name);
  for (const name of ['alluxio.version', 'alluxio.underfs.version']) assert.ok(names.includes(name), name);
  const hash = await c.unary(configuration.getConfigHash, {});
  assert.equal(hash.clusterConfigHash, whole.clusterConfigHash);
  assert.equal(hash.pathConfigHash, whole.pathConfigHash);
  assert.match(hash.clusterConfigHash!, /^[0-9a-f]{32}$/);
  const less = await c.unary(configuration.getConfiguration, { ignoreClusterConf: true, ignorePathConf: true });
  assert.deepEqual([less.clusterConfigs ?? [], less.clusterConfigHash, less.pathConfigHash], [[], undefined, undefined]);
  assert.deepEqual(await (await machine.restart('stop')).unary(configuration.getConfigHash, {}), hash, 'clients reconnect when it changes');
});

test('paths have properties of their own after a restart too, and only a super user sets them', async () => {
  const { machine, c } = await running();
  const properties = { 'alluxio.user.file.writetype.default': 'THROUGH', 'alluxio.user.file.metadata.sync.interval': '1min' };
  await c.unary(configuration.setPathConfiguration, { path: '/a//b/', properties });
  await c.unary(configuration.setPathConfiguration, { path: '/c', properties });
  await c.unary(configuration.removePathConfiguration, { path: '/c', keys: ['alluxio.user.file.metadata.sync.interval'] });
  const alice = machine.network.connect({ host: 'localhost', port: 19998 }, { user: 'alice' });
  const anonymous = machine.network.connect({ host: 'localhost', port: 19998 }, {});
  for (const who of [alice, anonymous]) {
    await rejects('permissionDenied', /is not a super user/, () =>
      who.unary(configuration.setPathConfiguration, { path: '/d', properties }),
    );
    await rejects('permissionDenied', /is not a super user/, () => who.unary(configuration.removePathConfiguration, { path: '/c' }));
    await rejects('permissionDenied', /is not a super user/, () => who.unary(configuration.updateConfiguration, { properties }));
  }
  await rejects('internal', 'Invalid property key a.b', () =>
    c.unary(configuration.setPathConfiguration, { path: '/a', properties: { 'a.b': 'c' } }),
  );
  const again = await machine.restart('stop');
  const whole = await again.unary(configuration.getConfiguration, { ignoreClusterConf: true });
  const written = [{ name: 'alluxio.user.file.writetype.default', source: 'PATH_DEFAULT', value: 'THROUGH' }];
  const synced = [{ name: 'alluxio.user.file.metadata.sync.interval', source: 'PATH_DEFAULT', value: '1min' }];
  assert.deepEqual(plain(whole.pathConfigs), { '/a/b': { properties: [...written, ...synced] }, '/c': { properties: written } });
  assert.equal((await again.unary(configuration.getConfigHash, {})).pathConfigHash, whole.pathConfigHash);
});

test('what is dynamic changes while the master runs, and clients see another hash', async () => {
  const { machine, c } = await running();
  const before = await c.unary(configuration.getConfigHash, {});
  const name = 'alluxio.user.file.metadata.sync.interval';
  const wrong = { [name]: 'soon', 'alluxio.master.hostname': 'elsewhere', nosuch: 'x' };
  assert.deepEqual((await c.unary(configuration.updateConfiguration, { properties: wrong })).status, {
    [name]: false,
    'alluxio.master.hostname': false,
    nosuch: false,
  });
  assert.deepEqual(await c.unary(configuration.getConfigHash, {}), before);
  assert.deepEqual((await c.unary(configuration.updateConfiguration, { properties: { [name]: '5s' } })).status, { [name]: true });
  const whole = await c.unary(configuration.getConfiguration, {});
  assert.equal(whole.clusterConfigs!.find((one) => one.name === name)?.value, '5s');
  assert.notEqual(whole.clusterConfigHash, before.clusterConfigHash);
  assert.deepEqual(await (await machine.restart('stop')).unary(configuration.getConfigHash, {}), before, 'until the master ends');
});

test('who the master is', async () => {
  const { machine, c } = await running();
  await machine.clock.advance(1500);
  const info = (await c.unary(meta.getMasterInfo, {})).masterInfo!;
  assert.equal(info.leaderMasterAddress, 'localhost/<unresolved>:19998');
  assert.deepEqual(plain(info.masterAddresses), [{ host: 'localhost', rpcPort: 19998 }]);
  assert.deepEqual([info.rpcPort, info.webPort, info.safeMode, info.version], [19998, 19999, false, '2.9.4']);
  assert.equal(info.upTimeMs, 1500n);
  assert.equal(info.masterVersions?.[0]?.state, 'PRIMARY');
  const some = (await c.unary(meta.getMasterInfo, { filter: [metaMaster.MasterInfoField.RPC_PORT] })).masterInfo!;
  assert.deepEqual([some.rpcPort, some.version, some.clusterId], [19998, undefined, undefined]);
  assert.equal((await c.unary(meta.getConfigReport, {})).report?.status, metaMaster.ConfigStatus.PASSED);
});

test('a worker registers, is counted, holds blocks and is told what to drop', async () => {
  const { c } = await running();
  const id = await register(c, 'w1');
  await register(c, 'w2');
  assert.ok(id >= 0n);
  assert.equal(await register(c, 'w1'), id, 'the same address, the same id');
  const { workerInfos } = await c.unary(blocks.getWorkerInfoList, {});
  assert.deepEqual(
    workerInfos!.map((info) => [info.address?.host, info.state, info.capacityBytes, info.usedBytes, info.numVCpu]),
    [
      ['w1', 'ACTIVE', 1000n, 10n, 4],
      ['w2', 'ACTIVE', 1000n, 10n, 4],
    ],
  );
  assert.equal((await c.unary(blocks.getCapacityBytes, {})).bytes, 2000n);
  assert.equal((await c.unary(blocks.getUsedBytes, {})).bytes, 20n);
  const { blockMasterInfo } = await c.unary(blocks.getBlockMasterInfo, { filters: [] });
  assert.deepEqual([blockMasterInfo?.liveWorkerNum, blockMasterInfo?.lostWorkerNum, blockMasterInfo?.freeBytes], [2, 0, 1980n]);

  await create(c, '/f');
  const { id: blockId } = await c.unary(files.getNewBlockIdForFile, { path: '/f' });
  await c.unary(worker.commitBlock, {
    workerId: id,
    blockId: blockId!,
    length: 7n,
    tierAlias: 'MEM',
    mediumType: 'MEM',
    usedBytesOnTier: 17n,
  });
  await c.unary(files.completeFile, { path: '/f' });
  const found = (await c.unary(blocks.getBlockInfo, { blockId: blockId! })).blockInfo!;
  assert.deepEqual([found.length, found.locations?.[0]?.workerId, found.locations?.[0]?.tierAlias], [7n, id, 'MEM']);
  assert.equal((await status(c, '/f')).inMemoryPercentage, 100);

  assert.equal((await heartbeat(c, id)).commandType, CommandType.Nothing);
  await c.unary(files.remove, { path: '/f' });
  for (let i = 0; i < 2; i++) {
    const { commandType, data } = await heartbeat(c, id);
    assert.deepEqual([commandType, data], [CommandType.Free, [blockId]], 'until it is reported gone');
  }
  assert.equal((await heartbeat(c, id, { removedBlockIds: [blockId!] })).commandType, CommandType.Nothing);
  await rejects('invalidArgument', `BlockMeta not found for blockId ${blockId}`, () => c.unary(blocks.getBlockInfo, { blockId: blockId! }));
});

test('a block that a worker reports but nobody knows is ordered away', async () => {
  const { c } = await running();
  const id = await register(c, 'w1', [99n]);
  assert.deepEqual((await heartbeat(c, id)).data, [99n]);
});

test('a block that is committed for a file that is gone is ordered away and leaves nothing behind', async () => {
  const { machine, c } = await running();
  const id = await register(c, 'w1');
  await create(c, '/f');
  const { id: blockId } = await c.unary(files.getNewBlockIdForFile, { path: '/f' });
  const commit = { workerId: id, blockId: blockId!, length: 7n, tierAlias: 'MEM', mediumType: 'MEM', usedBytesOnTier: 17n };
  const removed = c.unary(files.remove, { path: '/f' });
  await Promise.all([c.unary(worker.commitBlock, commit), removed]);
  await c.unary(worker.commitBlock, commit);
  await c.unary(worker.commitBlockInUfs, { blockId: blockId!, length: 7n });
  assert.deepEqual((await heartbeat(c, id)).data, [blockId]);
  const unknown = (at: RpcChannel): Promise<void> =>
    rejects('invalidArgument', `BlockMeta not found for blockId ${blockId}`, () => at.unary(blocks.getBlockInfo, { blockId: blockId! }));
  await unknown(c);
  await unknown(await machine.restart('crash'));
});

test('a file that is removed while its block is committed takes the block along', async () => {
  const { c } = await running();
  const id = await register(c, 'w1');
  await create(c, '/f');
  const { id: blockId } = await c.unary(files.getNewBlockIdForFile, { path: '/f' });
  const commit = { workerId: id, blockId: blockId!, length: 7n, tierAlias: 'MEM', mediumType: 'MEM', usedBytesOnTier: 17n };
  await Promise.all([c.unary(worker.commitBlock, commit), c.unary(files.remove, { path: '/f' })]);
  await rejects('invalidArgument', /^BlockMeta not found/, () => c.unary(blocks.getBlockInfo, { blockId: blockId! }));
  assert.deepEqual((await heartbeat(c, id)).data, [blockId]);
});

test('a worker that is not known is told to register, or that it is not known', async () => {
  const { c } = await running();
  assert.equal((await heartbeat(c, 12345n)).commandType, CommandType.Register);
  await rejects('notFound', 'No worker with workerId 12345 is found.', () => c.unary(worker.registerWorker, { workerId: 12345n }));
  await rejects('notFound', 'No worker with workerId 12345 is found.', () =>
    c.unary(worker.commitBlock, { workerId: 12345n, blockId: 1n, length: 1n, tierAlias: 'MEM', usedBytesOnTier: 1n }),
  );
  await rejects('invalidArgument', /.+/, () => c.unary(worker.getWorkerId, {}));
});

test('a block is committed with a length that can be', async () => {
  const { c } = await running();
  const workerId = await register(c, 'w1');
  for (const [blockId, length] of [
    [1n, -1n],
    [-1n, 1n],
    [1n, 2n ** 63n - 1n],
  ] as const) {
    await rejects('invalidArgument', /^Cannot commit block /, () =>
      c.unary(worker.commitBlock, { workerId, blockId, length, tierAlias: 'MEM', mediumType: 'MEM', usedBytesOnTier: 1n }),
    );
    await rejects('invalidArgument', /^Cannot commit block /, () => c.unary(worker.commitBlockInUfs, { blockId, length }));
  }
});

test('a silent worker is lost after five minutes, comes back under its id, and is forgotten half an hour later', async () => {
  const { machine, c } = await running();
  const id = await register(c, 'w1');
  await create(c, '/f');
  const { id: blockId } = await c.unary(files.getNewBlockIdForFile, { path: '/f' });
  await c.unary(worker.commitBlock, {
    workerId: id,
    blockId: blockId!,
    length: 7n,
    tierAlias: 'MEM',
    mediumType: 'MEM',
    usedBytesOnTier: 17n,
  });
  await machine.clock.advance(4 * MINUTE_MS);
  await heartbeat(c, id);
  await machine.clock.advance(4.9 * MINUTE_MS);
  assert.equal((await c.unary(blocks.getWorkerInfoList, {})).workerInfos?.length, 1);
  await machine.clock.advance(0.3 * MINUTE_MS);
  assert.deepEqual((await c.unary(blocks.getWorkerInfoList, {})).workerInfos ?? [], []);
  const { workerInfos: lost } = await c.unary(blocks.getWorkerReport, { workerRange: blockMaster.WorkerRange.LOST, fieldRanges: [] });
  assert.deepEqual(
    lost?.map((info) => [info.id, info.state]),
    [[id, 'LOST']],
  );
  assert.deepEqual((await c.unary(blocks.getBlockInfo, { blockId: blockId! })).blockInfo?.locations ?? [], []);
  assert.equal((await heartbeat(c, id)).commandType, CommandType.Register);
  assert.equal(await register(c, 'w1', [blockId!]), id);
  assert.equal((await c.unary(blocks.getBlockInfo, { blockId: blockId! })).blockInfo?.locations?.length, 1);
  await machine.clock.advance(36 * MINUTE_MS);
  assert.notEqual(await register(c, 'w1'), id);
});

test('a worker report with addresses that nobody has', async () => {
  const { c } = await running();
  await register(c, 'w1');
  const range = { workerRange: blockMaster.WorkerRange.SPECIFIED, fieldRanges: [] };
  assert.equal((await c.unary(blocks.getWorkerReport, { ...range, addresses: ['w1'] })).workerInfos?.length, 1);
  await rejects('invalidArgument', 'Unrecognized worker names: [nope]', () =>
    c.unary(blocks.getWorkerReport, { ...range, addresses: ['w1', 'nope'] }),
  );
});

test('leases are granted, unary registration works, a stream that says nothing is an error', async () => {
  const { machine, c } = await running();
  const { workerId } = await c.unary(worker.getWorkerId, { workerNetAddress: address('w1') });
  const lease = await c.unary(worker.requestRegisterLease, { workerId: workerId!, blockCount: 5n });
  assert.deepEqual([lease.workerId, lease.allowed], [workerId, true]);
  assert.ok(lease.expiryMs! > BigInt(machine.clock.nowMs()));
  await c.unary(worker.registerWorker, {
    workerId: workerId!,
    storageTiers: ['SSD'],
    totalBytesOnTiers: { SSD: 5n },
    usedBytesOnTiers: {},
    currentBlocks: [],
  });
  assert.equal((await c.unary(blocks.getCapacityBytes, {})).bytes, 5n);
  const stream = c.stream(worker.registerWorkerStream);
  stream.end();
  await rejects('invalidArgument', 'Cannot register: the stream ended before its first message', () => stream.read());
});

test('counters of clients are summed, unknown ones ignored', async () => {
  const { c } = await running();
  const beat = (name: string, value: number): Promise<unknown> =>
    c.unary(metrics.metricsHeartbeat, {
      options: {
        clientMetrics: [
          { source: 'app', metrics: [{ instance: 'Client', source: 'h', name, value, metricType: common.MetricType.COUNTER, tags: {} }] },
        ],
      },
    });
  await beat('Client.BytesReadLocal', 5);
  await beat('BytesReadLocal', 6);
  await beat('NoSuchThing', 7);
  const known = async (): Promise<number | undefined> =>
    (await c.unary(metrics.getMetrics, {})).metrics?.['Cluster.BytesReadLocal']?.doubleValue;
  assert.equal(await known(), 11);
  await c.unary(metrics.clearMetrics, {});
  assert.equal(await known(), 0);
});

test('access times that wait are journaled by a stop', async () => {
  const { machine, c } = await running();
  await create(c, '/f');
  await c.unary(files.completeFile, { path: '/f' });
  await machine.clock.advance(25 * 60 * MINUTE_MS);
  await c.unary(files.getStatus, { path: '/f', options: { accessMode: common.Bits.READ, updateTimestamps: true } });
  const openedMs = BigInt(machine.clock.nowMs());
  const again = await machine.restart('stop');
  assert.equal((await status(again, '/f')).lastAccessTimeMs, openedMs);
});

test('a stopped master answers nothing and can be started again', async () => {
  const { machine, c } = await running();
  await create(c, '/f');
  await machine.stop();
  assert.equal(machine.master.health().ready, false);
  await rejects('unavailable', /.+/, () => status(machine.connect(), '/'));
  await machine.stop();
  assert.deepEqual(await list(await machine.start(), '/'), ['/f']);
});

test('what killed processes left in the stores is looked for at the start, every so often, and not at all when that is not wanted', async () => {
  const lookedFor = ({ stores }: Machine): number =>
    stores.at('mem://root').calls.filter((call) => call === 'list .alluxio_ufs_persistence').length;
  const { machine } = await running({ 'alluxio.underfs.cleanup.interval': '1h' });
  const left = `.alluxio_ufs_persistence/1.alluxio.2.123e4567-e89b-42d3-a456-426614174000.tmp`;
  machine.stores.at('mem://root').file(left, 'half');
  await machine.clock.advance(MINUTE_MS);
  assert.equal(lookedFor(machine), 1);
  await machine.clock.advance(60 * MINUTE_MS);
  assert.equal(lookedFor(machine), 2);
  assert.deepEqual(machine.stores.at('mem://root').paths(), ['.alluxio_ufs_persistence']);
  await machine.stop();
  await machine.clock.advance(120 * MINUTE_MS);
  assert.equal(lookedFor(machine), 2);
  const other = await running({ 'alluxio.underfs.cleanup.enabled': 'false' });
  await other.machine.clock.advance(MINUTE_MS);
  assert.equal(lookedFor(other.machine), 0);
  await other.machine.stop();
});
