// One run of Alluxio's own StressMasterBench against any master, with the CPU time that each server process took while the
// bench was measuring (its warm-up and its preparations are left out).
// usage: master-bench.mjs --master HOST:PORT --servers NAME:PID,... --operation OP [--threads 32] [--warmup 3s] [--duration 6s]
//        [--base /stress] [any other flag of StressMasterBench]
// Prints one line of JSON: operation, opsPerSecond, count, p50Ms, p99Ms, cpuUs {NAME: microseconds per operation}, errors.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const SAMPLE_MS = 100;
const known = { master: '', servers: '', operation: '', threads: '32', warmup: '3s', duration: '6s', base: '/stress' };
const { values, tokens } = parseArgs({ strict: false, tokens: true, options: Object.fromEntries(Object.keys(known).map((k) => [k, { type: 'string' }])) });
const option = (name) => values[name] ?? known[name];
const passedOn = tokens.flatMap((t) => (t.kind === 'option' && !(t.name in known) ? [t.rawName] : t.kind === 'positional' ? [t.value] : []));

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK']).toString());
const servers = option('servers').split(',').filter(Boolean).map((entry) => entry.split(':'));

/** User and system time of a process, seconds. */
function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

const scratch = mkdtempSync(join(tmpdir(), 'master-bench-'));
const outFile = join(scratch, 'out');
const client = spawn(
  resolve(import.meta.dirname, '../client.sh'),
  [option('master'), 'alluxio.stress.cli.StressMasterBench', '--in-process', '--client-type', 'AlluxioNative', '--clients', '1', '--target-throughput', '1000000',
    '--operation', option('operation'), '--threads', option('threads'), '--warmup', option('warmup'), '--duration', option('duration'),
    '--base', `alluxio://${option('master')}${option('base')}`, ...passedOn],
  { stdio: ['ignore', openSync(outFile, 'w'), openSync(join(scratch, 'err'), 'w')] },
);
const samples = [];
const sample = () => samples.push({ timeMs: Date.now(), cpu: servers.map(([, pid]) => cpuSeconds(pid)) });
sample();
const timer = setInterval(sample, SAMPLE_MS);
const code = await new Promise((done) => client.on('exit', done));
clearInterval(timer);
sample();

/** The value of the first property with this name, wherever it is. */
function find(value, name) {
  if (typeof value !== 'object' || value === null) return undefined;
  if (name in value) return value[name];
  for (const child of Object.values(value)) {
    const found = find(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

const output = readFileSync(outFile, 'utf8');
const start = output.indexOf('{');
if (code !== 0 || start < 0) {
  process.stderr.write(`StressMasterBench ended with ${code}\n${output.slice(-1500)}\n${readFileSync(join(scratch, 'err'), 'utf8').slice(-1500)}\n`);
  process.exit(1);
}
const result = JSON.parse(output.slice(start, output.lastIndexOf('}') + 1));
const statistics = find(result, 'statistics') ?? {};
const count = statistics.mNumSuccesses ?? 0;
const nearest = (timeMs) => samples.reduce((a, b) => (Math.abs(b.timeMs - timeMs) < Math.abs(a.timeMs - timeMs) ? b : a));
const [from, to] = [nearest(find(result, 'recordStartMs')), nearest(find(result, 'endMs'))];
const cpuUs = Object.fromEntries(servers.map(([name], i) => [name, ((to.cpu[i] - from.cpu[i]) * 1e6) / count]));
process.stdout.write(
  `${JSON.stringify({ operation: option('operation'), opsPerSecond: find(result, 'throughput'), count, p50Ms: statistics.mTimePercentileMs?.[50], p99Ms: statistics.mTimePercentileMs?.[99], cpuUs, errors: find(result, 'errors') ?? [] })}\n`,
);
rmSync(scratch, { recursive: true });
