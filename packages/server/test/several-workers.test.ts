// One client and three workers, over loopback and real files: where bytes go, and what happens when a worker ends or is full.
import { connect, nodeLocalMachine, type ClientOptions, type FileSystem, type LocalMachine, type WriteType } from '@alluvium/client';
import { grpcNetwork } from '@alluvium/net';
import { Configuration, nodeClock, nodeEnvironment, nodeRandom, silentLogger } from '@alluvium/platform';
import { composeRoles, type Roles } from '@alluvium/server/roles.js';
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

const MIB = 1 << 20;
/** Each worker announces, and listens at, a loopback address of its own. */
const HOSTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

/** This machine, and how many block files were opened on it. */
class Counted implements LocalMachine {
  reads = 0;
  writes = 0;
  readonly isSocket = nodeLocalMachine.isSocket;
  readonly resolve = nodeLocalMachine.resolve;
  readonly output = nodeLocalMachine.output;
  open(path: string, access: 'read' | 'write'): ReturnType<LocalMachine['open']> {
    if (access === 'read') this.reads++;
    else this.writes++;
    return nodeLocalMachine.open(path, access);
  }
}

const directory = mkdtempSync(join(tmpdir(), 'alluvium-several-'));
const store = join(directory, 'store');
/** This worker has a domain socket, which keeps its clients from its files. */
const WITH_SOCKET = '127.0.0.3';
const SOCKET = join(directory, 'worker.sock');
const clients: FileSystem[] = [];
const workers = new Map<string, Roles>();
const ports = new Map<string, number>();
let master: Roles;

function compose(role: 'master' | 'worker', settings: Readonly<Record<string, string>>): Roles {
  return composeRoles([role], nodeEnvironment({ log: silentLogger }), Configuration.of(settings));
}

async function startWorker(host: string): Promise<void> {
  const tier = join(directory, `tier-${host}`);
  mkdirSync(tier, { recursive: true });
  const worker = compose('worker', {
    'alluxio.master.rpc.port': String(master.master!.address!.port),
    'alluxio.worker.hostname': host,
    'alluxio.worker.bind.host': host,
    // One that comes back is where it was.
    'alluxio.worker.rpc.port': String(ports.get(host) ?? 0),
    'alluxio.worker.tieredstore.level0.dirs.path': tier,
    'alluxio.worker.ramdisk.size': '12MB',
    ...(host === WITH_SOCKET && { 'alluxio.worker.data.server.domain.socket.address': SOCKET }),
  });
  await worker.services.start();
  workers.set(host, worker);
  ports.set(host, worker.worker()!.address!.port);
  while (!worker.worker()!.health().ready) await pause(20);
}

async function client(localHost: string, options: ClientOptions = {}): Promise<{ fs: FileSystem; machine: Counted }> {
  const machine = new Counted();
  const { host, port } = master.master!.address!;
  const fs = await connect({ host, port }, { localHost, machine, ...options });
  clients.push(fs);
  return { fs, machine };
}

function patterned(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 4) bytes.writeUInt32LE((at * 31 + seed) >>> 0, at);
  return bytes;
}

async function put(fs: FileSystem, path: string, bytes: Buffer, writeType: WriteType, blockSize = 2 * MIB): Promise<void> {
  const file = await fs.create(path, { writeType, blockSizeBytes: BigInt(blockSize) });
  await file.write(bytes);
  await file.close();
}

async function get(fs: FileSystem, path: string): Promise<Buffer> {
  const file = await fs.open(path);
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.chunks()) chunks.push(chunk);
  await file.close();
  return Buffer.concat(chunks);
}

async function hostsOf(fs: FileSystem, path: string): Promise<string[][]> {
  return (await fs.status(path)).blocks.map(({ locations }) => locations.map(({ host }) => host).sort());
}

/** Removes a file; what workers had of it is gone when this resolves. */
async function clear(fs: FileSystem, path: string): Promise<void> {
  await fs.remove(path);
  while ((await fs.cluster()).usedBytes > 0n) await pause(20);
}

before(async () => {
  for (const name of ['store', 'journal']) mkdirSync(join(directory, name));
  master = compose('master', {
    'alluxio.master.rpc.port': '0',
    'alluxio.master.journal.folder': join(directory, 'journal'),
    'alluxio.master.mount.table.root.ufs': store,
  });
  await master.services.start();
  for (const host of HOSTS) await startWorker(host);
});

