// CacheService over the network of a simulation, with workers that the test plays.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodsOf, type ClientStream, type RpcChannel } from '@alluvium/net';
import { blockMaster, cacheService, fileSystemMaster as fs, metaMaster, metricMaster, workerControl } from '@alluvium/wire';
import { operationId, rejects } from '../file/world.js';
import { Machine } from '../machine.js';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const worker = methodsOf(blockMaster.BlockMasterWorkerServiceDefinition);
const configuration = methodsOf(metaMaster.MetaMasterConfigurationServiceDefinition);
const metrics = methodsOf(metricMaster.MetricsMasterClientServiceDefinition);
const cache = methodsOf(cacheService.CacheServiceDefinition);
const control = methodsOf(workerControl.WorkerControlServiceDefinition);
const { CACHE_THROUGH, MUST_CACHE } = fs.WritePType;
const { CachePriority } = cacheService;

const QUOTA = 'alluvium.cache.quota';
const PRIORITY = 'alluvium.cache.priority';

class Cluster {
  readonly machine = new Machine();
  c!: RpcChannel;

  async start(): Promise<this> {
    this.c = await this.machine.start();
    return this;
  }

  async register(host: string, capacity: bigint, held: readonly bigint[] = []): Promise<bigint> {
    const { c } = this;
    const { workerId } = await c.unary(worker.getWorkerId, { workerNetAddress: { host, rpcPort: 29999, dataPort: 29999, webPort: 30000 } });
    const stream = c.stream(worker.registerWorkerStream);
    await stream.write({
      workerId: workerId!,
      storageTiers: ['MEM'],
      totalBytesOnTiers: { MEM: capacity },
      usedBytesOnTiers: { MEM: 0n },
      lostStorage: {},
      options: { configs: [] },
      currentBlocks: [{ key: { tierAlias: 'MEM', mediumType: 'MEM' }, value: { blockId: [...held] } }],
    });
    await stream.read();
    stream.end();
    await stream.read();
    return workerId!;
  }

  /** A file of one block of 10 bytes, with a copy on the worker, and in the store unless `writeType` says otherwise. */
  async write(path: string, workerId: bigint, writeType: fs.WritePType = CACHE_THROUGH): Promise<{ fileId: bigint; blockId: bigint }> {
    const { c } = this;
    await c.unary(files.createFile, { path, options: { blockSizeBytes: 10n, writeType, recursive: true } });
    const { id: blockId } = await c.unary(files.getNewBlockIdForFile, { path });
    await c.unary(worker.commitBlock, {
      workerId,
      usedBytesOnTier: 10n,
      tierAlias: 'MEM',
      mediumType: 'MEM',
      blockId: blockId!,
      length: 10n,
    });
    if (writeType === CACHE_THROUGH) this.machine.stores.at('mem://root').file(path.slice(1), 'x'.repeat(10));
    await c.unary(files.completeFile, { path, options: { ufsLength: 10n } });
    return { fileId: blockId! | 0xffffffn, blockId: blockId! };
  }

  async policy(path: string, properties: Record<string, string>): Promise<void> {
    await this.c.unary(configuration.setPathConfiguration, { path, properties });
  }

  exchange(request: cacheService.ExchangeCacheRequest): Promise<cacheService.ExchangeCacheReply> {
    return this.c.unary(cache.exchangeCache, request);
  }

  /** The control call of a worker, open. */
  async connect(workerId: bigint): Promise<ClientStream<workerControl.WorkerReport, workerControl.WorkerOrder>> {
    const stream = this.c.stream(control.connect);
    await stream.write({ workerId });
    return stream;
  }

  explain(path: string, c = this.c): Promise<cacheService.ExplainCacheReply> {
    return this.machine.clock.run(c.unary(cache.explainCache, { path }));
  }
}

