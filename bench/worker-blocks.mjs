// A million small blocks on each of several workers: how long master and workers hold their event loops while workers start, register,
// report, come back and are lost, how long others wait meanwhile, and the memory of a copy. Prints a table in Markdown.
// usage: node bench/worker-blocks.mjs [--blocks 1000000] [--workers 3] [--storm 30] [--only PATTERN] [--program FILE]
import { fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { grpcNetwork, methodsOf } from '@alluvium/net';
import { Configuration, nodeClock, nodeRandom, silentLogger } from '@alluvium/platform';
import { blockMaster, fileSystemMaster as fs } from '@alluvium/wire';

const PER_DIRECTORY = 1000;
const LOST_AFTER_S = 4;
const FORGOTTEN_AFTER_S = 4;
/** As start.mjs has it. */
const CLUSTER = '00000000-0000-4000-8000-000000000000';
const METER = join(import.meta.dirname, 'stall-meter.mjs');

const { values } = parseArgs({
  options: {
    blocks: { type: 'string', default: '1000000' },
    workers: { type: 'string', default: '3' },
    storm: { type: 'string', default: '30' },
    only: { type: 'string', default: '.' },
    program: { type: 'string', default: resolve(import.meta.dirname, '../packages/server/dist/alluvium.mjs') },
    port: { type: 'string', default: '29698' },
    role: { type: 'string', default: 'bench' },
    number: { type: 'string', default: '0' },
  },
});
const count = Number(values.blocks);
const port = Number(values.port);
const idOf = (index) => (BigInt(index) + 1n) << 24n;
const indexOf = (id) => Number(id >> 24n) - 1;
const network = grpcNetwork({ clock: nodeClock, random: { bytes: (length) => randomBytes(length), next: () => Math.random() } });
const connect = () => network.connect({ host: '127.0.0.1', port }, { user: process.env.USER ?? 'root', maxInboundMessageBytes: 2 ** 30 });

/** A worker on a disk that has the blocks of all files, without any bytes. */
async function runWorker() {
  const { createWorker } = await import('@alluvium/worker');
  const { encodeSidecar } = await import('../packages/worker/dist/store/sidecar.js');
  const { allPages } = await import('../packages/worker/dist/store/pages.js');
  const { AlluviumError } = await import('@alluvium/base');
  const names = () => Array.from({ length: count }, (_, index) => ({ name: String(idOf(index)), kind: 'file' }));
  const file = { write: async () => {}, sync: async () => {}, close: async () => {}, async [Symbol.asyncDispose]() {} };
  const disk = {
    makeDirectory: async () => {},
    list: async (path) => (/\/(alluxioworker|\.meta)$/.test(path) ? names() : []),
    stat: async () => ({ kind: 'file', length: 1000, modifiedMs: 0, mode: 0o644, uid: 0, gid: 0 }),
    open: async () => file,
    async readFile(path) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (name === 'cluster') return Buffer.from(`${CLUSTER}\n`);
      if (!/^\d+$/.test(name)) throw new AlluviumError('notFound', path);
      await turn();
      const blockId = BigInt(name);
      const pages = allPages(new Uint32Array([1]));
      return encodeSidecar({ blockId, length: 1000, generation: BigInt(indexOf(blockId) + 1), pinned: false, pages });
    },
    rename: async () => {},
    remove: () => turn(),
    removeDirectory: async () => {},
    syncDirectory: async () => {},
    space: async () => ({ capacityBytes: 2 ** 50, availableBytes: 2 ** 50 }),
  };
  const authenticator = { scheme: 'SIMPLE', authenticate: (name) => ({ user: name, connectionUser: name }) };
  const emptyMib = mib(process.memoryUsage.rss());
  const startedMs = performance.now();
  const worker = createWorker({
    environment: { clock: nodeClock, random: nodeRandom, disk, log: silentLogger },
    network,
    underStores: () => {
      throw new Error('no store');
    },
    authenticator,
    user: 'root',
    configuration: Configuration.of({
      'alluxio.master.rpc.port': String(port),
      'alluxio.worker.rpc.port': String(port + 10 + Number(values.number)),
      'alluxio.worker.ramdisk.size': '1TB',
      'alluxio.worker.tieredstore.level0.dirs.path': '/nowhere',
      'alluvium.worker.scrub.bytes.per.second': '0',
    }),
  });
  await worker.start();
  const servingS = (performance.now() - startedMs) / 1000;
  // Tells of the start, and begins anew.
  process.emit('message', 'stalls');
  while (!worker.health().ready) await sleep(10);
  const registeredS = (performance.now() - startedMs) / 1000 - servingS;
  process.emit('message', 'stalls');
  globalThis.gc?.();
  process.send({ servingS, registeredS, emptyMib, rssMib: mib(process.memoryUsage.rss()), id: worker.health().detail.split(' ')[1] });
}

