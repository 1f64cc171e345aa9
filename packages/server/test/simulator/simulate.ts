// `npm run simulate -- --seed S --steps N` replays one seed, with `--trace` telling everything; `--from S --count C` goes through many;
// `--crash-points` through every step of the operations at which a server may die, `--case NAME` of one of them.
// `--parallel P` shares the work among P processes.
import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { CRASH_CASES } from './crash-cases.js';
import { crashEverywhere } from './crash-points.js';
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
    /** Set by the process that shares out: every n-th piece of work, from the given one on. */
    stride: { type: 'string', default: '1' },
    offset: { type: 'string', default: '0' },
  },
});
const first = Number(values.seed ?? values.from ?? Math.floor(Math.random() * 2 ** 31));
const steps = Number(values.steps);
const parallel = Number(values.parallel);
const [stride, offset] = [Number(values.stride), Number(values.offset)];

/** Answers how many pieces of work were done and how many of them failed. */
async function seeds(): Promise<{ done: number; failed: number }> {
  let [done, failed] = [0, 0];
  for (let seed = first + offset; seed < first + Number(values.count); seed += stride, done++) {
    try {
      const report = await simulate({ seed, steps, ...(values.trace ? { listener: (line: string) => console.log(line) } : {}) });
      if (values.count !== '1') continue;
      console.log(`seed ${seed}: ok, ${(report.simulatedMs / 1000).toFixed(0)} s simulated, ${report.digest}`);
    } catch (error) {
      failed++;
      console.log(`seed ${seed}: ${error instanceof SimulationFailure ? error.message : String(error)}`);
      if (error instanceof SimulationFailure && error.cause instanceof Error && error.cause.name !== 'Violation')
        console.log(error.cause.stack);
    }
  }
  return { done, failed };
}

async function crashPoints(): Promise<{ done: number; failed: number }> {
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

/** The same command in several processes, each with its share. */
async function share(): Promise<{ done: number; failed: number }> {
  const own = ['--parallel', '1', '--from', String(first), '--stride', String(parallel)];
  const shares = Array.from({ length: parallel }, async (_, i) => {
    const child = fork(process.argv[1]!, [...process.argv.slice(2), ...own, '--offset', String(i)]);
    const result = { done: 0, failed: 1 };
    child.on('message', (message) => Object.assign(result, message));
    await new Promise((resolve) => child.once('exit', resolve));
    return result;
  });
  const results = await Promise.all(shares);
  return { done: results.reduce((sum, { done }) => sum + done, 0), failed: results.reduce((sum, { failed }) => sum + failed, 0) };
}

const startedMs = performance.now();
const result = await (parallel > 1 ? share() : values['crash-points'] ? crashPoints() : seeds());
process.exitCode = result.failed === 0 ? 0 : 1;
process.send?.(result);
if (process.send === undefined && result.done > 1)
  console.log(`${result.done} runs in ${((performance.now() - startedMs) / 1000).toFixed(0)} s, ${result.failed} failed`);