test('a worker learns the classes of its files, and its share of each quota', async () => {
  const cluster = await new Cluster().start();
  const small = await cluster.register('w1', 1000n);
  const big = await cluster.register('w2', 3000n);
  const { fileId } = await cluster.write('/a/low/f', small);
  const { fileId: other } = await cluster.write('/b/f', small);
  await cluster.policy('/a', { [QUOTA]: '100' });
  await cluster.policy('/a/low', { [PRIORITY]: 'low' });
  const first = await cluster.exchange({ workerId: small, fileIds: [fileId, other, 12345n] });
  const [a, low] = first.classes!.classes!;
  assert.deepEqual(
    [a!, low!].map(({ path, priority, quotaClassId, shareBytes }) => [path, priority, quotaClassId === a!.id, shareBytes]),
    [
      ['/a', CachePriority.NORMAL, true, 25n],
      ['/a/low', CachePriority.LOW, true, undefined],
    ],
  );
  assert.deepEqual(first.fileClasses, [low!.id, 0, 0]);
  assert.ok(first.filePlaces![0]! > 0 && first.filePlaces![0] !== first.filePlaces![1]);
  assert.equal(first.filePlaces![2], 0, 'nothing has this id');
  assert.equal((await cluster.exchange({ workerId: big })).classes!.classes![0]!.shareBytes, 75n);
  const { epoch, classesVersion, changes } = first;
  const seen = { workerId: small, epoch: epoch!, classesVersion: classesVersion!, changes: changes! };
  assert.equal((await cluster.exchange(seen)).classes, undefined, 'nothing has changed');
  await cluster.register('w3', 1000n);
  assert.equal((await cluster.exchange(seen)).classes!.classes![0]!.shareBytes, 20n);
  await cluster.c.unary(files.rename, { path: '/a/low/f', dstPath: '/c', options: { commonOptions: { operationId: operationId() } } });
  const renamed = await cluster.exchange(seen);
  assert.deepEqual([renamed.changedFileIds, renamed.epoch], [[fileId], epoch]);
  assert.deepEqual((await cluster.exchange({ ...seen, changes: renamed.changes!, fileIds: [fileId] })).fileClasses, [0]);
  assert.deepEqual((await cluster.exchange({ ...seen, changes: renamed.changes! })).changedFileIds, []);
  await cluster.c.unary(files.rename, { path: '/b', dstPath: '/a/b', options: { commonOptions: { operationId: operationId() } } });
  assert.notEqual((await cluster.exchange(seen)).epoch, epoch, 'a directory that moves has everything asked anew');
  const { fileId: pinned } = await cluster.write('/a/pinned', small);
  await cluster.c.unary(files.setAttribute, { path: '/a/pinned', options: { pinned: true } });
  assert.deepEqual((await cluster.exchange({ ...seen, fileIds: [pinned] })).fileClasses, [0], 'what is pinned has no class');
  const { fileId: unstored } = await cluster.write('/a/unstored', small, MUST_CACHE);
  assert.deepEqual((await cluster.exchange({ ...seen, fileIds: [unstored] })).fileClasses, [0], 'what is in no store has no class');
  await rejects('notFound', /No worker with workerId 5/, () => cluster.exchange({ workerId: 5n }));
  await cluster.machine.stop();
});

