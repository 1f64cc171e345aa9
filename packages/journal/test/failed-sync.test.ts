import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom, SimDisk } from '@alluvium/testkit';
import { World } from './support/world.js';

test('what a failed sync left in the cache alone is written again before anything is built on it', async () => {
  // As Linux has it: pages that could not be written are taken for clean, and the next sync succeeds without them.
  for (let seed = 0; seed < 60; seed++) {
    const world = new World({ reserveBytes: 0, segmentBytes: 2000 }, new SimDisk(new SeededRandom(seed)));
    await world.open();
    await world.commit(seed % 7);
    world.disk.faults.syncErrors = 1;
    world.append(1 + (seed % 3));
    await assert.rejects(world.flush(), { kind: 'unavailable' });
    world.disk.faults.syncErrors = 0;
    world.disk.kill();
    // Whatever the start finds, in the cache or on the disk, it can be relied on from then on.
    await world.open();
    const found = world.journal.lastSequence;
    await world.commit(seed % 2);
    world.disk.crash();
    await world.open();
    assert.ok(world.journal.lastSequence >= found, `seed ${seed}`);
  }
});
