// How long a master takes to start: a checkpoint of so many files, and so many creates in the log behind it. Prints a table in Markdown.
// usage: node bench/start.mjs [--files 5000000] [--creates 500000] [--per-directory 1000] [--blocks 1] [--profile DIRECTORY]
//                             [--process] [--program FILE] [--keep DIRECTORY]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { localDirectoryStorage, openJournal } from '@alluvium/journal';
import { nodeClock, nodeDisk, silentLogger } from '@alluvium/platform';
import { writeCheckpoint } from '../packages/journal/dist/checkpoint-file.js';
import { COLLECTOR_FLAGS, countBuffersInHeapLimit } from '../packages/server/dist/collector.js';
import { directoryEntry, fileEntry } from '../packages/master/dist/file/inode-to-entry.js';

const NOW_MS = 1_800_000_000_000;
const GIB = 2 ** 30;

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '5000000' },
    creates: { type: 'string', default: '500000' },
    'per-directory': { type: 'string', default: '1000' },
    blocks: { type: 'string', default: '1' },
    profile: { type: 'string' },
    process: { type: 'boolean', default: false },
    program: { type: 'string', default: resolve(import.meta.dirname, '../packages/server/dist/alluvium.mjs') },
    keep: { type: 'string' },
    phase: { type: 'string' },
    directory: { type: 'string' },
  },
});
const files = Number(values.files);
const creates = Number(values.creates);
const perDirectory = Number(values['per-directory']);
const blocks = Number(values.blocks);

function common(id, parentId, name) {
  return {
    id,
    parentId,
    name,
    owner: 'alice',
    group: 'analysts',
    mode: 0o644,
    acl: undefined,
    creationTimeMs: NOW_MS,
    modificationTimeMs: NOW_MS,
    accessTimeMs: NOW_MS,
    pinned: false,
    pinnedMedia: [],
    ttlMs: -1,
    ttlAction: 'DELETE',
    fingerprint: '',
    xattr: undefined,
  };
}

function directory(id, parentId, name) {
  const inode = { ...common(id, parentId, name), kind: 'directory', mode: 0o755, persistence: 'NOT_PERSISTED' };
  return directoryEntry({ ...inode, mountPoint: false, childrenLoaded: true, defaultAcl: undefined });
}

const idOfFile = (index) => ((BigInt(index) + 1n) << 24n) | 0xffffffn;
const directoryOf = (index) => BigInt(1 + Math.floor(index / perDirectory));

function file(index, completed) {
  const id = idOfFile(index);
  const blockIds = completed ? Array.from({ length: blocks }, (_, at) => (id & ~0xffffffn) + BigInt(at)) : [];
  const inode = {
    ...common(id, directoryOf(index), `part-${String(index).padStart(8, '0')}.parquet`),
    kind: 'file',
    persistence: 'PERSISTED',
    blockSizeBytes: 64 * 2 ** 20,
    length: completed ? blocks * 1000 : 0,
    completed,
    blocks: blockIds,
    replicationMax: -1,
    replicationMin: 0,
    replicationDurable: 1,
    persistJobId: -1n,
    tempUfsPath: '',
    shouldPersistTimeMs: -1,
  };
  return fileEntry(inode, completed ? undefined : `/warehouse/${directoryOf(index)}/${inode.name}`);
}

/** What a checkpoint of that many files holds. */
function* checkpointEntries() {
  yield directory(0n, -1n, '');
  for (let at = 0; at * perDirectory < files + creates; at++) yield directory(BigInt(at + 1), 0n, `day=${at}`);
  for (let at = 0; at < files; at++) yield file(at, true);
  yield { inodeDirectoryIdGenerator: { containerId: 0n, sequenceNumber: BigInt(files) } };
  yield { clusterInfo: { clusterId: '00000000-0000-4000-8000-000000000000' } };
  yield { blockContainerIdGenerator: { nextContainerId: BigInt(files + creates + 2) } };
  for (let at = 0; at < files; at++)
    for (let block = 0; block < blocks; block++)
      yield { blockInfo: { blockId: (idOfFile(at) & ~0xffffffn) + BigInt(block), length: 1000n } };
}

/** The entries of one create, as the operation plans them. */
function createEntries(index) {
  const time = BigInt(NOW_MS + index);
  const made = file(index, false);
  made.operationId = { mostSignificantBits: BigInt(index) * 0x1234567n, leastSignificantBits: BigInt(index) };
  return [{ updateInode: { id: directoryOf(index), lastModificationTimeMs: time, lastAccessTimeMs: time } }, made];
}

async function make(path) {
  const storage = localDirectoryStorage(nodeDisk(), path);
  const name = { sequence: 1, epoch: await storage.claimEpoch() };
  const writer = await storage.createCheckpoint(name);
  await writeCheckpoint(writer, name, NOW_MS, checkpointEntries());
  await writer.commit();
  const state = { apply() {}, snapshot: checkpointEntries };
  const options = { checkpointOperations: Number.MAX_SAFE_INTEGER, checkpointBytes: Number.MAX_SAFE_INTEGER };
  const journal = await openJournal({ storage, clock: nodeClock, log: silentLogger, state, options });
  for (let at = 0; at < creates; at++) {
    journal.append(createEntries(files + at));
    if (at % 1000 === 0) await journal.flushed();
  }
  await journal.close();
}

const stamp = () => performance.now() / 1000;

