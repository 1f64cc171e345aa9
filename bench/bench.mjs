// The rounds and the table of bench/run.sh, which has started both systems.
// usage: bench.mjs ROUNDS SECONDS DIRECTORY ALLUXIO_PORT ALLUVIUM_PORT
//
// The systems take turns, program by program, and each goes first in every other round; a figure is the median of the rounds.
// Alluxio's CPU is that of the process that does the operation (master or worker), Alluvium's that of its one process with all
// that it does besides.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const [rounds, seconds, directory, alluxioPort, alluviumPort] = process.argv.slice(2);
const clientScript = resolve(import.meta.dirname, '../interop/client.sh');
const METADATA_THREADS = process.env.THREADS ?? '32';
const DATA_THREADS = '2';
const MIB_PER_FILE = '512';

const pid = (...name) => readFileSync(join(directory, ...name), 'utf8').trim();
const systems = {
  alluxio: { port: alluxioPort, servers: { master: pid('alluxio', 'master.pid'), worker: pid('alluxio', 'worker.pid') } },
  alluvium: { port: alluviumPort, servers: { all: pid('alluvium', 'alluvium.pid') } },
};
const programs = [
  { name: 'metadata', args: ['bench.MasterOperations', '/bench-metadata', METADATA_THREADS, seconds], role: 'master' },
  { name: 'data', args: ['bench.DataPath', '/bench-data', DATA_THREADS, MIB_PER_FILE, seconds], role: 'worker' },
].filter(({ name }) => new RegExp(process.env.OPERATIONS ?? '.').test(name));

async function run(system, program) {
  const { port, servers } = systems[system];
  const { stdout } = await promisify(execFile)(clientScript, [`localhost:${port}`, ...program.args], {
    env: {
      ...process.env,
      SERVERS: Object.entries(servers)
        .map((entry) => entry.join(':'))
        .join(','),
      COPTS: '-Dalluxio.user.short.circuit.enabled=false -Dalluxio.user.metrics.collection.enabled=false',
    },
    timeout: 600_000,
    maxBuffer: 1 << 24,
  });
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .map(({ operation, rate, cpu }) => ({
      system,
      role: program.role,
      operation,
      rate,
      client: cpu.client,
      server: cpu.all ?? cpu[program.role],
    }));
}

const samples = [];
// The first round is not counted: a Java server compiles for long.
for (let round = 0; round <= Number(rounds); round++) {
  for (const program of programs) {
    const order = round % 2 === 1 ? ['alluxio', 'alluvium'] : ['alluvium', 'alluxio'];
    for (const system of order) {
      const figures = await run(system, program);
      if (round > 0) samples.push(...figures);
    }
    process.stderr.write(`round ${round} of ${rounds}: ${program.name}\n`);
  }
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median of a figure of a system and an operation, and its lowest and highest. */
function figure(system, operation, field) {
  const numbers = samples.filter((s) => s.system === system && s.operation === operation).map((s) => s[field]);
  return { median: median(numbers), low: Math.min(...numbers), high: Math.max(...numbers) };
}

function table(role, rateUnit, cpuUnit, digits) {
  const operations = [...new Set(samples.filter((s) => s.role === role).map((s) => s.operation))];
  if (operations.length === 0) return;
  console.log(
    `| | Alluxio ${rateUnit} | Alluvium ${rateUnit} | Alluxio ${cpuUnit} | Alluvium ${cpuUnit} | CPU, Alluvium / Alluxio | client ${cpuUnit} |`,
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const operation of operations) {
    const rate = (system) => Math.round(figure(system, operation, 'rate').median).toLocaleString('en');
    const cpu = (system) => {
      const { median: middle, low, high } = figure(system, operation, 'server');
      return `${middle.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
    };
    const ratio = figure('alluvium', operation, 'server').median / figure('alluxio', operation, 'server').median;
    const client = (system) => figure(system, operation, 'client').median.toFixed(digits);
    console.log(
      `| ${operation} | ${rate('alluxio')} | ${rate('alluvium')} | ${cpu('alluxio')} | **${cpu('alluvium')}** | **${ratio.toFixed(2)}** | ${client('alluxio')}; ${client('alluvium')} |`,
    );
  }
  console.log();
}

console.log(
  `Medians of ${rounds} alternating rounds (lowest-highest), ${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB; client, servers and disk on one machine.\n`,
);
table('master', 'ops/s', 'us/op', 0);
table('worker', 'MiB/s', 'CPU s/GiB', 2);