function mib(bytes) {
  return Math.round(bytes / 2 ** 20);
}

async function runBench() {
  const directory = mkdtempSync(join(tmpdir(), 'alluvium-worker-blocks-'));
  mkdirSync(join(directory, 'store'));
  const running = new Set();
  process.on('SIGTERM', () => running.forEach((child) => child.kill('SIGKILL'))).on('SIGINT', () => process.emit('SIGTERM'));
  try {
    await makeFiles(join(directory, 'home', 'journal'));
    await new Bench(directory, running).run();
  } finally {
    for (const child of running) child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A checkpoint of as many files as there are blocks. */
async function makeFiles(journal) {
  mkdirSync(journal, { recursive: true });
  const args = ['--phase', 'make', '--directory', journal, '--files', count, '--creates', 0, '--per-directory', PER_DIRECTORY].map(String);
  const child = spawn(process.execPath, [join(import.meta.dirname, 'start.mjs'), ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`The files were not made: ${code}`);
}

/** Looks at a file with its locations, at a time one, all the time. */
class Others {
  done = 0;
  longestMs = 0;
  going = true;
  #ended;

  constructor() {
    this.#ended = this.#work(connect());
  }

  async #work(channel) {
    const { getStatus } = methodsOf(fs.FileSystemMasterClientServiceDefinition);
    for (let index = 0; this.going; index = (index + 7919) % count) {
      const path = `/day=${Math.floor(index / PER_DIRECTORY)}/part-${String(index).padStart(8, '0')}.parquet`;
      const startedMs = performance.now();
      await channel.unary(getStatus, { path });
      this.longestMs = Math.max(this.longestMs, performance.now() - startedMs);
      this.done++;
    }
    await channel.close();
  }

  async stop() {
    this.going = false;
    await this.#ended;
  }
}

class Bench {
  #directory;
  #running;
  #master;
  #rows = [];
  #workers = [];

  constructor(directory, running) {
    this.#directory = directory;
    this.#running = running;
  }

  async run() {
    this.#master = this.#startMaster();
    await this.#serving();
    const before = await this.#memory();
    const many = Number(values.workers);
    await this.#measure('one worker registers', () => this.#register([0]));
    const one = await this.#memory();
    await this.#measure(`${many - 1} more register`, () => this.#register(Array.from({ length: many - 1 }, (_, i) => i + 1)));
    const all = await this.#memory();
    await this.#measure('they beat for 10 s', () => sleep(10_000));
    await this.#measure('one is killed and comes back', async () => {
      await this.#kill(0);
      return this.#register([0]);
    });
    await this.#measure('one is lost, then forgotten', async () => {
      await this.#kill(1);
      await sleep(1000 * (LOST_AFTER_S + FORGOTTEN_AFTER_S + 3));
    });
    await this.#measure('all copies are freed', () => this.#free());
    await this.#measure(`${values.storm} workers register ${Math.floor(count / values.storm)} blocks at once`, () => this.#storm());
    const perCopy = (used, of) => Math.round((used - before) / of);
    const title = `${count.toLocaleString('en')} files of one block, cached by each of ${many} workers; master: ${mib(before)} MiB in packed stores without workers`;
    console.log(
      `${title}, ${perCopy(one, count)} bytes more for each copy of the first and ${perCopy(all, count * many)} of all. Times in ms.\n`,
    );
    console.log(
      '| | | s | server CPU s | longest stall | of it CPU | 99 % below | longest GC | others, calls/s | their longest | RSS MiB |',
    );
    console.log('|---|---|---|---|---|---|---|---|---|---|---|');
    for (const row of this.#rows) console.log(`| ${row.join(' | ')} |`);
  }

  async #measure(what, work) {
    if (!new RegExp(values.only).test(what)) return;
    await this.#stalls();
    const others = new Others();
    const startedMs = performance.now();
    const note = await work();
    const seconds = (performance.now() - startedMs) / 1000;
    await others.stop();
    const { wallMs, cpuMs, p99Ms, gcMs, rss, cpuS } = await this.#stalls();
    const row = [what, note ?? '', seconds.toFixed(1), cpuS.toFixed(1), wallMs.toFixed(0), cpuMs.toFixed(0), p99Ms.toFixed(1)];
    this.#rows.push([...row, gcMs.toFixed(0), Math.round(others.done / seconds), others.longestMs.toFixed(0), mib(rss)]);
    process.stderr.write(`${this.#rows.at(-1).join(' | ')}\n`);
  }

  #startMaster() {
    const d = (name, value) => `-D${name}=${value}`;
    const args = [
      ...['start', 'master', '--foreground', '--home', join(this.#directory, 'home')],
      d('alluxio.master.rpc.port', port),
      d('alluxio.master.web.port', port + 1),
      d('alluxio.master.worker.timeout', `${LOST_AFTER_S}sec`),
      d('alluxio.master.lost.worker.detection.interval', '1sec'),
      d('alluxio.master.lost.worker.deletion.timeout', `${FORGOTTEN_AFTER_S}sec`),
      join(this.#directory, 'store'),
    ];
    const execArgv = ['--initial-old-space-size=128', '--expose-gc', '--import', METER];
    return this.#own(fork(values.program, args, { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
  }

  #own(child) {
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }

  async #serving() {
    for (;;) {
      if (this.#master.exitCode !== null) throw new Error('The master has ended');
      const socket = connectTcp({ host: '127.0.0.1', port });
      const there = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(
        () => false,
      );
      socket.destroy();
      if (there) return;
      await sleep(50);
    }
  }

  async #stalls() {
    return this.#ask('stalls');
  }

  /** In packed stores, after a collection. */
  async #memory() {
    return (await this.#ask('memory')).packedBytes;
  }

  async #ask(question) {
    const answer = once(this.#master, 'message');
    this.#master.send(question);
    return (await answer)[0];
  }

  /** Answers how it went for the workers. */
  async #register(numbers) {
    const told = await Promise.all(
      numbers.map(async (number) => {
        const args = process.argv.slice(2);
        const child = fork(fileURLToPath(import.meta.url), [...args, '--role', 'worker', '--number', String(number)], {
          execArgv: ['--expose-gc', '--import', METER],
          stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        });
        this.#workers[number] = this.#own(child);
        const [[start], [registering], [end]] = await new Promise((resolve) => {
          const messages = [];
          child.on('message', (message) => messages.push([message]) === 3 && resolve(messages));
        });
        return { start, registering, ...end };
      }),
    );
    return told
      .map(
        ({ start, registering, servingS, registeredS, emptyMib, rssMib }) =>
          `worker: serves after ${servingS.toFixed(1)} s (longest stall ${start.wallMs.toFixed(0)}, CPU ${start.cpuMs.toFixed(0)}), registers in ${registeredS.toFixed(1)} s (${registering.wallMs.toFixed(0)}, CPU ${registering.cpuMs.toFixed(0)}), ${rssMib - emptyMib} MiB`,
      )
      .join('; ');
  }

  async #kill(number) {
    const child = this.#workers[number];
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async #free() {
    const channel = connect();
    const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
    const blocks = methodsOf(blockMaster.BlockMasterClientServiceDefinition);
    await channel.unary(files.free, { path: '/', options: { recursive: true, forced: true } }, { timeoutMs: 600_000 });
    for (let used = 1n; used > 0n; await sleep(200)) used = (await channel.unary(blocks.getUsedBytes, {})).bytes;
    await channel.close();
  }

  async #storm() {
    const workers = methodsOf(blockMaster.BlockMasterWorkerServiceDefinition);
    const each = Math.floor(count / values.storm);
    await Promise.all(
      Array.from({ length: Number(values.storm) }, async (_, number) => {
        const channel = connect();
        const address = { host: `storm-${number}`, rpcPort: 1, dataPort: 1, webPort: 1 };
        const { workerId } = await channel.unary(workers.getWorkerId, { workerNetAddress: address });
        const stream = channel.stream(workers.registerWorkerStream);
        const blockId = Array.from({ length: each }, (_, at) => idOf(number * each + at));
        const currentBlocks = [{ key: { tierAlias: 'MEM', mediumType: 'MEM' }, value: { blockId } }];
        await stream.write({
          workerId,
          storageTiers: ['MEM'],
          totalBytesOnTiers: { MEM: 1n },
          usedBytesOnTiers: { MEM: 0n },
          currentBlocks,
        });
        await stream.read();
        stream.end();
        await stream.read();
        await channel.close();
      }),
    );
  }
}

if (values.role === 'worker') await runWorker();
else await runBench();