/** User and system time of this process so far, collector included. */
function cpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function load(path) {
  const { heapMetastore } = await import('@alluvium/metastore');
  const { MasterState } = await import('../packages/master/dist/state.js');
  const { InodeTree } = await import('../packages/master/dist/file/inode-tree.js');
  const { BlockState } = await import('../packages/master/dist/block/block-state.js');
  const { ClusterState } = await import('../packages/master/dist/meta/cluster-state.js');
  countBuffersInHeapLimit();
  const metastore = heapMetastore();
  const tree = new InodeTree(metastore.inodes);
  const state = new MasterState([tree, new BlockState(metastore.blocks), new ClusterState()]);
  const begin = [stamp(), cpu()];
  let behind;
  let applied = 0;
  const counted = {
    apply(entry, sequence) {
      if (sequence !== undefined) behind ??= [stamp(), cpu()];
      applied++;
      state.apply(entry, sequence);
    },
    applyEncoded(field, reader, length) {
      const taken = state.applyEncoded(field, reader, length);
      if (taken) applied++;
      return taken;
    },
    snapshot: () => state.snapshot(),
  };
  const storage = localDirectoryStorage(nodeDisk(), path);
  const journal = await openJournal({ storage, clock: nodeClock, log: silentLogger, state: counted, options: { reserveBytes: 0 } });
  const end = [stamp(), cpu()];
  await journal.close();
  behind ??= end;
  const between = (from, to) => ({ seconds: to[0] - from[0], cpuSeconds: to[1] - from[1] });
  return {
    checkpoint: between(begin, behind),
    log: between(behind, end),
    applied,
    inodes: tree.size,
    peak: process.resourceUsage().maxRSS * 1024,
  };
}

/** Runs a phase in a process of its own; answers what it printed. */
async function child(phase, path, args = []) {
  const rest = ['files', 'creates', 'per-directory', 'blocks'].flatMap((name) => [`--${name}`, values[name]]);
  const node = [
    ...COLLECTOR_FLAGS,
    '--max-old-space-size=16384',
    ...args,
    fileURLToPath(import.meta.url),
    '--phase',
    phase,
    '--directory',
    path,
    ...rest,
  ];
  const started = spawn(process.execPath, node, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  started.stdout.on('data', (data) => (text += data));
  const [code] = await once(started, 'close');
  if (code !== 0) throw new Error(`phase ${phase} ended with ${code}`);
  return text === '' ? undefined : JSON.parse(text);
}

function bytesOf(path, folder) {
  return readdirSync(join(path, folder)).reduce((sum, name) => sum + statSync(join(path, folder, name)).size, 0);
}

/** From the start of the program to the moment in which it serves. */
async function startProcess(home) {
  mkdirSync(join(home, 'store'), { recursive: true });
  const d = (name, value) => `-D${name}=${value}`;
  const args = [
    ...COLLECTOR_FLAGS,
    values.program,
    'start',
    'master',
    '--foreground',
    '--home',
    home,
    d('alluxio.master.rpc.port', '29597'),
    d('alluxio.master.mount.table.root.ufs', join(home, 'store')),
  ];
  const begin = stamp();
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((serves, failed) => {
    server.stdout.on('data', (data) => {
      process.stderr.write(data);
      if (String(data).includes('serving') || existsSync(join(home, 'run', 'state.json'))) serves();
    });
    server.on('exit', (code) => failed(new Error(`the server ended with ${code}`)));
  });
  const seconds = stamp() - begin;
  const peak = peakOf(server.pid);
  server.removeAllListeners('exit');
  server.kill('SIGKILL');
  await once(server, 'close');
  return { seconds, peak };
}

function peakOf(pid) {
  const text = statusOf(pid);
  return Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0) * 1024;
}

function statusOf(pid) {
  return readFileSync(`/proc/${pid}/status`, 'utf8');
}

async function main() {
  const home = values.keep === undefined ? mkdtempSync(join(tmpdir(), 'alluvium-start-')) : resolve(values.keep);
  const path = join(home, 'journal');
  try {
    if (!existsSync(path)) await child('make', path);
    const checkpointBytes = bytesOf(path, 'checkpoints');
    const logBytes = bytesOf(path, 'segments');
    const profile = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`];
    const figures = await child('load', path, profile);
    const logEntries = creates * 2;
    const print = (...cells) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
    print('', 'entries', 'MB', 'seconds', 'of CPU', 'entries/s');
    print('---', '--:', '--:', '--:', '--:', '--:');
    const row = (name, entries, bytes, { seconds, cpuSeconds }) =>
      print(
        name,
        entries,
        (bytes / 1e6).toFixed(0),
        seconds.toFixed(1),
        cpuSeconds.toFixed(1),
        Math.round(entries / seconds).toLocaleString('en'),
      );
    row(`checkpoint of ${files} files`, figures.applied - logEntries, checkpointBytes, figures.checkpoint);
    row(`log of ${creates} creates`, logEntries, logBytes, figures.log);
    process.stdout.write(`\n${figures.inodes} inodes; at most ${(figures.peak / GIB).toFixed(2)} GiB of memory\n`);
    if (values.process) {
      const served = await startProcess(home);
      process.stdout.write(
        `\`alluvium start master\` serves after ${served.seconds.toFixed(1)} s; ${(served.peak / GIB).toFixed(2)} GiB\n`,
      );
    }
  } finally {
    if (values.keep === undefined) rmSync(home, { recursive: true, force: true });
  }
}

// Timers of the clock do not keep a process alive.
const alive = setInterval(() => {}, 2 ** 30);
if (values.phase === 'make') await make(values.directory);
else if (values.phase === 'load') process.stdout.write(JSON.stringify(await load(values.directory)));
else await main();
clearInterval(alive);
