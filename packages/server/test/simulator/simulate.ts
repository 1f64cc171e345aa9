// `npm run simulate -- --seed S --steps N` replays one seed, with `--trace` telling everything; `--from S --count C` goes through many;
// `--crash-points` through every step of the operations at which a server may die, `--case NAME` of one of them.
// `--parallel P` shares the work among P processes. `--forever`, or `--hours H`, goes on from a random seed or `--from S` until it is
// stopped, and writes what fails to `--failures FILE`. Of a row of seeds every hundredth is run twice: it must be the same run.
import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { CRASH_CASES } from './crash-cases.js';
import { crashEverywhere } from './crash-points.js';
import { night, type SeedReport } from './overnight.js';
import { simulate, SimulationFailure, STEPS } from './run.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    steps: { type: 'string', default: String(STEPS) },
    from: { type: 'string' },
    count: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    'crash-points': { type: 'boolean', default: false },
    case: { type: 'string' },
    parallel: { type: 'string', default: '1' },
    forever: { type: 'boolean', default: false },
    hours: { type: 'string' },
    failures: { type: 'string', default: 'simulator-failures.txt' },
    /** Set by the process that goes on for hours: tells it of every seed. */
    batch: { type: 'boolean', default: false },
    /** Set by the process that shares out: every n-th piece of work, from the given one on. */
    stride: { type: 'string', default: '1' },
    offset: { type: 'string', default: '0' },
  },
});
const first = Number(values.seed ?? values.from ?? Math.floor(Math.random() * 2 ** 31));
const steps = Number(values.steps);
const parallel = Number(values.parallel);
const TWICE_EVERY = 100;
const [stride, offset] = [Number(values.stride), Number(values.offset)];

/** Undefined when all is well. */
async function failureOf(seed: number): Promise<string | undefined> {
  try {
    const report = await simulate({ seed, steps, ...(values.trace ? { listener: (line: string) => console.log(line) } : {}) });
    if (values.count === '1' && !values.batch)
      console.log(`seed ${seed}: ok, ${(report.simulatedMs / 1000).toFixed(0)} s simulated, ${report.digest}`);
    else if (seed % TWICE_EVERY === 0 && (await simulate({ seed, steps })).digest !== report.digest) return 'run twice, it is another run';
    return undefined;
  } catch (error) {
    if (!(error instanceof SimulationFailure)) return String(error);
    const stack = error.cause instanceof Error && error.cause.name !== 'Violation' ? `\n${error.cause.stack}` : '';
    return error.message + stack;
  }
}

/** Answers how many pieces of work were done and how many of them failed. */
async function seeds(): Promise<Sum> {
  let [done, failed] = [0, 0];
  for (let seed = first + offset; seed < first + Number(values.count); seed += stride, done++) {
    // Nobody wants to know any more.
    if (values.batch && !process.connected) break;
    if (values.batch) process.send?.({ begins: seed } satisfies SeedReport);
    const failure = await failureOf(seed);
    if (values.batch) process.send?.({ ends: seed, failure } satisfies SeedReport);
    if (failure === undefined) continue;
    failed++;
    if (!values.batch) console.log(`seed ${seed}: ${failure}`);
  }
  if (values.batch && process.connected) process.disconnect();
  return { done, failed };
}

async function crashPoints(): Promise<Sum> {
  let [done, failed] = [0, 0];
  for (const c of CRASH_CASES) {
    if (values.case !== undefined && c.name !== values.case) continue;
    const { runs, found } = await crashEverywhere(c, { from: offset, stride });
    done += runs;
    failed += found.length;
    for (const what of found) console.log(what);
  }
  return { done, failed };
}

type Sum = { done: number; failed: number };

function sumOf(parts: readonly Sum[]): Sum {
  return { done: parts.reduce((sum, { done }) => sum + done, 0), failed: parts.reduce((sum, { failed }) => sum + failed, 0) };
}

/** This command in a process of its own, with other arguments behind. */
async function inProcess(args: readonly string[]): Promise<Sum> {
  const child = fork(process.argv[1]!, [...process.argv.slice(2), '--parallel', '1', ...args]);
  const result = { done: 0, failed: 1 };
  child.on('message', (message) => Object.assign(result, message));
  await new Promise((resolve) => child.once('exit', resolve));
  return result;
}

/** Each process takes every n-th piece of the work. */
async function share(): Promise<Sum> {
  const own = (i: number): string[] => ['--from', String(first), '--stride', String(parallel), '--offset', String(i)];
  return sumOf(await Promise.all(Array.from({ length: parallel }, (_, i) => inProcess(own(i)))));
}

/** Seeds that one process takes: those of its simulated processes that were killed in the middle keep their memory until it ends. */
const BATCH = 50;

async function inBatches(): Promise<Sum> {
  const end = first + Number(values.count);
  const size = Math.min(BATCH, Math.ceil(Number(values.count) / parallel));
  let next = first;
  const lane = async (): Promise<Sum> => {
    const sums: Sum[] = [];
    while (next < end) {
      const from = next;
      next += size;
      sums.push(await inProcess(['--from', String(from), '--count', String(Math.min(size, end - from))]));
    }
    return sumOf(sums);
  };
  return sumOf(await Promise.all(Array.from({ length: parallel }, lane)));
}

function overnight(): Promise<Sum> {
  const hours = values.hours === undefined ? undefined : Number(values.hours);
  return night({ from: first, steps, parallel, hours, file: values.failures });
}

function work(): Promise<Sum> {
  if (values.forever || values.hours !== undefined) return overnight();
  if (parallel > 1) return values['crash-points'] ? share() : inBatches();
  return values['crash-points'] ? crashPoints() : seeds();
}

const startedMs = performance.now();
const result = await work();
process.exitCode = result.failed === 0 ? 0 : 1;
if (!values.batch) process.send?.(result);
if (process.send === undefined && result.done > 1)
  console.log(`${result.done} runs in ${((performance.now() - startedMs) / 1000).toFixed(0)} s, ${result.failed} failed`);
