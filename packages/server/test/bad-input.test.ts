import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, suite, test } from 'node:test';
import { methodsOf, type Method } from '@alluvium/net';
import { blockMaster, blockWorker, common, fileSystemMaster as fs, journalMaster, metaMaster, metricMaster, sasl } from '@alluvium/wire';
import { Cluster } from './support/cluster.js';
import { RawClient, challenge, type Ending } from './support/raw-client.js';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const forWorkers = methodsOf(fs.FileSystemMasterWorkerServiceDefinition);
const blocks = methodsOf(blockMaster.BlockMasterClientServiceDefinition);
const worker = methodsOf(blockMaster.BlockMasterWorkerServiceDefinition);
const meta = methodsOf(metaMaster.MetaMasterClientServiceDefinition);
const configuration = methodsOf(metaMaster.MetaMasterConfigurationServiceDefinition);
const metrics = methodsOf(metricMaster.MetricsMasterClientServiceDefinition);
const data = methodsOf(blockWorker.BlockWorkerDefinition);
const { MUST_CACHE } = fs.WritePType;

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const MILLION = 1_000_000;

let cluster: Cluster;
let c: RawClient;
let w: RawClient;

before(async () => {
  cluster = new Cluster();
  await cluster.start();
  c = await RawClient.open(cluster.master);
  w = await RawClient.open(cluster.worker);
});

after(async () => {
  c.close();
  w.close();
  await cluster.remove();
});

afterEach(async () => {
  await c.unary(files.getStatus, { path: '/' });
  assert.equal((await w.send(data.removeBlock, { blockId: 1n })).code, 'OK', 'the worker works on');
  assert.equal(await Promise.race([cluster.broken, Promise.resolve(undefined)]), undefined, 'the master works on');
});

function refused(ending: Ending, code: string, text?: RegExp): void {
  assert.equal(ending.code, code, ending.text);
  if (text !== undefined) assert.match(ending.text, text);
}

async function create(path: string, options: fs.CreateFilePOptions = {}): Promise<Ending> {
  return c.send(files.createFile, { path, options: { blockSizeBytes: 1024n, writeType: MUST_CACHE, ...options } });
}

