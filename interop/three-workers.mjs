// The load and the accidents of three-workers.sh, which starts what is used here: the shell functions come in by the environment.
// usage: three-workers.mjs HOST:PORT SECONDS
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { openSync, readFileSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { connect } from '@alluvium/client';

const [address, stageSeconds] = process.argv.slice(2);
const { CLUSTER, PORT, PROGRAM } = process.env;
const stageMs = Number(stageSeconds) * 1000;
const run = promisify(execFile);
const COPIES_WITHIN_MS = 60_000;
const READERS = 4;
const WRITERS = 2;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const random = (below) => Math.floor(Math.random() * below);
const fs = await connect(address, { shortCircuit: false });
const files = new Map();
const counts = { reads: 0, bytes: 0, failedReads: 0, wrong: 0, writes: 0, failedWrites: 0 };
let isOver = false;
let next = 0;

function contentOf(path, length) {
  const block = createHash('sha512').update(path).digest();
  const out = Buffer.alloc(length);
  for (let at = 0; at < length; at += block.length) {
    block.writeUInt32LE(at >>> 0, 0);
    block.copy(out, at);
  }
  return out;
}

/** Acknowledged once there are two copies: the master waits for them. */
async function write() {
  const path = `/three/file-${next++}`;
  const bytes = contentOf(path, 50_000 + random(3 << 20));
  try {
    const file = await fs.create(path, { recursive: true, writeType: 'ASYNC_THROUGH', replicationDurable: 2, replicationMin: 2 });
    await file.write(bytes);
    await file.close();
  } catch (error) {
    counts.failedWrites++;
    console.log(`not acknowledged: ${path}: ${error.message}`);
    return;
  }
  counts.writes++;
  files.set(path, bytes);
}

async function read(path, from, length) {
  const bytes = files.get(path);
  try {
    const file = await fs.open(path);
    const into = Buffer.alloc(length);
    const n = await file.readAt(BigInt(from), into).finally(() => file.close());
    counts.reads++;
    counts.bytes += n;
    if (n === length && into.equals(bytes.subarray(from, from + length))) return;
    counts.wrong++;
    console.log(`wrong bytes: ${path} at ${from}`);
  } catch (error) {
    counts.failedReads++;
    console.log(`read failed: ${path}: ${error.message}`);
  }
}

async function reader() {
  while (!isOver) {
    const paths = [...files.keys()];
    const path = paths[random(paths.length)];
    const { length } = files.get(path);
    const from = random(length);
    await read(path, from, Math.min(length - from, 1 + random([1000, 100_000, 4 << 20][random(3)])));
  }
}

async function writer() {
  while (!isOver) {
    await write();
    await pause(100);
  }
}

const workers = async () => (await fs.admin.workers('LIVE')).map(({ rpcPort }) => rpcPort - Number(PORT)).sort();
const shell = (script) => run('bash', ['-c', script], { maxBuffer: 1 << 22 });
const cli = async (...args) =>
  (await run(process.execPath, [PROGRAM, ...args, `-Dalluxio.master.rpc.port=${PORT}`, '-Dalluxio.master.hostname=localhost'])).stdout.trim();

async function copies() {
  const least = [];
  for await (const { blocks } of fs.list('/three')) for (const { locations } of blocks) least.push(locations.length);
  return { blocks: least.length, below: least.filter((n) => n < 2).length };
}

async function until(what, isDone) {
  const beganMs = performance.now();
  while (!(await isDone())) {
    if (performance.now() - beganMs > COPIES_WITHIN_MS) throw new Error(`not within ${COPIES_WITHIN_MS / 1000} s: ${what}`);
    await pause(200);
  }
  console.log(`${what}: after ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
}

/** The unchanged Java client reads a file of its own at random all the while; undefined where there is no Java. */
function javaReaders() {
  if (process.env.JAVA_READERS !== 'yes') return undefined;
  const child = spawn(`${import.meta.dirname}/client.sh`, [address, 'interop.RandomReaders', '/java', `${CLUSTER}/java`, '2', '1500'], {
    stdio: ['ignore', 'pipe', openSync(`${CLUSTER}/java.out`, 'w')],
    env: { ...process.env, COPTS: '-Dalluxio.user.short.circuit.enabled=false', CMEM: '256m' },
  });
  let text = '';
  child.stdout.on('data', (part) => (text += part));
  return new Promise((resolve) => child.on('exit', (code) => resolve({ code, text: text.trim().split('\n').at(-1) })));
}

await until('three workers', async () => (await workers()).length === 3);
for (let i = 0; i < 20; i++) await write();
let java;
if (process.env.JAVA_READERS === 'yes') {
  await shell(`head -c 40000000 /dev/urandom > "$CLUSTER/java"`);
  const file = await fs.create('/java', { writeType: 'ASYNC_THROUGH', replicationDurable: 2, replicationMin: 2 });
  await file.write(readFileSync(`${CLUSTER}/java`));
  await file.close();
  java = javaReaders();
}
const load = [...Array.from({ length: READERS }, reader), ...Array.from({ length: WRITERS }, writer)];
await pause(stageMs / 2);
console.log(`copies before: ${JSON.stringify(await copies())}`);

process.kill(Number(readFileSync(`${CLUSTER}/worker-1.pid`, 'utf8')), 'SIGKILL');
console.log('worker 1 killed');
await pause(stageMs);
await until('two copies of everything on the two that are left', async () => (await copies()).below === 0);

rmSync(`/dev/shm/alluvium-${PORT}-1`, { recursive: true, force: true });
await shell('worker 1');
console.log('worker 1 is back, without its blocks');
await until('three workers', async () => (await workers()).length === 3);
console.log(await cli('fsadmin', 'decommissionWorker', '--addresses', `localhost:${Number(PORT) + 8}`, '--wait', '60s'));
await until('two workers', async () => (await workers()).length === 2);
process.kill(Number(readFileSync(`${CLUSTER}/worker-2.pid`, 'utf8')), 'SIGTERM');
console.log('worker 2 drained and stopped');
await pause(stageMs);
isOver = true;
await Promise.all(load);
await until('two copies of everything', async () => (await copies()).below === 0);
for (const [path, bytes] of files) await read(path, 0, bytes.length);
const javaEnd = await java;
console.log(`${counts.writes} files acknowledged, ${counts.failedWrites} writes failed; ${counts.reads} reads, ${(counts.bytes / 2 ** 20).toFixed(0)} MiB`);
console.log(`failed reads: ${counts.failedReads}; wrong: ${counts.wrong}; copies at the end: ${JSON.stringify(await copies())}`);
if (javaEnd !== undefined) console.log(`Java client: ${javaEnd.text}`);
await fs.close();
if (counts.failedReads + counts.wrong + counts.failedWrites > 0 || (javaEnd?.code ?? 0) !== 0) process.exitCode = 1;
