// `npm run simulate -- --seed S --steps N`: replays one seed; `--from S --count C` goes through many; `--trace` prints everything.
import { parseArgs } from 'node:util';
import { simulate, SimulationFailure, STEPS } from './run.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    steps: { type: 'string', default: String(STEPS) },
    from: { type: 'string' },
    count: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed ?? values.from ?? Math.floor(Math.random() * 2 ** 31));
const steps = Number(values.steps);
const PROGRESS = 100;
let failed = 0;
for (let seed = first; seed < first + Number(values.count); seed++) {
  try {
    const report = await simulate({ seed, steps, ...(values.trace ? { listener: (line: string) => console.log(line) } : {}) });
    if (values.count === '1') console.log(`seed ${seed}: ok, ${(report.simulatedMs / 1000).toFixed(0)} s simulated, ${report.digest}`);
    else if ((seed - first + 1) % PROGRESS === 0) console.log(`${seed - first + 1} seeds, ${failed} failed`);
  } catch (error) {
    failed++;
    console.log(`seed ${seed}: ${error instanceof SimulationFailure ? error.message : String(error)}`);
    if (error instanceof SimulationFailure && error.cause instanceof Error && error.cause.name !== 'Violation')
      console.log(error.cause.stack);
  }
}
process.exitCode = failed === 0 ? 0 : 1;
if (values.count !== '1') console.log(`${failed} of ${values.count} seeds failed`);
