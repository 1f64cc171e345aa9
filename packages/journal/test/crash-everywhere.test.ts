import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom, SimDisk } from '@alluvium/testkit';
import { outlive, World } from './support/world.js';

const OPTIONS = { reserveBytes: 600, bufferBytes: 600, segmentBytes: 300 };

/** Everything that a journal does in its life: starts, rolls, batches, three checkpoints with a cut, a stop. */
async function life(world: World): Promise<void> {
  await world.open();
  await world.commit(4);
  for (let i = 0; i < 3; i++) {
    world.append(3);
    const checkpoint = world.journal.checkpoint();
    world.append(2);
    await world.flush();
    await world.commit(3);
    await checkpoint;
  }
  await world.close();
  await world.open();
  await world.commit(2);
  await world.close();
}

/** Lives until the call of the disk with number `stop`, when the process ends by `end`. Answers whether it came so far. */
async function liveUntil(world: World, stop: number, end: 'crash' | 'kill'): Promise<boolean> {
  let calls = 0;
  const died = new Promise<boolean>((resolve) => {
    world.disk.failpoint = () => {
      if (++calls === stop) {
        world.disk[end]();
        resolve(true);
      }
      return undefined;
    };
  });
  const outcome = await Promise.race([died, life(world).then(() => false)]);
  world.disk.failpoint = undefined;
  return outcome;
}

for (const end of ['crash', 'kill'] as const) {
  test(`a ${end} at any call of the disk loses nothing acknowledged`, async () => {
    let ended = 0;
    for (let stop = 1; ; stop++) {
      const world = new World(OPTIONS, new SimDisk(new SeededRandom(stop)));
      if (!(await liveUntil(world, stop, end))) break;
      await outlive(world);
      ended++;
    }
    assert.ok(ended > 120, `${ended} ends`);
  });
}

test('a crash at any call of the disk during recovery loses nothing acknowledged', async () => {
  for (let seed = 0; seed < 40; seed++) {
    const world = new World(OPTIONS, new SimDisk(new SeededRandom(seed)));
    await liveUntil(world, 60 + 5 * seed, 'crash');
    for (let stop = 1; ; stop++) {
      let calls = 0;
      const died = new Promise<boolean>((resolve) => {
        world.disk.failpoint = () => {
          if (++calls === stop) {
            world.disk.crash();
            resolve(true);
          }
          return undefined;
        };
      });
      if (!(await Promise.race([died, world.open().then(() => false)]))) break;
    }
    world.disk.failpoint = undefined;
  }
});
