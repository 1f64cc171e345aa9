import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { methodsOf, type Method, type ServiceDefinition } from '@alluvium/net';
import { SeededRandom } from '@alluvium/testkit';
import { blockMaster, blockWorker, fileSystemMaster as fs, metaMaster, metricMaster, serviceVersion, workerControl } from '@alluvium/wire';
import { Cluster } from './support/cluster.js';
import { RawClient } from './support/raw-client.js';

const ROUNDS = Number(process.env['ALLUVIUM_RANDOM_ROUNDS'] ?? 12);
const seed = Number(process.env['ALLUVIUM_RANDOM_SEED'] ?? 20_260_101);

const MASTER: readonly ServiceDefinition[] = [
  fs.FileSystemMasterClientServiceDefinition,
  fs.FileSystemMasterWorkerServiceDefinition,
  fs.FileSystemMasterJobServiceDefinition,
  blockMaster.BlockMasterClientServiceDefinition,
  blockMaster.BlockMasterWorkerServiceDefinition,
  metaMaster.MetaMasterClientServiceDefinition,
  metaMaster.MetaMasterConfigurationServiceDefinition,
  metricMaster.MetricsMasterClientServiceDefinition,
  serviceVersion.ServiceVersionClientServiceDefinition,
  workerControl.WorkerControlServiceDefinition,
] as never;
const WORKER: readonly ServiceDefinition[] = [blockWorker.BlockWorkerDefinition] as never;

/** The worker fetches from the host that the request names: none is made up here. */
const NAMES_A_HOST: ReadonlySet<string> = new Set(['/alluxio.grpc.block.BlockWorker/Cache', '/alluxio.grpc.block.BlockWorker/AsyncCache']);

const WORDS = ['/', '/a', '/a/b', '/../x', 'MEM', '', 'a\0b', 'x'.repeat(300), '/mnt', '-1', '../../etc'];

let cluster: Cluster;

before(async () => {
  cluster = new Cluster({ 'alluxio.worker.ramdisk.size': '4MB' });
  await cluster.start();
});

after(() => cluster.remove());

/** Fields of any number, wire type and content, nested a few levels: often decodable, seldom sensible. */
function anyMessage(random: SeededRandom, depth: number): Buffer {
  const parts: Buffer[] = [];
  for (let i = random.below(6); i > 0; i--) {
    const field = 1 + random.below(14);
    const kind = random.below(4);
    if (kind === 0) parts.push(varint((field << 3) | 0), varint(anyNumber(random)));
    else if (kind === 1) parts.push(varint((field << 3) | 1), Buffer.alloc(8, random.below(256)));
    else {
      const inner = kind === 2 && depth > 0 ? anyMessage(random, depth - 1) : Buffer.from(WORDS[random.below(WORDS.length)]!);
      parts.push(varint((field << 3) | 2), varint(inner.length), inner);
    }
  }
  return Buffer.concat(parts);
}

function anyNumber(random: SeededRandom): bigint | number {
  const extremes = [0, 1, 2, 255, 2 ** 31, 2 ** 53, 2n ** 63n - 1n, 2n ** 64n - 1n];
  return random.chance(0.5) ? extremes[random.below(extremes.length)]! : random.below(1 << 28);
}

function varint(value: bigint | number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

async function shower(client: RawClient, services: readonly ServiceDefinition[], random: SeededRandom): Promise<Set<string>> {
  const codes = new Set<string>();
  for (const service of services) {
    for (const method of Object.values(methodsOf(service)) as Method<unknown, unknown>[]) {
      if (NAMES_A_HOST.has(method.path)) continue;
      const endings = await Promise.all(
        Array.from({ length: ROUNDS }, () => {
          const messages = [anyMessage(random, 3)];
          if (method.requestStream) for (let i = random.below(3); i > 0; i--) messages.push(anyMessage(random, 2));
          if (random.chance(0.1)) messages[0] = messages[0]!.subarray(0, random.below(messages[0]!.length + 1));
          return client.call(method.path, ...messages);
        }),
      );
      for (const { code, text } of endings) {
        codes.add(code);
        assert.notEqual(code, 'DEADLINE_EXCEEDED', `${method.path} ends`);
        assert.notEqual(code, 'UNAVAILABLE', `${method.path}: ${text}`);
        assert.doesNotMatch(text, /undefined|is not a function|Cannot read prop|invariant|BigInt/i, method.path);
      }
    }
  }
  return codes;
}

test(`random requests to every method end, tell of no defect, and leave a cluster that works and starts again (seed ${seed})`, async () => {
  const random = new SeededRandom(seed);
  const master = await RawClient.open(cluster.master);
  const worker = await RawClient.open(cluster.worker);
  const codes = await shower(master, MASTER, random);
  for (const code of ['OK', 'INVALID_ARGUMENT', 'NOT_FOUND', 'INTERNAL', 'UNIMPLEMENTED']) assert.ok(codes.has(code), code);
  await shower(worker, WORKER, random);
  const { getStatus, createFile } = methodsOf(fs.FileSystemMasterClientServiceDefinition);
  await master.unary(createFile, { path: '/after', options: { writeType: fs.WritePType.MUST_CACHE, blockSizeBytes: 1n } });
  const before = await master.unary(getStatus, { path: '/after' });
  assert.equal(await Promise.race([cluster.broken, Promise.resolve(undefined)]), undefined);
  master.close();
  worker.close();
  await cluster.stop();
  await cluster.start();
  const again = await RawClient.open(cluster.master);
  assert.deepEqual(await again.unary(getStatus, { path: '/after' }), before);
  again.close();
});
