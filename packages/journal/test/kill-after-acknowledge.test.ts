import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom, SimDisk } from '@alluvium/testkit';
import { World } from './support/world.js';

const ITERATIONS = 1000;
const JOURNALS = 20;

test('kill -9 or a loss of power right after an acknowledgement, 1,000 times with a random mix of operations, loses nothing of the tail', async () => {
  // Several journals: each start leaves a file behind.
  for (let seed = 0; seed < JOURNALS; seed++) await liveDangerously(new SeededRandom(seed), ITERATIONS / JOURNALS);
});

async function liveDangerously(random: SeededRandom, iterations: number): Promise<void> {
  const world = new World({ reserveBytes: 600, bufferBytes: 600, segmentBytes: 700, checkpointOperations: 12 }, new SimDisk(random));
  await world.open();
  for (let i = 0; i < iterations; i++) {
    for (let batch = random.below(3); batch >= 0; batch--) {
      world.append(1 + random.below(3));
      // Also while a checkpoint is under way.
      if (random.chance(0.1)) world.journal.checkpoint().catch(() => {});
      await world.flush();
    }
    if (random.chance(0.1)) await world.journal.checkpoint();
    const acknowledged = world.journal.lastSequence;
    world.disk[random.chance(0.5) ? 'crash' : 'kill']();
    await world.open();
    assert.equal(world.journal.lastSequence, acknowledged, `round ${i}`);
  }
  assert.ok(world.files('checkpoints').length > 0);
}