test('policies survive a crash of the master, and are told with what they use', async () => {
  const cluster = await new Cluster().start();
  await cluster.policy('/a', { [QUOTA]: '100', [PRIORITY]: 'high' });
  await cluster.policy('/a/b', { [PRIORITY]: 'low' });
  const before = (await cluster.exchange({ workerId: await cluster.register('w1', 1000n) })).epoch;
  cluster.c = await cluster.machine.restart('crash');
  const w1 = await cluster.register('w1', 1000n);
  const w2 = await cluster.register('w2', 1000n);
  const { classes, epoch } = await cluster.exchange({ workerId: w1 });
  assert.notEqual(epoch, before, 'numbers of another start mean something else');
  const [a, b] = classes!.classes!;
  await cluster.exchange({
    workerId: w1,
    classes: [
      { classId: a!.id!, usedBytes: 30n },
      { classId: b!.id!, usedBytes: 20n },
    ],
  });
  await cluster.exchange({ workerId: w2, classes: [{ classId: b!.id!, usedBytes: 7n }] });
  const { policies } = await cluster.c.unary(cache.listCachePolicies, {});
  assert.deepEqual(
    policies!.map((p) => [p.path, p.priority, p.prioritySet, p.quotaBytes, p.quotaPath, p.usedBytes, p.quotaUsedBytes, p.workersOver]),
    [
      ['/a', CachePriority.HIGH, true, 100n, '/a', 30n, 57n, 1],
      ['/a/b', CachePriority.LOW, true, undefined, '/a', 27n, 57n, 1],
    ],
  );
  const { metrics: figures } = await cluster.c.unary(metrics.getMetrics, {});
  assert.deepEqual(
    ['Used', 'WorkersOver'].map((name) => figures![`Cluster.CacheQuota${name}.Path:/a`]?.doubleValue),
    [57, 1],
  );
  await cluster.c.unary(configuration.removePathConfiguration, { path: '/a/b', keys: [] });
  assert.equal((await cluster.c.unary(cache.listCachePolicies, {})).policies!.length, 1);
  const ann = cluster.machine.connect('ann');
  await rejects('permissionDenied', /./, () => ann.unary(configuration.setPathConfiguration, { path: '/a', properties: { [QUOTA]: '1' } }));
  await rejects('invalidArgument', /alluvium\.cache\.priority/, () => cluster.policy('/a', { [PRIORITY]: 'urgent' }));
  await cluster.machine.stop();
});

test('hits and misses are told by mount, path, user and reason, and as metrics', async () => {
  const cluster = await new Cluster().start();
  const w1 = await cluster.register('w1', 1000n);
  const { fileId } = await cluster.write('/x/y/f', w1);
  const { filePlaces } = await cluster.exchange({ workerId: w1, fileIds: [fileId] });
  const figures = { hits: 3n, hitBytes: 300n, misses: 1n, missBytes: 100n };
  await cluster.exchange({
    workerId: w1,
    places: [
      { place: filePlaces![0]!, figures },
      { place: 0, figures: { hits: -5n, missBytes: 600n, misses: 1n } },
    ],
    users: [{ user: 'ann', figures }],
    misses: [{ reason: 'neverCached', count: 1n, bytes: 100n }],
    left: [{ reason: 'freed', count: 2n, bytes: 20n }],
  });
  const use = await cluster.c.unary(cache.getCacheUse, {});
  const told = (uses: readonly cacheService.CacheUse[] | undefined): unknown[] =>
    uses!.map(({ name, minute, start }) => [name, minute!.hitBytes, start!.missBytes]);
  assert.deepEqual(told([use.total!]), [['', 300n, 700n]]);
  assert.deepEqual(told(use.mounts), [
    ['', 0n, 600n],
    ['/', 300n, 100n],
  ]);
  assert.deepEqual(told(use.paths), [
    ['', 0n, 600n],
    ['/x/y', 300n, 100n],
  ]);
  assert.deepEqual(told(use.users), [['ann', 300n, 100n]]);
  assert.deepEqual(
    use.misses!.map(({ reason, count, bytes }) => [reason, count, bytes]),
    [['neverCached', 1n, 100n]],
  );
  assert.deepEqual(
    use.left!.map(({ reason, count }) => [reason, count]),
    [['freed', 2n]],
  );
  assert.equal((await cluster.c.unary(cache.getCacheUse, { limit: 1 })).paths!.length, 1);
  const forAnn = await cluster.machine.connect('ann').unary(cache.getCacheUse, {});
  assert.deepEqual([forAnn.mounts!.length, forAnn.paths, forAnn.users], [2, [], []], 'who reads what is not for everybody');
  const { metrics: all } = await cluster.c.unary(metrics.getMetrics, {});
  const value = (name: string): number | undefined => all![name]?.doubleValue;
  assert.deepEqual(
    ['CacheHits', 'CacheMisses', 'CacheBytesReadCache', 'CacheBytesReadExternal', 'CacheByteHitRate', 'CacheMisses.neverCached'].map(
      (name) => value(`Cluster.${name}`),
    ),
    [3, 2, 300, 700, 0.3, 1],
  );
  assert.deepEqual([value('Cluster.BlocksRemoved.freed'), value('Cluster.CacheByteHitRate.Mount:/')], [2, 0.75]);
  await cluster.machine.stop();
});

