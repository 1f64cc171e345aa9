// Kills a server with SIGKILL under create and write load, again and again, and has checked after each restart that nothing
// that was acknowledged is missing and nothing is half there. The load is the unchanged Java client (programs/.../CrashLoad).
// With the program of a lossy disk, mounted at DIR/disk, the power goes with most of the kills: what was not synced is lost or torn.
// usage: crash.mjs ROUNDS SEED PORT DIR [alluvium|alluxio] [LOSSY_DISK]
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { lossyDisk } from './lossy-disk.mjs';

const [rounds, seed, port, directory] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4], process.argv[5]];
const system = process.argv[6] ?? 'alluvium';
const disk = process.argv[7] && (await lossyDisk(process.argv[7], join(directory, 'disk')));
const store = join(directory, disk ? 'disk/ufs' : 'ufs');
const WRITERS = 8;
const ANSWER_MS = 90_000;
const PERSIST_SECONDS = 60;
const SWEEP_SECONDS = 10;
const PROBLEMS_SHOWN = 20;

/** Where the under store has what is not finished; the master's sweep looks there when it is old. */
const UNFINISHED = ['.alluvium_temporary', '.alluxio_ufs_persistence'];

/** Numbers from 0 to 1 that follow from the seed (mulberry32). */
let state = seed;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

const pids = () =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.pid'))
    .map((name) => Number(readFileSync(join(directory, name), 'utf8')));

function killAll(mayHaveEnded = false) {
  for (const pid of pids()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      if (!mayHaveEnded) throw new Error(`the server (${pid}) had ended by itself`);
    }
  }
}

function start(...more) {
  const up = spawn(join(import.meta.dirname, `${system}-up.sh`), [port, directory, ...more], { stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve, reject) => up.on('exit', (code) => (code === 0 ? resolve() : reject(new Error('the server did not start again')))));
}

/** Home and under store on the lossy disk, there for sure. */
async function startOnDisk() {
  for (const folder of ['home', 'ufs']) mkdirSync(join(directory, 'disk', folder));
  const root = openSync(join(directory, 'disk'));
  fsyncSync(root);
  closeSync(root);
  mkdirSync(join(directory, 'logs'));
  symlinkSync(join(directory, 'disk', 'home'), join(directory, 'home'));
  process.env.ROOT = store;
  await start();
}
if (disk) await startOnDisk();

const clientLog = join(directory, 'logs', 'client.log');
const client = spawn(join(import.meta.dirname, 'client.sh'), [`localhost:${port}`, 'interop.CrashLoad', '/crash', String(WRITERS), String(seed)], {
  stdio: ['pipe', 'pipe', openSync(clientLog, 'w')],
  env: {
    ...process.env,
    COPTS: [
      '-Dalluxio.user.short.circuit.enabled=false',
      // the times below are the server's, not those of a client that waits between its tries
      '-Dalluxio.user.rpc.retry.base.sleep=20ms', '-Dalluxio.user.rpc.retry.max.sleep=50ms', '-Dalluxio.user.rpc.retry.max.duration=60s',
      '-Dalluxio.user.block.read.retry.max.duration=5s', '-Dalluxio.user.metrics.collection.enabled=false', process.env.COPTS ?? '',
    ].join(' '),
  },
});
const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
async function answer(command) {
  if (command !== undefined) client.stdin.write(`${command}\n`);
  const timeout = new AbortController();
  const late = sleep(ANSWER_MS, undefined, { signal: timeout.signal }).then(() => {
    spawnSync('jstack', [String(client.pid)], { stdio: ['ignore', openSync(join(directory, 'logs', 'client.stack'), 'w'), 'ignore'] });
    throw new Error(`no answer to "${command}" within ${ANSWER_MS / 1000} s`);
  });
  late.catch(() => {});
  const { value, done } = await Promise.race([lines.next(), late]);
  timeout.abort();
  if (done) throw new Error(`the client program ended; ${clientLog} says why`);
  return value.startsWith('{') ? JSON.parse(value) : value;
}