suite('calls', () => {
  test('unknown methods and services are UNIMPLEMENTED', async () => {
    for (const client of [c, w]) {
      refused(await client.call('/alluxio.grpc.file.FileSystemMasterClientService/NoSuchThing', Buffer.alloc(0)), 'UNIMPLEMENTED');
      refused(await client.call('/no.such.Service/Method', Buffer.alloc(0)), 'UNIMPLEMENTED');
      refused(await client.call('/', Buffer.alloc(0)), 'UNIMPLEMENTED');
      refused(await client.call(`/${'x'.repeat(5000)}/${'y'.repeat(5000)}`, Buffer.alloc(0)), 'RESOURCE_EXHAUSTED');
    }
    refused(await c.call(data.readBlock.path, Buffer.alloc(0)), 'UNIMPLEMENTED');
  });

  test('bytes that are no message are INTERNAL', async () => {
    for (const bytes of [Buffer.alloc(30, 0xff), Buffer.from([0x0a]), Buffer.from([0x0a, 0x7f, 1]), Buffer.from([0x07])]) {
      refused(await c.call(files.getStatus.path, bytes), 'INTERNAL', /^Invalid protobuf byte sequence: /);
      refused(await c.call(files.createFile.path, bytes), 'INTERNAL', /^Invalid protobuf byte sequence: /);
      refused(await w.call(data.removeBlock.path, bytes), 'INTERNAL', /^Invalid protobuf byte sequence: /);
    }
  });

  test('groups nested without end are INTERNAL', async () => {
    refused(await c.call(files.getStatus.path, Buffer.alloc(200_000, 0x0b)), 'INTERNAL');
    refused(await c.call(files.getStatus.path, Buffer.alloc(5_000_000, 0xfb)), 'INTERNAL');
  });

  test('no request, and two, where one is wanted', async () => {
    refused(await c.call(files.getStatus.path), 'INTERNAL');
    refused(await c.call(files.getStatus.path, Buffer.alloc(0), Buffer.alloc(0)), 'INTERNAL');
  });

  test('a message larger than the server takes is RESOURCE_EXHAUSTED', async () => {
    const small = new Cluster({ 'alluxio.master.network.max.inbound.message.size': '1MB' });
    await small.start();
    const client = await RawClient.open(small.master);
    try {
      refused(await client.call(files.getStatus.path, Buffer.alloc(2 << 20)), 'RESOURCE_EXHAUSTED');
      refused(await client.call(files.listStatus.path, Buffer.alloc(2 << 20)), 'RESOURCE_EXHAUSTED');
      await client.unary(files.getStatus, { path: '/' });
    } finally {
      client.close();
      await small.remove();
    }
  });

  test('an empty request is answered or refused by every method of the master', async () => {
    for (const service of [
      fs.FileSystemMasterClientServiceDefinition,
      fs.FileSystemMasterWorkerServiceDefinition,
      fs.FileSystemMasterJobServiceDefinition,
      blockMaster.BlockMasterClientServiceDefinition,
      blockMaster.BlockMasterWorkerServiceDefinition,
      metaMaster.MetaMasterClientServiceDefinition,
      metaMaster.MetaMasterConfigurationServiceDefinition,
      metaMaster.MetaMasterMasterServiceDefinition,
      metaMaster.MetaMasterProxyServiceDefinition,
      journalMaster.JournalMasterClientServiceDefinition,
      metricMaster.MetricsMasterClientServiceDefinition,
    ]) {
      for (const method of Object.values(methodsOf(service)) as Method<unknown, unknown>[]) {
        const { code, text } = await c.call(method.path, Buffer.alloc(0));
        // What a 2.9.4 master answers with INTERNAL of its own will.
        const wanted = /^(?:Invalid UUID string: |Quorum operations are supported)/.test(text)
          ? ['INTERNAL']
          : ['OK', 'INVALID_ARGUMENT', 'NOT_FOUND', 'UNIMPLEMENTED', 'UNKNOWN', 'PERMISSION_DENIED', 'FAILED_PRECONDITION'];
        assert.ok(wanted.includes(code), `${method.path}: ${code} ${text}`);
      }
    }
  });
});

suite('handshake', () => {
  const message = (fields: sasl.SaslMessage): Buffer => Buffer.from(sasl.SaslMessage.encode(fields).finish());

  test('a call without one, or with an id of another s making, is UNAUTHENTICATED', async () => {
    for (const address of [cluster.master, cluster.worker]) {
      const stranger = new RawClient(address);
      const method = address === cluster.master ? files.getStatus : data.removeBlock;
      refused(await stranger.call(method.path, Buffer.alloc(0)), 'UNAUTHENTICATED');
      stranger.metadata.set('channel-id', randomUUID());
      refused(await stranger.call(method.path, Buffer.alloc(0)), 'UNAUTHENTICATED');
      await stranger.authenticate();
      assert.notEqual((await stranger.call(method.path, Buffer.alloc(0))).code, 'UNAUTHENTICATED');
      stranger.close();
    }
  });

  test('messages out of order, of no type or no sense', async () => {
    const { CHALLENGE, SUCCESS } = sasl.SaslMessageType;
    const { SIMPLE, NOSASL } = sasl.ChannelAuthenticationScheme;
    const clientId = randomUUID();
    const good = { messageType: CHALLENGE, authenticationScheme: SIMPLE, message: Buffer.from('\0me\0x'), clientId };
    const stranger = new RawClient(cluster.master);
    for (const [name, first] of Object.entries({
      garbage: Buffer.alloc(20, 0xff),
      empty: Buffer.alloc(0),
      'success first': message({ messageType: SUCCESS, clientId }),
      'no scheme at all': message({ ...good, authenticationScheme: NOSASL }),
      'no client id': message({ ...good, clientId: undefined }),
      'a bad client id': message({ ...good, clientId: 'not-a-uuid' }),
      'no plain text': message({ ...good, message: undefined }),
      'a plain text of one part': message({ ...good, message: Buffer.from('me') }),
      'no user': message({ ...good, message: Buffer.from('\0\0x') }),
      'a user who acts for another': message({ ...good, message: Buffer.from('other\0me\0x') }),
    })) {
      const ending = await stranger.handshake(first);
      assert.notEqual(ending.code, 'OK', name);
      assert.notEqual(ending.code, 'UNKNOWN', name);
      assert.deepEqual(ending.replies, [], name);
    }
    assert.notEqual((await stranger.handshake(challenge('me', clientId), challenge('me', clientId))).code, 'UNKNOWN');
    stranger.close();
  });
});

