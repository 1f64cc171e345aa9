// The services about the master itself, over the network of a simulation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodsOf, type RpcChannel } from '@alluvium/net';
import { blockMaster, common, fileSystemMaster as fs, journalMaster, metaMaster, metricMaster } from '@alluvium/wire';
import { operationId, rejects } from '../file/world.js';
import { Machine } from '../machine.js';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const meta = methodsOf(metaMaster.MetaMasterClientServiceDefinition);
const standby = methodsOf(metaMaster.MetaMasterMasterServiceDefinition);
const proxy = methodsOf(metaMaster.MetaMasterProxyServiceDefinition);
const journal = methodsOf(journalMaster.JournalMasterClientServiceDefinition);
const worker = methodsOf(blockMaster.BlockMasterWorkerServiceDefinition);
const metrics = methodsOf(metricMaster.MetricsMasterClientServiceDefinition);
const { MetaCommand } = metaMaster;
const { MUST_CACHE } = fs.WritePType;

const MINUTE_MS = 60_000;

async function running(settings?: Record<string, string>): Promise<{ machine: Machine; c: RpcChannel }> {
  const machine = new Machine(settings);
  return { machine, c: await machine.start() };
}

test('a standby gets an id, registers, is listed, and is lost after ten silent minutes', async () => {
  const { machine, c } = await running();
  const masterAddress = { host: 'm2', rpcPort: 19998 };
  const { masterId } = await c.unary(standby.getMasterId, { masterAddress });
  assert.equal((await c.unary(standby.getMasterId, { masterAddress })).masterId, masterId);
  assert.equal((await c.unary(standby.masterHeartbeat, { masterId })).command, MetaCommand.MetaCommand_Register);
  const states = async (): Promise<unknown[]> =>
    (await c.unary(meta.getMasterInfo, {})).masterInfo!.masterVersions!.map(({ addresses, state }) => [addresses?.host, state]);
  assert.deepEqual(await states(), [['localhost', 'PRIMARY']]);
  await c.unary(standby.registerMaster, { masterId, options: { configs: [], version: '2.9.4' } });
  assert.equal((await c.unary(standby.masterHeartbeat, { masterId })).command, MetaCommand.MetaCommand_Nothing);
  assert.deepEqual(await states(), [
    ['localhost', 'PRIMARY'],
    ['m2', 'STANDBY'],
  ]);
  await machine.clock.advance(10.1 * MINUTE_MS);
  assert.deepEqual(await states(), [
    ['localhost', 'PRIMARY'],
    ['m2', 'LOST'],
  ]);
  await rejects('notFound', 'No master with masterId 5 is found.', () => c.unary(standby.registerMaster, { masterId: 5n }));
  await rejects('invalidArgument', /masterAddress is missing$/, () => c.unary(standby.getMasterId, {}));
});

test('proxies are listed, lost when silent, and forgotten in the end', async () => {
  const { machine, c } = await running();
  const beat = (host: string): Promise<unknown> =>
    c.unary(proxy.proxyHeartbeat, { options: { proxyAddress: { host, rpcPort: 39999 }, startTime: 7n, version: { version: '2.9.4' } } });
  await beat('p1');
  await machine.clock.advance(4 * MINUTE_MS);
  await beat('p2');
  await machine.clock.advance(2 * MINUTE_MS);
  const list = async (): Promise<unknown[]> =>
    (await c.unary(meta.listProxyStatus, {})).proxyStatuses!.map(({ address, state, startTime }) => [address?.host, state, startTime]);
  assert.deepEqual(await list(), [
    ['p1', 'LOST', 7n],
    ['p2', 'ACTIVE', 7n],
  ]);
  await machine.clock.advance(33 * MINUTE_MS);
  assert.deepEqual(await list(), [['p2', 'LOST', 7n]]);
  await rejects('invalidArgument', /proxyAddress is missing$/, () => c.unary(proxy.proxyHeartbeat, {}));
});

test('a journal without a quorum says so, and that it leads', async () => {
  const { c } = await running();
  const text = 'Quorum operations are supported for journal type: EMBEDDED';
  await rejects('internal', text, () => c.unary(journal.getQuorumInfo, {}));
  await rejects('internal', text, () => c.unary(journal.removeQuorumServer, {}));
  await rejects('internal', text, () => c.unary(journal.transferLeadership, {}));
  await rejects('internal', text, () => c.unary(journal.resetPriorities, {}));
  await rejects('internal', text, () => c.unary(journal.getTransferLeaderMessage, { transferId: 'x' }));
  assert.equal((await c.unary(journal.getNodeState, {})).nodeState, journalMaster.NodeState.PRIMARY);
});