const unfinished = () =>
  UNFINISHED.map((folder) => join(store, folder)).flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [],
  );

/** A start that takes everything unfinished for old; answers what is left after it. */
async function sweep() {
  killAll();
  await start('-Dalluvium.underfs.cleanup.age=1ms');
  for (let tries = 0; tries < SWEEP_SECONDS * 10 && unfinished().length > 0; tries++) await sleep(100);
  return unfinished();
}

const sum = (items, field) => items.reduce((total, item) => total + item[field], 0);
const percentile = (numbers, p) => numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * p))];
const problems = [];
const servedMs = [];
/** Names and sectors that each loss of power took. */
const lost = [];
let failedSyncs = 0;
let [counts, files, read] = [undefined, 0, 0];

async function round(number) {
  await answer('run');
  await sleep(300 + 1200 * random());
  const fate = random();
  const powerGoes = disk && fate < 0.8;
  if (disk && fate < 0.1) {
    // Whatever it does about a failed fsync, it acknowledges nothing.
    await disk.failSyncs();
    await sleep(300);
    failedSyncs++;
  }
  if (powerGoes) await disk.cut();
  killAll(disk !== undefined);
  await sleep(200 * random());
  if (powerGoes) lost.push(await disk.back(random() < 0.5 ? 'lost' : Math.floor(random() * 2 ** 31)));
  const startedMs = Date.now();
  const [first] = await Promise.all([answer(`since ${startedMs}`), start()]);
  servedMs.push(Number(first) - startedMs);
  counts = await answer('pause');
  const checked = await answer('check');
  files = checked.files;
  read += checked.read;
  for (const problem of checked.problems) problems.push(`round ${number}: ${problem}`);
  if (process.env.INTEROP_VERBOSE) console.log(`round ${number}: first answer after ${servedMs.at(-1)} ms, ${files} files, ${checked.problems.length} problems`);
}

let failure;
try {
  await answer();
  for (let number = 1; number <= rounds && problems.length < PROBLEMS_SHOWN; number++) await round(number);
  const stored = await answer(`store ${store} ${PERSIST_SECONDS}`);
  const swept = unfinished();
  for (const problem of stored.problems) problems.push(`at the end: ${problem}`);
  if (system === 'alluvium') for (const path of await sweep()) problems.push(`not swept away: ${path}`);
  const total = (o) => Object.values(o).reduce((a, b) => a + b, 0);
  console.log(`${servedMs.length} kills, seed ${seed}; ${total(counts.acknowledged)} operations acknowledged, ${total(counts.unanswered)} without an answer`);
  if (disk) console.log(`  ${lost.length} losses of power; they took ${sum(lost, 'names')} names and ${sum(lost, 'sectors')} sectors that were not synced; every fsync failed before ${failedSyncs} of them`);
  console.log(`  acknowledged: ${Object.entries(counts.acknowledged).map(([name, n]) => `${name} ${n}`).join(', ')}`);
  console.log(`  files read and compared: ${read}; files at the end: ${files}; left over in the under store: ${swept.length} that a sweep will find, ${stored.leftOver.length} others`);
  if (process.env.INTEROP_VERBOSE) for (const path of [...swept, ...stored.leftOver]) console.log(`  left over: ${path}`);
  console.log(`  first success after the start of the new process: median ${percentile(servedMs, 0.5)} ms, 90% ${percentile(servedMs, 0.9)} ms, longest ${Math.max(...servedMs)} ms`);
} catch (e) {
  failure = e;
}
client.stdin.end();
spawnSync('sleep', ['0.2']);
client.kill('SIGKILL');
if (disk) {
  try {
    killAll();
  } catch (e) {
    failure ??= e;
  }
  disk.end();
}
if (failure) problems.push(failure.message);
for (const problem of problems.slice(0, PROBLEMS_SHOWN)) console.log(`PROBLEM ${problem}`);
console.log(problems.length === 0 ? 'nothing acknowledged is missing, nothing is half there' : `${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