suite('paths', () => {
  const BAD = [
    '',
    'relative',
    '/..',
    '/a/../../b',
    '/a\0b',
    '\0',
    '//../',
    `/${'x'.repeat(256)}`,
    `/${'é'.repeat(128)}`,
    `/${'a/'.repeat(10_000)}`,
    `/${'a/../'.repeat(10_000)}..`,
    `/${'x'.repeat(5_000_000)}`,
  ];
  const TAKE_PATHS: Readonly<Record<string, (path: string) => Promise<Ending>>> = {
    getStatus: (path) => c.send(files.getStatus, { path }),
    listStatus: (path) => c.send(files.listStatus, { path }),
    createFile: (path) => create(path, { recursive: true }),
    completeFile: (path) => c.send(files.completeFile, { path }),
    getNewBlockIdForFile: (path) => c.send(files.getNewBlockIdForFile, { path }),
    createDirectory: (path) => c.send(files.createDirectory, { path, options: { recursive: true } }),
    remove: (path) => c.send(files.remove, { path, options: { recursive: true, unchecked: true } }),
    'rename from': (path) => c.send(files.rename, { path, dstPath: '/x' }),
    'rename to': (path) => c.send(files.rename, { path: '/x', dstPath: path }),
    setAttribute: (path) => c.send(files.setAttribute, { path, options: { pinned: true } }),
    setAcl: (path) => c.send(files.setAcl, { path }),
    free: (path) => c.send(files.free, { path }),
    mount: (path) => c.send(files.mount, { alluxioPath: path, ufsPath: '/tmp' }),
    unmount: (path) => c.send(files.unmount, { alluxioPath: path }),
    updateMount: (path) => c.send(files.updateMount, { alluxioPath: path }),
    checkAccess: (path) => c.send(files.checkAccess, { path }),
    scheduleAsyncPersistence: (path) => c.send(files.scheduleAsyncPersistence, { path }),
  };
  for (const [name, call] of Object.entries(TAKE_PATHS)) {
    test(`paths that are none: ${name}`, async () => {
      // A 2.9.4 master tells every failed mount as UNKNOWN.
      for (const path of BAD) refused(await call(path), name === 'mount' ? 'UNKNOWN' : 'INVALID_ARGUMENT', /is invalid/);
    });
  }

  test('exists says no', async () => {
    for (const path of BAD) assert.equal((await c.unary(files.exists, { path })).exists, false);
  });

  test('no path reaches outside of the store', async () => {
    const outside = readdirSync(cluster.directory).toSorted();
    const through = { writeType: fs.WritePType.THROUGH, recursive: true };
    await c.send(files.createDirectory, { path: '/../escaped', options: through });
    await c.send(files.createDirectory, { path: '/x/../../escaped', options: through });
    await c.unary(files.createDirectory, { path: '/x/%2e%2e/%2e%2e/y', options: through });
    await c.unary(files.createDirectory, { path: '/x/..\\..\\y', options: through });
    assert.deepEqual(readdirSync(cluster.directory).toSorted(), outside);
    assert.ok(readdirSync(cluster.store).includes('x'));
  });

  test('a path as deep as paths may be goes through every operation', async () => {
    const path = '/d'.repeat(2048);
    await c.unary(files.createDirectory, { path, options: { recursive: true, writeType: MUST_CACHE } });
    assert.equal((await c.unary(files.getStatus, { path })).fileInfo?.name, 'd');
    assert.equal(
      (await c.send(files.listStatus, { path: '/d', options: { recursive: true, loadMetadataType: fs.LoadMetadataPType.NEVER } })).code,
      'OK',
    );
    await c.unary(files.setAttribute, { path: '/d', options: { pinned: true } });
    await c.unary(files.free, { path: '/d', options: { recursive: true } });
    await c.unary(files.rename, { path: '/d', dstPath: '/e', options: { persist: true } });
    await c.unary(files.remove, { path: '/e', options: { recursive: true } });
    refused(
      await c.send(files.createDirectory, { path: `${path}/d`, options: { recursive: true } }),
      'INVALID_ARGUMENT',
      /longer than 4096 bytes/,
    );
  });

  test('a rename that would make paths too long below is refused or harmless', async () => {
    await c.unary(files.createDirectory, { path: '/long'.repeat(700), options: { recursive: true, writeType: MUST_CACHE } });
    await c.unary(files.createDirectory, { path: '/deep'.repeat(700), options: { recursive: true, writeType: MUST_CACHE } });
    await c.send(files.rename, { path: '/long', dstPath: `${'/deep'.repeat(700)}/x` });
    assert.equal(
      (await c.send(files.listStatus, { path: '/deep', options: { recursive: true, loadMetadataType: fs.LoadMetadataPType.NEVER } })).code,
      'OK',
    );
    await c.unary(files.remove, { path: '/deep', options: { recursive: true } });
    await c.send(files.remove, { path: '/long', options: { recursive: true } });
  });
});

