// Each call with requests that make no sense: how it is answered, and that nothing has changed by it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { kindOf, messageOf } from '@alluvium/base';
import { methodsOf, type Method, type RpcChannel } from '@alluvium/net';
import { blockMaster, fileSystemMaster as fs, metricMaster, namespaceService } from '@alluvium/wire';
import { operationId, pmode } from '../file/world.js';
import { Machine } from '../machine.js';
import type { Case } from './case.js';
import { CASES, SERVICES } from './cases.js';
import { jobCalls } from './job-cases.js';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const workers = methodsOf(blockMaster.BlockMasterWorkerServiceDefinition);
const blocks = methodsOf(blockMaster.BlockMasterClientServiceDefinition);
const namespace = methodsOf(namespaceService.NamespaceServiceDefinition);
const metrics = methodsOf(metricMaster.MetricsMasterClientServiceDefinition);
const { MUST_CACHE, THROUGH } = fs.WritePType;

const machine = new Machine();
const channels = new Map<string, RpcChannel>();
const JOB_PATHS = new Set(Object.values(jobCalls).map(({ path }) => path));

/** To where a call is served: those of a job master have a port of their own. */
function channel(user = 'root', method?: { readonly path: string }): RpcChannel {
  const port = method !== undefined && JOB_PATHS.has(method.path) ? 20001 : 19998;
  const key = `${user} ${port}`;
  const known = channels.get(key) ?? machine.connect(user, port);
  channels.set(key, known);
  return known;
}

/** /d with a complete and an open file in the cache, /p with one in the store and one to be, /m, /ro. */
before(async () => {
  await machine.start();
  const c = channel();
  for (const name of ['other', 'readonly']) machine.stores.at(`mem://${name}`).directory('');
  machine.stores.at('mem://readonly').file('t', 'text');
  const mode = pmode(0o755);
  await c.unary(files.createDirectory, { path: '/d', options: { writeType: MUST_CACHE, mode } });
  await c.unary(files.createDirectory, { path: '/p', options: { writeType: THROUGH, mode } });
  const workerNetAddress = { host: 'w1', rpcPort: 1, dataPort: 1, webPort: 30000 };
  const { workerId } = await c.unary(workers.getWorkerId, { workerNetAddress });
  await c.unary(workers.requestRegisterLease, { workerId: workerId!, blockCount: 0n });
  await c.unary(workers.registerWorker, {
    workerId: workerId!,
    storageTiers: ['MEM'],
    totalBytesOnTiers: {},
    usedBytesOnTiers: {},
    currentBlocks: [],
  });
  for (const path of ['/d/f', '/d/open']) {
    await c.unary(files.createFile, { path, options: { blockSizeBytes: 10n, writeType: MUST_CACHE, mode } });
    const { id } = await c.unary(files.getNewBlockIdForFile, { path });
    if (path === '/d/open') continue;
    await c.unary(workers.commitBlock, {
      workerId: workerId!,
      blockId: id!,
      length: 4n,
      tierAlias: 'MEM',
      mediumType: 'MEM',
      usedBytesOnTier: 4n,
    });
    await c.unary(files.completeFile, { path });
  }
  for (const path of ['/p/t', '/p/open'])
    await c.unary(files.createFile, { path, options: { blockSizeBytes: 10n, writeType: THROUGH, mode } });
  machine.stores.at('mem://root').file('p/t', 'text');
  await c.unary(files.completeFile, { path: '/p/t', options: { ufsLength: 4n } });
  await c.unary(files.mount, { alluxioPath: '/m', ufsPath: 'mem://other', options: {} });
  await c.unary(files.mount, { alluxioPath: '/ro', ufsPath: 'mem://readonly', options: { readOnly: true } });
  await everything();
  for (const { method, request, user } of CASES.filter(({ kind }) => kind === 'notFound'))
    await ask(channel(user, method), method, request).catch(() => undefined);
});

after(() => machine.stop());

/** Everything that can be seen of the state: a change of it is an operation in the journal, or shows in what workers have. */
async function everything(): Promise<unknown> {
  const c = channel();
  const infos: fs.FileInfo[] = [];
  const stream = c.stream(files.listStatus);
  await stream.write({ path: '/', options: { recursive: true } });
  stream.end();
  for (let batch = await stream.read(); batch !== undefined; batch = await stream.read()) infos.push(...batch.fileInfos!);
  const figures = (await c.unary(metrics.getMetrics, {})).metrics!;
  const mountPoints = await c.unary(files.getMountTable, { checkUfs: false });
  const report = await c.unary(blocks.getWorkerReport, { workerRange: blockMaster.WorkerRange.ALL });
  return [
    figures['Master.JournalSequenceNumber']!.doubleValue,
    infos.map((info) => ({ ...info, lastAccessTimeMs: undefined })),
    mountPoints,
    report,
    ['root', 'other', 'readonly'].map((name) => machine.stores.at(`mem://${name}`).paths()),
  ];
}

async function ask(c: RpcChannel, method: Method<never, unknown>, request: object): Promise<void> {
  if (!STREAMED.has(method.path)) return void (await machine.clock.run(c.unary(method, request as never)));
  const stream = c.stream(method);
  await stream.write(request as never).catch(() => undefined);
  stream.end();
  while ((await stream.read()) !== undefined);
}

const STREAMED: ReadonlySet<string> = new Set([files.listStatus.path, workers.registerWorkerStream.path, namespace.watch.path]);

async function check({ method, request, kind, text, user }: Case): Promise<void> {
  const state = await everything();
  let got = 'ok';
  let message = '';
  try {
    await ask(channel(user, method), method, request);
  } catch (error) {
    got = kindOf(error);
    message = messageOf(error);
  }
  assert.equal(got, kind, message);
  if (typeof text === 'string') assert.equal(message, text);
  if (text instanceof RegExp) assert.match(message, text);
  assert.ok(message.length < 8000, 'Java clients take no longer trailers');
  assert.deepEqual(await everything(), state, 'nothing has changed');
}

const byMethod = Map.groupBy(CASES, ({ method }) => method.path.replace(/^.*\./, ''));

test('a request that makes no sense changes nothing', async (t) => {
  for (const [name, cases] of byMethod)
    await t.test(name, async (each) => {
      for (const one of cases) await each.test(one.why, () => check(one));
    });
});

test('every call of the services is asked something', () => {
  const asked = new Set(CASES.map(({ method }) => method.path));
  const all = SERVICES.flatMap((service) => Object.values(service) as Method<unknown, unknown>[]).map(({ path }) => path);
  assert.deepEqual(
    all.filter((path) => !asked.has(path)),
    [],
  );
});

test('the same operation id with another request is answered as the first one was, and changes nothing', async () => {
  const c = channel();
  const options = { writeType: MUST_CACHE, commonOptions: { operationId: operationId() } };
  await c.unary(files.createDirectory, { path: '/once', options });
  const state = await everything();
  await c.unary(files.createDirectory, { path: '/twice', options });
  assert.deepEqual(await everything(), state);
});
