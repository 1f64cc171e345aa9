// The rounds and the table of bench/readers.sh, which has started what is measured.
// options: --rounds 1  --seconds 2  --only REGEX (of the names of the cases, such as "java remote warm sequential 4 KiB x1")
//          --clients java,ours  --routes remote,local  --temperatures warm,cold  --orders sequential,random  --sizes 4096,65536,1048576
//          --readers 1,8
// Given by readers.sh: --directory DIRECTORY --port PORT, or --fill URL.
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';

const { values: o } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: '.' },
    clients: { type: 'string', default: 'java,ours' },
    routes: { type: 'string', default: 'remote,local' },
    temperatures: { type: 'string', default: 'warm,cold' },
    orders: { type: 'string', default: 'sequential,random' },
    sizes: { type: 'string', default: '4096,65536,1048576' },
    readers: { type: 'string', default: '1,8' },
    directory: { type: 'string', default: '' },
    port: { type: 'string', default: '0' },
    fill: { type: 'string', default: '' },
  },
});
const FILES = Math.max(...o.readers.split(',').map(Number));
const run = promisify(execFile);

if (o.fill === '') await measure();
else await fill(o.fill);

async function fill(endpoint) {
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'alluvium', secretAccessKey: 'alluvium-secret' },
  });
  await client.send(new CreateBucketCommand({ Bucket: 'lake' }));
  const Body = randomBytes(Number(process.env.MIB) * 2 ** 20);
  for (let i = 0; i < FILES; i++) await client.send(new PutObjectCommand({ Bucket: 'lake', Key: `in/reader-${i}`, Body }));
}

async function measure() {
  const pid = (...name) => readFileSync(join(o.directory, ...name), 'utf8').trim();
  const systems = process.env.SYSTEMS.split(' ').map((name) =>
    name === 'alluxio'
      ? { name, port: Number(o.port), server: pid(name, 'worker.pid') }
      : { name, port: Number(o.port) + 20, server: pid(name, 'alluvium.pid') },
  );
  const samples = [];
  for (let round = 0; round < Number(o.rounds); round++) {
    for (const group of groups()) {
      for (const system of round % 2 === 0 ? systems : systems.toReversed()) samples.push(...(await runGroup(group, system)));
      process.stderr.write(`round ${round + 1} of ${o.rounds}: ${group.client} ${group.route} ${group.cases.join(' ')}\n`);
    }
  }
  print(systems, samples);
}

/** What one start of a client does: the cases of one temperature, order and size. */
function groups() {
  const out = [];
  for (const client of o.clients.split(','))
    for (const route of o.routes.split(','))
      for (const temperature of o.temperatures.split(','))
        for (const order of o.orders.split(',')) {
          const cases = o.sizes
            .split(',')
            .flatMap((size) => o.readers.split(',').map((readers) => `${temperature}:${order}:${size}:${readers}`))
            .filter((name) => new RegExp(o.only).test(title({ client, route, name })));
          if (cases.length > 0) out.push({ client, route, cases });
        }
  return out;
}

function title({ client, route, name }) {
  const [temperature, order, size, readers] = name.split(':');
  const bytes = Number(size) < 2 ** 20 ? `${Number(size) / 1024} KiB` : `${Number(size) / 2 ** 20} MiB`;
  return `${client} ${route} ${temperature} ${order} ${bytes} x${readers}`;
}

async function runGroup({ client, route, cases }, system) {
  const args = ['/lake', o.seconds, ...cases];
  const address = `localhost:${system.port}`;
  const local = route === 'local';
  const options = {
    env: {
      ...process.env,
      SERVERS: `server:${system.server}`,
      SHORT_CIRCUIT: String(local),
      CMEM: '1g',
      COPTS: `-Dalluxio.user.metrics.collection.enabled=false -Dalluxio.user.short.circuit.enabled=${local}${local ? ' -Dalluxio.user.hostname=localhost -Dalluxio.locality.node=localhost' : ''}`,
    },
    maxBuffer: 1 << 24,
    timeout: 1_200_000,
  };
  const started =
    client === 'java'
      ? run(resolve(import.meta.dirname, '../interop/client.sh'), [address, 'bench.Readers', ...args], options)
      : run(process.execPath, [resolve(import.meta.dirname, 'readers-ours.mjs'), address, ...args], options);
  const fetched = () =>
    readFileSync(join(o.directory, `${system.name}.bytes`), 'utf8')
      .split('\n')
      .reduce((sum, line) => sum + Number(line), 0);
  const lines = [];
  let before = 0;
  let rest = '';
  started.child.stdout.on('data', (text) => {
    const pieces = (rest + text).split('\n');
    rest = pieces.pop();
    for (const line of pieces.filter((piece) => piece.startsWith('{'))) {
      const said = JSON.parse(line);
      if (said.begins === undefined) lines.push({ ...said, fetched: fetched() - before });
      else before = fetched();
    }
  });
  await started;
  return lines.map((line) => ({
    ...line,
    system: system.name,
    title: title({ client, route, name: line.case }),
    size: Number(line.case.split(':')[2]),
  }));
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

function print(systems, samples) {
  const names = systems.map(({ name }) => name);
  console.log(
    `Medians of ${o.rounds} rounds of ${o.seconds} s, files of ${process.env.MIB} MiB, ${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}; client, servers and store on one machine.\n`,
  );
  console.log(
    `| | ${['MiB/s', 'MiB fetched', 'CPU s/GiB', 'CPU us/read'].flatMap((unit) => names.map((name) => `${name} ${unit}`)).join(' | ')} | CPU ratio |`,
  );
  console.log(`|---|${'--:|'.repeat(names.length * 4 + 1)}`);
  for (const name of new Set(samples.map((s) => s.title))) {
    const of = (system, figure) => {
      const numbers = samples.filter((s) => s.system === system && s.title === name).map(figure);
      return numbers.length === 0 ? NaN : median(numbers);
    };
    const each = (digits, figure) => names.map((system) => of(system, figure).toFixed(digits));
    const cpu = (s) => s.cpu.server;
    const cells = [
      ...each(0, (s) => s.rate),
      ...each(0, (s) => s.fetched / 2 ** 20),
      ...each(2, cpu),
      ...each(0, (s) => (cpu(s) * s.size * 1e6) / 2 ** 30),
      names.length === 2 ? (of('alluvium', cpu) / of('alluxio', cpu)).toFixed(2) : '',
    ];
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}