suite('numbers', () => {
  test('block sizes', async () => {
    for (const blockSizeBytes of [0n, -1n, MIN_INT64, MAX_INT64, 2n ** 53n])
      refused(await create('/f', { blockSizeBytes }), 'INVALID_ARGUMENT', /^Invalid block size /);
    assert.equal((await create('/large', { blockSizeBytes: 2n ** 53n - 1n })).code, 'OK');
    assert.equal((await c.unary(files.getStatus, { path: '/large' })).fileInfo?.blockSizeBytes, 2n ** 53n - 1n);
  });

  test('lengths, times and waits', async () => {
    await create('/through', { writeType: fs.WritePType.THROUGH });
    for (const ufsLength of [-2n, MIN_INT64, MAX_INT64, 10n ** 15n])
      assert.match((await c.send(files.completeFile, { path: '/through', options: { ufsLength } })).code, /^(INVALID_ARGUMENT|INTERNAL)$/);
    for (const extreme of [MAX_INT64, MIN_INT64]) {
      const path = `/extreme${extreme}`;
      assert.equal((await create(path, { persistenceWaitTime: extreme, commonOptions: { ttl: extreme, ttlAction: 0 } })).code, 'OK');
      assert.equal((await c.send(files.setAttribute, { path, options: { commonOptions: { ttl: extreme } } })).code, 'OK');
      assert.equal((await c.send(files.getStatus, { path, options: { syncIntervalMs: extreme } as never })).code, 'OK');
    }
  });

  test('replication', async () => {
    await create('/r');
    for (const replicationMin of [-1, -(2 ** 31)])
      refused(await c.send(files.setAttribute, { path: '/r', options: { replicationMin } }), 'INTERNAL');
    assert.equal((await create('/r2', { replicationMin: -5, replicationMax: -7, replicationDurable: -1 })).code, 'OK');
  });

  test('ids of nothing', async () => {
    for (const id of [-1n, MIN_INT64, MAX_INT64, 12345n]) {
      refused(await c.send(files.getFilePath, { fileId: id }), 'NOT_FOUND', /^inodeId -?\d+ does not exist$/);
      refused(await c.send(forWorkers.getFileInfo, { fileId: id }), 'NOT_FOUND');
      refused(await c.send(forWorkers.getUfsInfo, { mountId: id }), 'NOT_FOUND');
      refused(await c.send(blocks.getBlockInfo, { blockId: id }), 'INVALID_ARGUMENT', /^BlockMeta not found for blockId /);
      refused(
        await c.send(worker.registerWorker, {
          workerId: id,
          storageTiers: [],
          currentBlocks: [],
          totalBytesOnTiers: {},
          usedBytesOnTiers: {},
        }),
        'NOT_FOUND',
      );
      refused(await c.send(worker.commitBlock, { workerId: id, blockId: 1n, length: 1n }), 'NOT_FOUND');
      const beat = await c.unary(worker.blockHeartbeat, { workerId: id, usedBytesOnTiers: {}, removedBlockIds: [] });
      assert.equal(beat.command?.commandType, common.CommandType.Register);
    }
    for (const [blockId, length] of [
      [-1n, 1n],
      [1n, -1n],
      [1n, MAX_INT64],
    ] as const)
      refused(await c.send(worker.commitBlockInUfs, { blockId, length }), 'INVALID_ARGUMENT');
  });

  test('enums that are none', async () => {
    const odd = 77 as never;
    assert.equal((await create('/odd', { writeType: odd, commonOptions: { ttlAction: odd } })).code, 'OK');
    assert.notEqual(
      (await c.send(files.getStatus, { path: '/odd', options: { loadMetadataType: odd, accessMode: odd } })).code,
      'INTERNAL',
    );
    assert.notEqual(
      (await c.send(files.setAttribute, { path: '/odd', options: { mode: { ownerBits: odd, groupBits: odd, otherBits: odd } } })).code,
      'INTERNAL',
    );
    assert.ok(((await c.unary(files.getStatus, { path: '/odd' })).fileInfo?.mode ?? -1) <= 0o777);
    assert.notEqual((await c.send(blocks.getWorkerReport, { workerRange: odd, fieldRanges: [odd] })).code, 'INTERNAL');
    assert.notEqual((await c.send(meta.getMasterInfo, { filter: [odd] })).code, 'INTERNAL');
  });
});

