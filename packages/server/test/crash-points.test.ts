// A crash at steps of each operation that touches journal and store: see simulator/crash-points.ts. A test run takes every n-th of
// them, another beginning for each case; `npm run simulate -- --crash-points` takes them all.
import { test } from 'node:test';
import { CRASH_CASES } from './simulator/crash-cases.js';
import { crashEverywhere } from './simulator/crash-points.js';

const STRIDE = 7;

CRASH_CASES.forEach((c, from) => {
  test(`after a crash at any step it is done or not, and can be done: ${c.name}`, async () => {
    const { runs, found } = await crashEverywhere(c, { from, stride: STRIDE });
    if (found.length > 0) throw new Error(`${found.length} of ${runs} runs:\n${found.join('\n')}`);
  });
});