test('a file is explained from what the master has and what workers answer in time', async () => {
  const cluster = await new Cluster().start();
  const w1 = await cluster.register('w1', 1000n);
  const w2 = await cluster.register('w2', 1000n);
  await cluster.register('w3', 1000n);
  const { blockId, fileId } = await cluster.write('/a/f', w1, MUST_CACHE);
  await cluster.policy('/a', { [QUOTA]: '100' });
  const control1 = await cluster.connect(w1);
  const control2 = await cluster.connect(w2);
  const answer = async (stream: typeof control1, facts: cacheService.BlockFacts): Promise<void> => {
    const { explain } = (await stream.read())!;
    assert.deepEqual(explain!.blockIds, [blockId]);
    await stream.write({ explainResult: { requestId: explain!.requestId!, blocks: [{ blockId, ...facts }] } });
  };
  const here = { cached: true, tier: 'MEM', medium: 'MEM', hits: 4n, isProtected: true };
  const [found] = await Promise.all([
    cluster.explain('/a/f'),
    answer(control1, here),
    answer(control2, { cached: false, leftMs: 5n, leftWhy: 'freed' }),
  ]);
  assert.deepEqual([found.fileId, found.blockCount, found.persisted, found.policy?.path], [fileId, 1, false, '/a']);
  assert.deepEqual([found.silentWorkers, found.unaskedWorkers], [[], ['w3:29999']]);
  const [block] = found.blocks!;
  assert.deepEqual([block!.blockId, block!.length, block!.copies, block!.whyNot], [blockId, 10n, 1, undefined]);
  assert.deepEqual(
    block!.workers!.map(({ worker: name, cached, tier, facts }) => [name, cached, tier, facts?.hits, facts?.leftWhy]),
    [
      ['w1:29999', true, 'MEM', 4n, undefined],
      ['w2:29999', false, undefined, undefined, 'freed'],
    ],
  );
  // Nobody answers: what the master knows is told when the time is over.
  const silent = await cluster.explain('/a/f');
  assert.deepEqual([silent.silentWorkers, silent.blocks![0]!.workers!.length], [['w1:29999', 'w2:29999'], 1]);
  for (const stream of [control1, control2]) await stream.read();
  // The block goes.
  await cluster.c.unary(worker.blockHeartbeat, {
    workerId: w1,
    usedBytesOnTiers: { MEM: 0n },
    removedBlockIds: [blockId],
    addedBlocks: [],
    lostStorage: {},
  });
  const gone = await Promise.all([
    cluster.explain('/a/f'),
    answer(control1, { cached: false, leftMs: 2000n, leftWhy: 'evicted for room' }),
    answer(control2, { cached: false, leftMs: 1000n, leftWhy: 'freed' }),
  ]);
  assert.equal(gone[0].blocks![0]!.whyNot, 'left w1:29999 at 1970-01-01T00:00:02.000Z: evicted for room');
  await rejects('invalidArgument', /it is a directory/, () => cluster.explain('/a'));
  await rejects('notFound', /does not exist/, () => cluster.explain('/nosuch'));
  await cluster.c.unary(files.setAttribute, { path: '/a', options: { mode: { ownerBits: 7, groupBits: 1, otherBits: 1 } as never } });
  await rejects('permissionDenied', /./, () => cluster.explain('/a/f', cluster.machine.connect('eve')));
  for (const stream of [control1, control2]) stream.cancel();
  await cluster.machine.stop();
});
