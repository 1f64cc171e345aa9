import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlluviumError, fail, sleep } from '@alluvium/base';
import { DISK_CALLS, type DiskCallName } from '@alluvium/journal';
import { SeededRandom, SimDisk } from '@alluvium/testkit';
import { at, HOME, outlive, World } from './support/world.js';

const OPTIONS = { reserveBytes: 600, bufferBytes: 600, segmentBytes: 300, retryMs: 1000 };
const ROOM_BYTES = 1 << 20;

/** Everything that makes a journal call its disk, a step at a time. */
const LIFE: readonly ((world: World) => Promise<unknown>)[] = [
  // So long ago that nobody can be asleep since.
  (world) => world.put(`${HOME}/epochs/${(1).toString(16).padStart(16, '0')}`, Buffer.alloc(0)),
  (world) => world.put(`${HOME}/epochs/${(20_000).toString(16).padStart(16, '0')}`, Buffer.alloc(0)),
  start,
  (world) => world.commit(4),
  ...Array.from({ length: 3 }, () => [
    async (world: World) => {
      world.append(3);
      const checkpoint = world.journal.checkpoint();
      // Whether it fails or not is looked at below.
      checkpoint.catch(() => {});
      world.append(2);
      await world.flush();
      await world.commit(3);
      await checkpoint;
    },
  ]).flat(),
  (world) => world.journal.status(),
  // A stop while a checkpoint is written.
  async (world) => {
    await world.commit(1);
    const checkpoint = world.journal.checkpoint();
    checkpoint.catch(() => {});
    await world.close();
  },
  start,
  (world) => world.commit(1),
  (world) => world.close(),
  // What a crash leaves.
  (world) => world.put(`${HOME}/checkpoints/left.tmp`, Buffer.from('half')),
  async (world) => {
    const last = world.lastSegment();
    await world.put(last, Buffer.concat([await world.read(last), Buffer.from('torn')]));
  },
  start,
  (world) => world.commit(2),
  // The disk is full, and has room again.
  async (world) => {
    world.disk.capacityBytes = world.disk.usedBytes;
    for (let i = 0; i < 100 && world.journal.refusal === undefined; i++) await world.commit();
  },
  async (world) => {
    world.disk.capacityBytes = ROOM_BYTES;
    await sleep(world.clock, 3 * OPTIONS.retryMs);
    await world.commit(2);
  },
  // Should the disk have been full just now.
  (world) => sleep(world.clock, 3 * OPTIONS.retryMs),
  (world) => world.close(),
];

/** Again when it fails: what made it fail does not last. */
async function start(world: World): Promise<void> {
  await world.open().catch((error: unknown) => {
    if (!(error instanceof AlluviumError)) throw error;
    return world.open();
  });
}

function newWorld(seed: number): World {
  const world = new World(OPTIONS, new SimDisk(new SeededRandom(seed)));
  world.disk.capacityBytes = ROOM_BYTES;
  return world;
}

async function live(world: World): Promise<void> {
  for (const step of LIFE) await step(world);
}

/** Lives, and goes on where a step fails: what a failure does to the journal is its own affair, as long as it keeps its promises. */
function liveOn(world: World): Promise<AlluviumError[]> {
  return world.clock.run(liveOnSteps(world));
}

async function liveOnSteps(world: World): Promise<AlluviumError[]> {
  const failures: AlluviumError[] = [];
  for (const step of LIFE) {
    try {
      await step(world);
    } catch (error) {
      if (!(error instanceof AlluviumError)) throw error;
      failures.push(error);
    }
  }
  return failures;
}

async function countCalls(): Promise<Map<DiskCallName, number>> {
  const counts = new Map<DiskCallName, number>();
  const world = newWorld(0);
  world.around = (name, _path, call) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return call();
  };
  await world.clock.run(live(world));
  return counts;
}

const counts = await countCalls();

/** The first call of a name, the last, and one between. */
function places(name: DiskCallName): number[] {
  const count = counts.get(name) ?? 0;
  return [...new Set([1, Math.ceil(count / 2), count])].filter((which) => which > 0);
}

test('every call of the disk that has a name is made by a journal that lives through everything', () => {
  assert.deepEqual(
    DISK_CALLS.filter((name) => !counts.has(name)),
    [],
  );
});

for (const name of DISK_CALLS) {
  test(`a loss of power before or after ${name} loses nothing acknowledged`, async () => {
    for (const when of ['before', 'after'] as const) {
      for (const [seed, which] of places(name).entries()) {
        const world = newWorld(seed);
        const died = Promise.withResolvers<true>();
        const die = (): Promise<never> => {
          world.disk.crash();
          died.resolve(true);
          return new Promise(() => {});
        };
        at(world, name, which, { [when]: die });
        assert.equal(await Promise.race([died.promise, liveOn(world).then(() => false)]), true, `${when} ${which}`);
        world.around = (_name, _path, call) => call();
        world.disk.capacityBytes = ROOM_BYTES;
        await outlive(world);
      }
    }
  });

  test(`an error of the disk at ${name} loses nothing acknowledged`, async () => {
    for (const which of places(name)) {
      const world = newWorld(which);
      const seen = at(world, name, which, { instead: fail('dataLoss', 'EIO') });
      await liveOn(world);
      assert.ok(seen() >= which);
      world.disk.crash();
      world.around = (_name, _path, call) => call();
      await outlive(world);
    }
  });
}

/** What may find the disk full: everything that writes. */
const TAKES_SPACE = DISK_CALLS.filter((name) => !/(look|list|read|remove|discard|\.open|settle)$/.test(name));

for (const name of TAKES_SPACE) {
  test(`a full disk at ${name} breaks nothing, and the journal comes back by itself`, async () => {
    for (const which of places(name)) {
      const world = newWorld(which);
      at(world, name, which, { instead: fail('resourceExhausted', 'ENOSPC') });
      const failures = await liveOn(world);
      for (const failure of failures) assert.equal(failure.kind, 'resourceExhausted', failure.message);
      assert.equal(world.journal.refusal, undefined);
      world.disk.crash();
      world.around = (_name, _path, call) => call();
      await outlive(world);
    }
  });
}