test('a checkpoint that is asked for is what the next start loads', async () => {
  const { machine, c } = await running();
  await c.unary(files.createDirectory, { path: '/a', options: { writeType: MUST_CACHE } });
  const written = machine.clock.run(c.unary(meta.checkpoint, {}));
  assert.equal((await written).masterHostname, 'localhost');
  const kept = await machine.disk.mount().list('/journal');
  assert.ok(
    kept.some((name) => /checkpoint/.test(typeof name === 'string' ? name : name.name)),
    JSON.stringify(kept),
  );
  await c.unary(files.createDirectory, { path: '/b', options: { writeType: MUST_CACHE } });
  const again = await machine.restart('crash');
  for (const path of ['/a', '/b']) assert.equal((await again.unary(files.getStatus, { path })).fileInfo?.path, path);
});

test('operations that were answered are answered again after a restart, from the journal and from a checkpoint', async () => {
  const { machine, c } = await running();
  const id = (): { commonOptions: { operationId: ReturnType<typeof operationId> } } => ({ commonOptions: { operationId: operationId() } });
  const created = { path: '/f', options: { blockSizeBytes: 10n, writeType: MUST_CACHE, ...id() } };
  const completed = { path: '/f', options: id() };
  const made = { path: '/d', options: { writeType: MUST_CACHE, ...id() } };
  const renamed = { path: '/d', dstPath: '/e', options: id() };
  const removed = { path: '/e', options: id() };
  const { fileInfo } = await c.unary(files.createFile, created);
  await c.unary(files.completeFile, completed);
  await c.unary(files.createDirectory, made);
  await c.unary(files.rename, renamed);
  await c.unary(files.remove, removed);
  for (const how of ['crash', 'stop', 'checkpoint', 'crash'] as const) {
    let at = machine.connect();
    if (how === 'checkpoint') await machine.clock.run(at.unary(meta.checkpoint, {}));
    else at = await machine.restart(how);
    assert.equal((await at.unary(files.createFile, created)).fileInfo?.fileId, fileInfo!.fileId, how);
    await at.unary(files.completeFile, completed);
    await at.unary(files.createDirectory, made);
    await at.unary(files.rename, renamed);
    await at.unary(files.remove, removed);
    assert.equal((await at.unary(files.exists, { path: '/d' })).exists, false, how);
    assert.equal((await at.unary(files.exists, { path: '/e' })).exists, false, how);
    // Somebody else's request is no retry.
    await rejects('notFound', /.+/, () => at.unary(files.remove, { path: '/e', options: id() }));
    await rejects('alreadyExists', /.+/, () => at.unary(files.completeFile, { path: '/f', options: id() }));
  }
});

test('stores are escaped in what workers report, and not in what is shown', async () => {
  const { c } = await running();
  const { workerId } = await c.unary(worker.getWorkerId, { workerNetAddress: { host: 'w1', rpcPort: 1, dataPort: 1, webPort: 2 } });
  const registration = { storageTiers: [], totalBytesOnTiers: {}, usedBytesOnTiers: {}, currentBlocks: [] };
  await c.unary(worker.requestRegisterLease, { workerId: workerId!, blockCount: 0n });
  await c.unary(worker.registerWorker, { workerId: workerId!, ...registration });
  const tags = { UFS: '%2Fdata%2Fa%2Eb%2525', User: '' };
  const metric = { instance: 'Worker', source: 'w1', name: 'BytesReadPerUfs', value: 7, metricType: common.MetricType.COUNTER, tags };
  const beat = { workerId: workerId!, usedBytesOnTiers: {}, removedBlockIds: [], options: { metrics: [metric] } };
  await c.unary(worker.blockHeartbeat, beat);
  const { metrics: all } = await c.unary(metrics.getMetrics, {});
  assert.equal(all!['Cluster.BytesReadPerUfs.UFS:/data/a.b%25']?.doubleValue, 7);
  assert.equal(all!['Cluster.BytesReadUfsAll']?.doubleValue, 7);
});

test('metrics of the cluster: counters, throughput, gauges and rates', async () => {
  const { machine, c } = await running({ 'alluxio.master.metrics.time.series.interval': '1min' });
  const metric = { instance: 'Client', source: 'h', name: 'BytesReadLocal', value: 1200, metricType: common.MetricType.COUNTER, tags: {} };
  await c.unary(metrics.metricsHeartbeat, { options: { clientMetrics: [{ source: 'app', metrics: [metric] }] } });
  await machine.clock.advance(2.5 * MINUTE_MS);
  const { metrics: all } = await c.unary(metrics.getMetrics, {});
  const value = (name: string): number | undefined => all![name]?.doubleValue;
  assert.deepEqual(
    ['Cluster.BytesReadLocal', 'Cluster.BytesReadLocalThroughput', 'Cluster.BytesReadLocalRate', 'Cluster.CacheHitRate'].map(value),
    [1200, 600, 0, 1],
  );
  assert.deepEqual(['Cluster.Workers', 'Cluster.CapacityTotal', 'Master.TotalPaths'].map(value), [0, 0, 1]);
  for (const [name, each] of Object.entries(all!)) assert.ok(each.metricType !== undefined, name);
});
