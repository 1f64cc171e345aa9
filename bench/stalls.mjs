// How long a server holds its event loop while it works on a million files in one directory and on as many in a tree, what others
// get done meanwhile, and its memory. Prints a table in Markdown.
// usage: node bench/stalls.mjs [--files 1000000] [--per-directory 1000] [--stored 100000] [--only PATTERN] [--program FILE] [--node=ARGUMENTS]
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { grpcNetwork, methodsOf } from '@alluvium/net';
import { fileSystemMaster as fs, namespaceService as ns } from '@alluvium/wire';

const IN_FLIGHT = 64;
const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const tasks = methodsOf(ns.NamespaceServiceDefinition);

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '1000000' },
    'per-directory': { type: 'string', default: '1000' },
    stored: { type: 'string', default: '100000' },
    program: { type: 'string', default: resolve(import.meta.dirname, '../packages/server/dist/alluvium.mjs') },
    port: { type: 'string', default: '29598' },
    only: { type: 'string', default: '.' },
    node: { type: 'string', default: '' },
  },
});
const count = Number(values.files);
const perDirectory = Number(values['per-directory']);
const stored = Number(values.stored);
const port = Number(values.port);
const directory = mkdtempSync(join(tmpdir(), 'alluvium-stalls-'));
mkdirSync(join(directory, 'store'));

const clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(() => callback(), delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
const network = grpcNetwork({ clock, random: { bytes: (length) => randomBytes(length), next: () => Math.random() } });
const user = process.env.USER ?? 'root';
const client = () => network.connect({ host: '127.0.0.1', port }, { user, maxInboundMessageBytes: 2 ** 30 });

function start() {
  const d = (name, value) => `-D${name}=${value}`;
  return fork(
    values.program,
    [
      'start',
      'master',
      '--foreground',
      '--home',
      join(directory, 'home'),
      d('alluxio.master.rpc.port', port),
      d('alluxio.master.web.port', port + 1),
      join(directory, 'store'),
    ],
    {
      execArgv: [
        '--initial-old-space-size=128',
        ...values.node.split(' ').filter(Boolean),
        '--import',
        join(import.meta.dirname, 'stall-meter.mjs'),
      ],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
}

async function listening() {
  for (;;) {
    if (server.exitCode !== null) throw new Error('The server has ended');
    const socket = connectTcp({ host: '127.0.0.1', port });
    const there = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(
      () => false,
    );
    socket.destroy();
    if (there) return;
    await sleep(50);
  }
}

const server = start();
process.on('SIGTERM', () => server.kill('SIGKILL')).on('SIGINT', () => server.kill('SIGKILL'));
async function stalls() {
  const answer = once(server, 'message');
  server.send('stalls');
  return (await answer)[0];
}

/** Another client, which makes, looks at and removes files of its own all the time. */
class Others {
  going = true;
  #ended;
  done = 0;
  longestMs = 0;

  constructor() {
    this.#ended = this.#work(client());
  }

  async #work(channel) {
    for (let i = 0; this.going; i++) {
      const path = `/others/${i}`;
      await this.#call(channel, files.createFile, { path, options: { recursive: true, blockSizeBytes: 1n << 26n, writeType: 1 } });
      await this.#call(channel, files.getStatus, { path });
      await this.#call(channel, files.remove, { path });
    }
    await channel.close();
  }

  async #call(channel, method, request) {
    const startedMs = performance.now();
    await channel.unary(method, request);
    this.longestMs = Math.max(this.longestMs, performance.now() - startedMs);
    this.done++;
  }

  async stop() {
    this.going = false;
    await this.#ended;
  }
}

const rows = [];
async function measure(what, work) {
  if (!new RegExp(values.only).test(what)) return;
  await stalls();
  const others = new Others();
  const startedMs = performance.now();
  const note = await work();
  const seconds = (performance.now() - startedMs) / 1000;
  await others.stop();
  const { wallMs, cpuMs, p99Ms, gcMs, rss, peakRss, cpuS } = await stalls();
  const mib = (bytes) => Math.round(bytes / 2 ** 20);
  rows.push([
    what,
    note ?? '',
    seconds.toFixed(1),
    cpuS.toFixed(1),
    wallMs.toFixed(0),
    cpuMs.toFixed(0),
    p99Ms.toFixed(1),
    gcMs.toFixed(0),
    Math.round(others.done / seconds),
    others.longestMs.toFixed(0),
    mib(peakRss),
    mib(rss),
  ]);
  process.stderr.write(`${rows.at(-1).join(' | ')}\n`);
}

async function many(total, each) {
  const channels = [client(), client()];
  let next = 0;
  const worker = async (_, i) => {
    while (next < total) await each(channels[i % channels.length], next++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  await Promise.all(channels.map((channel) => channel.close()));
}

const create = (channel, path) =>
  channel.unary(files.createFile, { path, options: { recursive: true, blockSizeBytes: 1n << 26n, writeType: 1 } });

async function list(path, options, most = Infinity) {
  const channel = client();
  const stream = channel.stream(files.listStatus);
  await stream.write({ path, options: { loadMetadataType: fs.LoadMetadataPType.NEVER, ...options } });
  stream.end();
  let listed = 0;
  for (let reply = await stream.read(); reply !== undefined && listed < most; reply = await stream.read()) listed += reply.fileInfos.length;
  stream.cancel();
  await channel.close();
  return `${listed} listed`;
}

async function unary(method, request) {
  const channel = client();
  try {
    await channel.unary(method, request, { timeoutMs: 3_600_000 });
    return 'done';
  } catch (error) {
    return error.message.slice(0, 80);
  } finally {
    await channel.close();
  }
}

/** Asks for the work, and cancels its task after a while. */
async function cancelled(method, request, afterMs) {
  const ended = unary(method, request);
  await sleep(afterMs);
  const channel = client();
  const { tasks: running } = await channel.unary(tasks.listTasks, {});
  for (const { taskId } of running) await channel.unary(tasks.cancelTask, { taskId });
  await channel.close();
  return ended;
}

const pmode = (mode) => ({ ownerBits: 1 + (mode >> 6), groupBits: 1 + ((mode >> 3) & 7), otherBits: 1 + (mode & 7) });
const set = (path, options) => unary(files.setAttribute, { path, options: { recursive: true, ...options } });
const remove = (path) => [files.remove, { path, options: { recursive: true } }];

await listening();
try {
  await measure('create in one directory', () => many(count, (channel, i) => create(channel, `/flat/file-${String(i).padStart(9, '0')}`)));
  await measure('create in a tree', () =>
    many(count, (channel, i) =>
      create(channel, `/tree/${Math.floor(i / perDirectory) % 100}/${Math.floor(i / perDirectory)}/file-${String(i).padStart(9, '0')}`),
    ),
  );
  await measure('list one directory', () => list('/flat', {}));
  await measure('list a tree, recursively', () => list('/tree', { recursive: true }));
  await measure('list the first of one directory, cancelled', () => list('/flat', {}, 1));
  await measure('list while 10,000 are created', async () => {
    const [listed] = await Promise.all([list('/flat', {}), many(10_000, (channel, i) => create(channel, `/flat/g${i * 7919}`))]);
    return listed;
  });
  await measure('chmod -R one directory', () => set('/flat', { mode: pmode(0o700) }));
  await measure('chmod -R a tree', () => set('/tree', { mode: pmode(0o700) }));
  await measure('pin a tree', () => set('/tree', { pinned: true, recursive: false }));
  await measure('pinned files, as a worker asks', () => unary(methodsOf(fs.FileSystemMasterWorkerServiceDefinition).getPinnedFileIds, {}));
  await measure('rename a tree', () => unary(files.rename, { path: '/tree', dstPath: '/forest', options: {} }));
  await measure('remove -R a tree, cancelled', () => cancelled(...remove('/forest'), 1500));
  await measure('remove -R a tree', () => unary(...remove('/forest')));
  await measure('remove -R one directory', () => unary(...remove('/flat')));
  mkdirSync(join(directory, 'store', 'stored'));
  for (let i = 0; i < stored; i++) writeFileSync(join(directory, 'store', 'stored', `file-${i}`), '');
  await measure('list what only the store has', () => list('/stored', { loadMetadataType: fs.LoadMetadataPType.ONCE }));
  await measure('chmod -R what the store has', () => set('/stored', { mode: pmode(0o700) }));
  await measure('free what the store has', () => unary(files.free, { path: '/stored', options: { recursive: true, forced: true } }));
  await measure('remove -R what the store has', () => unary(...remove('/stored')));
} finally {
  server.kill('SIGKILL');
  await once(server, 'exit');
  rmSync(directory, { recursive: true, force: true });
}

console.log(
  `${count.toLocaleString('en')} files in one directory, as many in a tree with ${perDirectory} per directory, ${stored.toLocaleString('en')} in the store; times in ms where not said.\n`,
);
console.log(
  '| | | s | server CPU s | longest stall | of it CPU | 99 % below | longest GC | others, calls/s | their longest | peak RSS MiB | RSS MiB |',
);
console.log('|---|---|---|---|---|---|---|---|---|---|---|---|');
for (const row of rows) console.log(`| ${row.join(' | ')} |`);