suite('lists and maps of a million', () => {
  const ids = Array.from({ length: MILLION }, (_, i) => BigInt(i) << 24n);

  test('block reports of a worker', async () => {
    const { workerId } = await c.unary(worker.getWorkerId, { workerNetAddress: { host: 'big', rpcPort: 1, dataPort: 2, webPort: 3 } });
    const held = [{ key: { tierAlias: 'MEM', mediumType: 'MEM' }, value: { blockId: ids } }];
    await c.unary(worker.requestRegisterLease, { workerId: workerId!, blockCount: 0n });
    await c.unary(worker.registerWorker, {
      workerId: workerId!,
      storageTiers: ['MEM'],
      currentBlocks: held,
      totalBytesOnTiers: {},
      usedBytesOnTiers: {},
    });
    const beat = await c.unary(worker.blockHeartbeat, {
      workerId: workerId!,
      usedBytesOnTiers: {},
      removedBlockIds: [],
      addedBlocks: held,
    });
    assert.equal(beat.command?.commandType, common.CommandType.Free);
    assert.ok(beat.command.data!.length <= 10_000, 'one batch at a time');
    const after = await c.unary(worker.blockHeartbeat, { workerId: workerId!, usedBytesOnTiers: {}, removedBlockIds: ids });
    assert.equal(after.command?.commandType, common.CommandType.Nothing);
  });

  test('filters, addresses, media, entries', async () => {
    const words = Array.from({ length: MILLION }, () => 'MEM');
    const { masterInfo } = await c.unary(meta.getMasterInfo, { filter: ids.map(() => metaMaster.MasterInfoField.RPC_PORT) });
    assert.ok(masterInfo!.rpcPort! > 0);
    await c.unary(blocks.getBlockMasterInfo, { filters: ids.map(() => blockMaster.BlockMasterInfoField.USED_BYTES) });
    const many = Array.from({ length: MILLION }, (_, i) => `host${i}`);
    const report = await c.send(blocks.getWorkerReport, {
      workerRange: blockMaster.WorkerRange.SPECIFIED,
      fieldRanges: [],
      addresses: many,
    });
    refused(report, 'INVALID_ARGUMENT', /^Unrecognized worker names: \[host0, /);
    assert.ok(report.text.length < 8192, 'Java clients take no longer trailers');
    await create('/pinned');
    await c.unary(files.setAttribute, { path: '/pinned', options: { pinned: true, pinnedMedia: words } });
    assert.deepEqual((await c.unary(files.getStatus, { path: '/pinned' })).fileInfo?.mediumType, ['MEM']);
    const acl = Array.from({ length: MILLION }, () => ({ type: fs.PAclEntryType.NamedUser, subject: 'x', actions: [], isDefault: false }));
    assert.notEqual((await c.send(files.setAcl, { path: '/pinned', action: fs.SetAclAction.REMOVE, entries: acl })).code, 'OK');
  });

  test('attributes, properties, counters', async () => {
    const map = <V>(value: V): Record<string, V> => Object.fromEntries(ids.slice(0, 100_000).map((id) => [`k${id}`, value]));
    await create('/x');
    refused(
      await c.send(files.setAttribute, { path: '/x', options: { xattr: map(Buffer.alloc(1)) } }),
      'INVALID_ARGUMENT',
      /at most 65536 wanted$/,
    );
    refused(await create('/y', { xattr: map(Buffer.alloc(1)) }), 'INVALID_ARGUMENT', /at most 65536 wanted$/);
    refused(await c.send(files.mount, { alluxioPath: '/z', ufsPath: '/tmp', options: { properties: map('v') } }), 'UNKNOWN', /at most/);
    assert.equal((await c.send(configuration.updateConfiguration, { properties: map('v') })).code, 'OK');
    const metric = { instance: 'Client', source: 's', name: 'n', value: 1, metricType: common.MetricType.COUNTER, tags: {} };
    await c.unary(metrics.metricsHeartbeat, { options: { clientMetrics: [{ source: 'a', metrics: ids.map(() => metric) }] } });
    assert.ok(Object.keys((await c.unary(metrics.getMetrics, {})).metrics!).length < 100);
  });

  test('keys that mean something to JavaScript', async () => {
    const odd = JSON.parse('{"__proto__": "x", "constructor": "y", "toString": "z"}') as Record<string, string>;
    const bytes = Object.fromEntries(Object.entries(odd).map(([key, value]) => [key, Buffer.from(value)]));
    await create('/odd-keys', { xattr: bytes });
    const { xattr } = (await c.unary(files.getStatus, { path: '/odd-keys' })).fileInfo!;
    assert.deepEqual(Object.keys(xattr!).toSorted(), ['__proto__', 'constructor', 'toString']);
    assert.equal((await c.send(configuration.updateConfiguration, { properties: odd })).code, 'OK');
    await create('/__proto__');
    await create('/constructor');
    assert.equal((await c.unary(files.getStatus, { path: '/__proto__' })).fileInfo?.name, '__proto__');
  });
});

suite('what kills a 2.9.4 master', () => {
  test('a new block for a directory', async () => {
    await c.unary(files.createDirectory, { path: '/directory', options: { writeType: MUST_CACHE } });
    refused(await c.send(files.getNewBlockIdForFile, { path: '/directory' }), 'INVALID_ARGUMENT');
  });

  test('removing a base entry from an ACL', async () => {
    await create('/acl');
    for (const type of [fs.PAclEntryType.Owner, fs.PAclEntryType.OwningGroup, fs.PAclEntryType.Other])
      refused(
        await c.send(files.setAcl, {
          path: '/acl',
          action: fs.SetAclAction.REMOVE,
          entries: [{ type, subject: '', actions: [], isDefault: false }],
        }),
        'INVALID_ARGUMENT',
      );
  });
});

suite('the worker', () => {
  const B = blockWorker.RequestType;

  test('reads of nothing', async () => {
    for (const blockId of [-1n, 0n, 1n, MIN_INT64, MAX_INT64]) {
      const ending = await w.send(data.readBlock, { blockId, offset: 0n, length: 10n, chunkSize: 1024n });
      assert.match(ending.code, /^(NOT_FOUND|INVALID_ARGUMENT)$/, ending.text);
    }
    for (const [offset, length, chunkSize] of [
      [-1n, 1n, 1n],
      [0n, -1n, 1n],
      [0n, 1n, -1n],
      [MAX_INT64, MAX_INT64, MAX_INT64],
      [0n, MAX_INT64, 0n],
    ] as const) {
      const ending = await w.send(data.readBlock, { blockId: 5n, offset, length, chunkSize });
      assert.notEqual(ending.code, 'OK');
      assert.notEqual(ending.code, 'DEADLINE_EXCEEDED');
    }
  });

  test('reads and writes of files outside of the mount that they name', async () => {
    for (const ufsPath of [
      '/etc/passwd',
      `${cluster.store}/../journal/x`,
      `${cluster.store}x`,
      `${cluster.store}/a\0b`,
      '',
      'relative',
      '../x',
    ]) {
      const read = await w.send(data.readBlock, {
        blockId: 99n,
        offset: 0n,
        length: 5n,
        chunkSize: 1024n,
        openUfsBlockOptions: { ufsPath, offsetInFile: 0n, blockSize: 10n, mountId: 1n, maxUfsReadConcurrency: 10 },
      });
      assert.match(read.code, /^(INVALID_ARGUMENT|NOT_FOUND)$/, `${ufsPath}: ${read.text}`);
      const write = await w.send(data.writeBlock, {
        command: { type: B.UFS_FILE, id: -1n, createUfsFileOptions: { ufsPath, owner: 'o', group: 'g', mode: 0o644, mountId: 1n } },
      });
      refused(write, 'INVALID_ARGUMENT');
    }
    assert.deepEqual(readdirSync(cluster.directory).toSorted(), ['journal', 'store', 'tier']);
  });

  test('writes that begin wrongly or mean nothing', async () => {
    const chunk = { chunk: { data: Buffer.from('abc') } };
    const command = (more: blockWorker.WriteRequestCommand): blockWorker.WriteRequest => ({
      command: { type: B.ALLUXIO_BLOCK, id: 7n << 24n, tier: 0, ...more },
    });
    refused(await w.send(data.writeBlock, chunk), 'INVALID_ARGUMENT');
    refused(await w.send(data.writeBlock, {}), 'INVALID_ARGUMENT');
    refused(await w.send(data.writeBlock, command({ id: -5n })), 'INVALID_ARGUMENT');
    refused(await w.send(data.writeBlock, command({}), {}), 'INVALID_ARGUMENT');
    refused(await w.send(data.writeBlock, command({}), command({ offset: 77n, flush: true })), 'INVALID_ARGUMENT', /^Offsets do not match/);
    refused(await w.send(data.writeBlock, command({ type: B.UFS_FALLBACK_BLOCK })), 'UNIMPLEMENTED');
    for (const spaceToReserve of [-1n, MIN_INT64, MAX_INT64]) {
      const { code, text } = await w.send(data.writeBlock, command({ spaceToReserve }), chunk);
      assert.match(code, /^(OK|INVALID_ARGUMENT|RESOURCE_EXHAUSTED|NOT_FOUND)$/, `${spaceToReserve}: ${text}`);
    }
    assert.notEqual((await w.send(data.writeBlock, command({ tier: 99 }), chunk)).code, 'INTERNAL');
  });

  test('blocks on this machine', async () => {
    refused(await w.send(data.openLocalBlock, { blockId: 123n }), 'NOT_FOUND');
    refused(await w.send(data.openLocalBlock, { blockId: -1n }), 'NOT_FOUND');
    refused(await w.send(data.createLocalBlock, { blockId: -1n, spaceToReserve: 5n }), 'INVALID_ARGUMENT');
    for (const spaceToReserve of [MIN_INT64, -1n, MAX_INT64])
      assert.match(
        (await w.send(data.createLocalBlock, { blockId: 8n << 24n, spaceToReserve })).code,
        /^(INVALID_ARGUMENT|RESOURCE_EXHAUSTED|NOT_FOUND|OK)$/,
        String(spaceToReserve),
      );
  });

  test('orders about nothing', async () => {
    assert.equal((await w.send(data.removeBlock, { blockId: -1n })).code, 'OK');
    refused(await w.send(data.moveBlock, { blockId: 5n, mediumType: 'SSD' }), 'INTERNAL', /^BlockMeta not found/);
    for (const source of [
      { blockId: -1n, openUfsBlockOptions: {} },
      {
        blockId: 5n,
        length: -1n,
        openUfsBlockOptions: { ufsPath: `${cluster.store}/none`, mountId: 1n, blockSize: -1n, offsetInFile: -1n },
      },
      {
        blockId: 5n,
        length: MAX_INT64,
        openUfsBlockOptions: { ufsPath: `${cluster.store}/none`, mountId: MAX_INT64, blockSize: MAX_INT64, offsetInFile: MAX_INT64 },
      },
    ])
      assert.notEqual((await w.send(data.cache, source)).code, 'DEADLINE_EXCEEDED');
    const blocksToLoad = Array.from({ length: 10_000 }, (_, i) => ({
      blockId: BigInt(i) << 24n,
      length: 1n,
      ufsPath: '/none',
      offsetInFile: 0n,
      mountId: 1n,
    }));
    assert.notEqual((await w.send(data.load, { blocks: blocksToLoad, options: {} })).code, 'DEADLINE_EXCEEDED');
  });
});

test('bad input is refused, and the next request works', async () => {
  for (const bad of [
    () => c.call('/no.such.Service/Method', Buffer.alloc(0)),
    () => c.call(files.getStatus.path, Buffer.alloc(30, 0xff)),
    () => c.call(files.getStatus.path),
    () => c.send(files.getStatus, { path: '/a\0b' }),
    () => create('/f', { blockSizeBytes: 0n }),
    () => c.send(files.getFilePath, { fileId: MAX_INT64 }),
    () => c.send(files.getNewBlockIdForFile, { path: '/' }),
    () => c.send(files.mount, { alluxioPath: '/nowhere', ufsPath: join(cluster.directory, 'missing') }),
    () => c.send(files.mount, { alluxioPath: '/nowhere', ufsPath: 'gopher://x/y' }),
    () => new RawClient(cluster.master).handshake(Buffer.alloc(20, 0xff)),
  ]) {
    assert.notEqual((await bad()).code, 'OK');
    assert.equal((await c.unary(files.getStatus, { path: '/' })).fileInfo?.path, '/');
  }
});

test('the master that was asked all this starts again with what it had', async () => {
  await c.unary(files.createDirectory, { path: '/kept', options: { writeType: MUST_CACHE } });
  const before = (await c.unary(files.getStatus, { path: '/kept' })).fileInfo!;
  c.close();
  w.close();
  await cluster.stop();
  await cluster.start();
  c = await RawClient.open(cluster.master);
  w = await RawClient.open(cluster.worker);
  assert.deepEqual((await c.unary(files.getStatus, { path: '/kept' })).fileInfo, before);
});