after(async () => {
  for (const fs of clients) await fs.close();
  for (const worker of workers.values()) await worker.services.stop();
  await master.services.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('a client writes to and reads from the files of the worker on its machine', async () => {
  const { fs, machine } = await client(HOSTS[0]!);
  const bytes = patterned(5 * MIB, 1);
  await put(fs, '/near', bytes, 'MUST_CACHE');
  assert.deepEqual(await hostsOf(fs, '/near'), [[HOSTS[0]], [HOSTS[0]], [HOSTS[0]]]);
  assert.deepEqual(await get(fs, '/near'), bytes);
  assert.deepEqual([machine.writes, machine.reads], [3, 3]);
  const other = await client(HOSTS[0]!, { properties: { 'alluxio.user.short.circuit.enabled': 'false' } });
  assert.deepEqual(await get(other.fs, '/near'), bytes, 'the worker has summed what it did not write');
  assert.equal(other.machine.reads, 0);
  await clear(fs, '/near');
});

test('a client on the machine of a worker with a domain socket comes that way', async () => {
  const network = grpcNetwork({ clock: nodeClock, random: nodeRandom });
  const ways: (string | undefined)[] = [];
  const { fs, machine } = await client(WITH_SOCKET, {
    network: {
      serve: network.serve.bind(network),
      connect: (address, options) => {
        if (address.port !== master.master!.address!.port) ways.push(address.socketPath);
        return network.connect(address, options);
      },
    },
  });
  const bytes = patterned(3 * MIB, 7);
  await put(fs, '/socket', bytes, 'MUST_CACHE');
  assert.deepEqual(await hostsOf(fs, '/socket'), [[WITH_SOCKET], [WITH_SOCKET]]);
  assert.deepEqual(await get(fs, '/socket'), bytes);
  assert.deepEqual([new Set(ways), machine.writes + machine.reads], [new Set([SOCKET]), 0]);
  await clear(fs, '/socket');
});

test('what a client reads elsewhere its own worker keeps, and then serves when the other one is gone', async () => {
  const writer = await client(HOSTS[0]!);
  const bytes = patterned(3 * MIB, 2);
  await put(writer.fs, '/copied', bytes, 'MUST_CACHE');
  const { fs, machine } = await client(HOSTS[1]!);
  assert.deepEqual(await get(fs, '/copied'), bytes);
  while ((await hostsOf(fs, '/copied')).some((hosts) => !hosts.includes(HOSTS[1]!))) await pause(20);
  const reader = await fs.open('/copied');
  await workers.get(HOSTS[0]!)!.services.stop();
  const into = new Uint8Array(bytes.length);
  assert.equal(await reader.readAt(0n, into), bytes.length);
  assert.deepEqual(Buffer.from(into), bytes);
  await reader.close();
  assert.ok(machine.reads > 0);
  const far = await client(HOSTS[2]!);
  assert.deepEqual(await get(far.fs, '/copied'), bytes, 'somebody who knows of the copy on the worker that is gone');
  await startWorker(HOSTS[0]!);
  await clear(fs, '/copied');
});

test('a block whose worker ends in the middle is written to another one', async () => {
  const { fs } = await client(HOSTS[2]!);
  const bytes = patterned(5.5 * MIB, 3);
  const file = await fs.create('/moved', { writeType: 'MUST_CACHE', blockSizeBytes: BigInt(6 * MIB) });
  await file.write(bytes.subarray(0, 4.5 * MIB));
  await workers.get(HOSTS[2]!)!.services.stop();
  await file.write(bytes.subarray(4.5 * MIB));
  await file.close();
  const [hosts] = await hostsOf(fs, '/moved');
  assert.ok(hosts!.length === 1 && hosts![0] !== HOSTS[2], hosts!.join());
  assert.deepEqual(await get(fs, '/moved'), bytes);
  await startWorker(HOSTS[2]!);
  await clear(fs, '/moved');
});

test('blocks go where the policy says, those of hashes where every client looks for them', async () => {
  const properties = { 'alluxio.user.block.write.location.policy.class': 'alluxio.client.block.policy.RoundRobinPolicy' };
  const { fs } = await client(HOSTS[0]!, { properties });
  await put(fs, '/round', patterned(6 * MIB, 5), 'MUST_CACHE', MIB);
  const round = (await hostsOf(fs, '/round')).flat();
  assert.deepEqual([round.slice(0, 3).toSorted(), round.slice(3)], [HOSTS, round.slice(0, 3)]);
  await clear(fs, '/round');
  const hash = {
    'alluxio.user.block.write.location.policy.class': 'DeterministicHashPolicy',
    'alluxio.user.ufs.block.read.location.policy': 'DeterministicHashPolicy',
    'alluxio.user.file.passive.cache.enabled': 'false',
  };
  const writer = await client(HOSTS[0]!, { properties: hash });
  await put(writer.fs, '/hashed', patterned(6 * MIB, 6), 'CACHE_THROUGH', MIB);
  const written = await hostsOf(fs, '/hashed');
  await fs.free('/hashed');
  while ((await hostsOf(fs, '/hashed')).flat().length > 0) await pause(20);
  const reader = await client(HOSTS[1]!, { properties: hash });
  await get(reader.fs, '/hashed');
  while ((await hostsOf(fs, '/hashed')).flat().length < 6) await pause(20);
  assert.deepEqual(await hostsOf(fs, '/hashed'), written);
  assert.ok(new Set(written.flat()).size > 1);
  await clear(fs, '/hashed');
});

test('an ASYNC_THROUGH file that no worker has room for goes to the store at once', async () => {
  const { fs } = await client(HOSTS[0]!);
  const bytes = patterned(42 * MIB, 4);
  await fs.pausePersist('/', 'so that nothing makes room');
  await put(fs, '/large', bytes, 'ASYNC_THROUGH');
  const status = await fs.status('/large');
  assert.deepEqual([status.completed, status.persisted, status.lengthBytes], [true, true, BigInt(bytes.length)]);
  assert.deepEqual(readFileSync(join(store, 'large')), bytes);
  assert.deepEqual(await get(fs, '/large'), bytes);
  await fs.resumePersist('/');
  await fs.remove('/large');
});
