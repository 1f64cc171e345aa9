// Whole clusters, simulated: see simulator/run.ts. Seeds that once found something are run for ever; fresh ones when asked for.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { simulate, SimulationFailure, STEPS } from './simulator/run.js';

const SEED_FILE = join(import.meta.dirname, '../../../../../packages/server/test/simulator-seeds.txt');
/** A test run answers the same each time; fresh seeds are for hunting: `ALLUVIUM_FRESH_SEEDS=100 npm test`, or `npm run simulate`. */
const FRESH_SEEDS = Number(process.env['ALLUVIUM_FRESH_SEEDS'] ?? 0);

const seeds = readFileSync(SEED_FILE, 'utf8')
  .split('\n')
  .map((line) => line.replace(/#.*/, '').trim())
  .filter((line) => line !== '')
  .map(Number);

for (const seed of seeds) test(`seed ${seed} of the list`, async () => void (await simulate({ seed, steps: STEPS })));

for (let i = 0; i < FRESH_SEEDS; i++) {
  const seed = randomInt(2 ** 31);
  test(`fresh seed ${seed}`, async () => void (await simulate({ seed, steps: STEPS })));
}

test('a seed says everything: the same one twice is the same run', async () => {
  const digests = new Set<string>();
  for (const seed of [42, 43, 44]) {
    const runs = [await simulate({ seed, steps: 60 }), await simulate({ seed, steps: 60 })];
    assert.deepEqual(runs[0], runs[1]);
    digests.add(runs[0]!.digest);
  }
  assert.equal(digests.size, 3);
});

test('bytes that change in the store are found, and the failure says how to see it again', async () => {
  const rot = simulate({
    seed: 5,
    steps: 60,
    sabotage: ({ clock, store }) => {
      const spoiled = new Set<Buffer>();
      const spoil = (): void => {
        for (const bytes of store.files().values()) {
          if (bytes.length > 0 && !spoiled.has(bytes)) bytes[0]! ^= 1;
          spoiled.add(bytes);
        }
        clock.schedule(1000, spoil);
      };
      spoil();
    },
  });
  await assert.rejects(rot, (error) => {
    assert.ok(error instanceof SimulationFailure);
    assert.match(error.message, /bytes.*that were written/);
    assert.match(error.message, /npm run simulate -- --seed 5 --steps 60/);
    return true;
  });
});

test('an operation that is acknowledged and then lost is found', async () => {
  const amnesia = simulate({
    seed: 5,
    steps: 60,
    sabotage: ({ master, clock }) => {
      // The disk of the master confirms what it has not written.
      master.disk.losesSyncs = true;
      clock.schedule(3000, () => {
        master.crash();
        void master.start();
      });
    },
  });
  await assert.rejects(amnesia, SimulationFailure);
});
