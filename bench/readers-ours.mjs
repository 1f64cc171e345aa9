// The cases of bench/src/bench/Readers.java with our own client: the same arguments, the same lines of JSON.
// usage: readers-ours.mjs HOST:PORT DIRECTORY SECONDS CASE...      env: SERVERS=name:pid,... SHORT_CIRCUIT=true|false
import { readFileSync } from 'node:fs';
import { connect } from '@alluvium/client';

const SETTLE_MS = 1000;
const PATIENCE_MS = 20_000;
const TICKS_PER_SECOND = 100;

const [address, directory, seconds, ...cases] = process.argv.slice(2);
const shortCircuit = process.env.SHORT_CIRCUIT === 'true';
const fs = await connect(address, {
  properties: {
    'alluxio.user.hostname': shortCircuit ? 'localhost' : 'elsewhere',
    'alluxio.user.short.circuit.enabled': String(shortCircuit),
  },
});
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  const seconds = { client: (user + system) / 1e6 };
  for (const server of (process.env.SERVERS ?? '').split(',').filter(Boolean)) {
    const [name, pid] = server.split(':');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    seconds[name] = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }
  return seconds;
}

async function prepare(path, cold) {
  if (cold) await fs.free(path, { forced: true });
  else if ((await fs.status(path)).inAlluxioPercentage < 100) for await (const chunk of (await fs.open(path)).chunks()) void chunk;
  const until = performance.now() + PATIENCE_MS;
  for (let percent = -1; percent !== (cold ? 0 : 100); percent = (await fs.status(path)).inAlluxioPercentage) {
    if (performance.now() > until) throw new Error(`${path} is cached by ${percent}%`);
    if (percent >= 0) await pause(50);
  }
}

async function read(path, { sequential, bytes, seconds: lasting, once }) {
  const end = performance.now() + lasting * 1000;
  const goesOn = () => !once && performance.now() < end;
  const file = await fs.open(path);
  const size = Number(file.status.lengthBytes);
  const buffer = Buffer.allocUnsafe(bytes);
  let total = 0;
  try {
    if (!sequential) {
      const places = Math.floor(size / bytes);
      for (; performance.now() < end; total += bytes) await file.readAt(BigInt(Math.floor(Math.random() * places) * bytes), buffer);
      return total;
    }
    // A stream in order comes in chunks of the client's; they are taken apart as a program with a buffer of its own would.
    do {
      for await (const chunk of file.chunks()) {
        for (let at = 0; at < chunk.length; at += bytes) buffer.set(chunk.subarray(at, at + bytes));
        total += chunk.length;
        if (!once && !goesOn()) break;
      }
    } while (goesOn());
    return total;
  } finally {
    await file.close();
  }
}

for (const name of cases) {
  const [temperature, order, size, count] = name.split(':');
  const cold = temperature === 'cold';
  const sequential = order === 'sequential';
  const paths = Array.from({ length: Number(count) }, (_, i) => `${directory}/reader-${i}`);
  for (const path of paths) await prepare(path, cold);
  console.log(JSON.stringify({ begins: name }));
  const all = async (lasting, once) =>
    (await Promise.all(paths.map((path) => read(path, { sequential, bytes: Number(size), seconds: lasting, once })))).reduce(
      (a, b) => a + b,
    );
  if (!cold) await all(Number(seconds) / 4, false);
  const before = cpuSeconds();
  const startedMs = performance.now();
  const bytes = await all(Number(seconds), cold);
  const tookSeconds = (performance.now() - startedMs) / 1000;
  const cpu = Object.fromEntries(Object.entries(cpuSeconds()).map(([who, used]) => [who, ((used - before[who]) * 2 ** 30) / bytes]));
  if (cold) await pause(SETTLE_MS);
  console.log(JSON.stringify({ case: name, rate: bytes / 2 ** 20 / tookSeconds, bytes, cpu }));
}
await fs.close();
