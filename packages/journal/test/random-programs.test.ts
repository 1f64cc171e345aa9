import { test } from 'node:test';
import { SeededRandom, SimDisk } from '@alluvium/testkit';
import fc from 'fast-check';
import { loseNewestCheckpoint, World } from './support/world.js';

type Step =
  | { readonly do: 'append'; readonly count: number }
  | { readonly do: 'flush' | 'checkpoint' | 'crash' | 'kill' | 'restart' }
  | { readonly do: 'turns'; readonly count: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 30 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 12 }) }) },
    { weight: 4, arbitrary: fc.constant({ do: 'flush' as const }) },
    { weight: 2, arbitrary: fc.constant({ do: 'checkpoint' as const }) },
    { weight: 1, arbitrary: fc.constantFrom({ do: 'crash' as const }, { do: 'kill' as const }, { do: 'restart' as const }) },
  ),
  { maxLength: 50, size: 'max' },
);

async function run(world: World, step: Step): Promise<void> {
  switch (step.do) {
    case 'append':
      return world.append(step.count);
    case 'flush':
      return world.flush();
    case 'turns':
      // Work that is under way gets a little further.
      for (let i = 0; i < step.count; i++) await Promise.resolve();
      return;
    case 'checkpoint':
      // It goes on while the next steps are done, and may be cut off by them.
      world.journal.checkpoint().catch(() => undefined);
      return;
    case 'crash':
    case 'kill':
      world.disk[step.do]();
      return world.open();
    case 'restart':
      world.acknowledged = world.tags.length;
      await world.close();
      return world.open();
  }
}

test('any program of appends, checkpoints, crashes and restarts keeps what was acknowledged', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.integer({ min: 40, max: 2000 }),
      fc.integer({ min: 5, max: 60 }),
      steps,
      async (seed, segment, every, program) => {
        const options = { reserveBytes: 0, segmentBytes: segment, checkpointOperations: every };
        const world = new World(options, new SimDisk(new SeededRandom(seed)));
        await world.open();
        for (const step of program) await run(world, step);
        await world.flush();
        world.disk.crash();
        await world.open();
        await loseNewestCheckpoint(world);
      },
    ),
    { numRuns: 200 },
  );
});
