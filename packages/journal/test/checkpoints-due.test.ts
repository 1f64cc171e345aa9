import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { lengthOf } from './support/ledger.js';
import { at, isSegment, World } from './support/world.js';

const DAY_MS = 86_400_000;
const FAR = { reserveBytes: 0, checkpointOperations: 1_000_000, checkpointBytes: 1 << 30, checkpointAgeMs: DAY_MS };

test('a checkpoint is written after so much journal, also what a start had to read', async () => {
  const world = new World({ ...FAR, checkpointBytes: 3000 });
  await world.open();
  await world.commit(10);
  assert.deepEqual(world.files('checkpoints'), []);
  const { bytesSinceCheckpoint } = world.journal.figures;
  assert.ok(bytesSinceCheckpoint > 300 && bytesSinceCheckpoint < 3000);
  await world.close();
  await world.open();
  assert.equal(world.journal.figures.bytesSinceCheckpoint, bytesSinceCheckpoint);
  while (world.files('checkpoints').length === 0 && world.tags.length < 100) await world.commit();
  assert.ok(world.tags.length > 30 && world.tags.length < 80, `${world.tags.length} operations`);
  await world.close();
});

test('a checkpoint is written when the last one is old and something has happened since', async () => {
  const world = new World(FAR);
  await world.open();
  await world.clock.advance(3 * DAY_MS);
  assert.deepEqual(world.files('checkpoints'), [], 'nothing has happened');
  await world.commit();
  assert.equal((await settled(world)).length, 1, 'it was due');
  await world.clock.advance(DAY_MS / 2);
  await world.commit();
  assert.equal((await settled(world)).length, 1, 'not old enough');
  await world.clock.advance(DAY_MS / 2);
  assert.equal((await settled(world)).length, 2);
  await world.commit();
  // The age is that of the checkpoint, not of the process.
  await world.clock.advance(DAY_MS - 1000);
  await world.close();
  await world.open();
  assert.equal(world.journal.figures.operationsSinceCheckpoint, 1);
  const before = world.files('checkpoints');
  await world.clock.advance(2000);
  assert.notDeepEqual(await settled(world), before);
});

test('a checkpoint that comes from the future does not put the next one off for longer than the period', async () => {
  const world = new World(FAR);
  await world.open();
  world.clock.stepWall(10 * DAY_MS);
  await world.commit();
  await world.journal.checkpoint();
  await world.commit();
  await world.close();
  world.clock.stepWall(-10 * DAY_MS);
  await world.open();
  await world.clock.advance(DAY_MS + 1000);
  assert.equal((await settled(world)).length, 2);
});

test('a closed journal leaves no timer behind', async () => {
  const world = new World({ ...FAR, checkpointAgeMs: 1000, spaceIntervalMs: 1000, slowFlushMs: 10 });
  const timers = new Set<symbol>();
  const schedule = world.clock.schedule.bind(world.clock);
  world.clock.schedule = (delayMs, callback) => {
    const id = Symbol(String(delayMs));
    timers.add(id);
    const timer = schedule(delayMs, () => (timers.delete(id), callback()));
    return { cancel: () => (timers.delete(id), timer.cancel()) };
  };
  await world.open();
  await world.commit(3);
  await world.journal.checkpoint();
  await world.commit(3);
  assert.ok(timers.size >= 3);
  await world.close();
  assert.deepEqual([...timers], []);
});

test('a journal that is closed while a checkpoint is written gives it up and leaves nothing behind', async () => {
  const world = new World({ ...FAR, segmentBytes: 1 << 20 });
  await world.open();
  const entries = Array.from({ length: 5000 }, (_, i) => lengthOf(BigInt(i), BigInt(i)));
  world.journal.append(entries);
  for (const entry of entries) world.ledger.apply(entry);
  await world.journal.flushed();
  let written = 0;
  let closing: Promise<void> | undefined;
  world.around = (name, _path, call) => {
    if (name === 'checkpoint.write' && ++written === 4) closing = world.close();
    return call();
  };
  await assert.rejects(world.journal.checkpoint(), { kind: 'unavailable', message: /closed/ });
  await closing;
  assert.ok(written < 6, `${written} writes`);
  assert.deepEqual(world.files('checkpoints'), []);
  assert.equal(world.journal.figures.checkpointFailures, 0);
});

test('how far a checkpoint is can be seen, and then what came of it', async () => {
  const world = new World(FAR);
  await world.open();
  const entries = Array.from({ length: 2000 }, (_, i) => lengthOf(BigInt(i), BigInt(i)));
  world.journal.append(entries);
  for (const entry of entries) world.ledger.apply(entry);
  await world.journal.flushed();
  const seen: string[] = [];
  world.around = async (name, _path, call) => {
    if (name === 'checkpoint.write' || name === 'checkpoint.look') {
      const { checkpointProgress } = await world.journal.status();
      if (checkpointProgress !== undefined) seen.push(`${checkpointProgress.step} ${checkpointProgress.entries}`);
    }
    return call();
  };
  await world.journal.checkpoint();
  assert.deepEqual(seen.slice(0, 4), ['writing 0', 'writing 500', 'writing 1000', 'writing 1500']);
  assert.ok(seen.includes('verifying 2000'), seen.join());
  const { checkpoints, checkpointProgress, segmentBytes, bytesSinceCheckpoint } = await world.journal.status();
  assert.equal(checkpointProgress, undefined);
  assert.equal(bytesSinceCheckpoint, 0);
  assert.ok(segmentBytes > 1000);
  const [only] = checkpoints;
  assert.deepEqual(
    { sequence: only!.sequence, epoch: only!.epoch, createdMs: only!.createdMs },
    { sequence: 1, epoch: 1, createdMs: world.clock.nowMs() },
  );
  assert.equal(only!.bytes, (await world.read(world.files('checkpoints')[0]!)).length);
});

test('a checkpoint for which there is no room is not begun', async () => {
  const world = new World(FAR);
  await world.open();
  await world.commit(5);
  await world.journal.checkpoint();
  await world.commit(5);
  const { bytes } = (await world.journal.status()).checkpoints[0]!;
  world.disk.capacityBytes = world.disk.usedBytes + bytes - 1;
  const created = at(world, 'checkpoint.create', 0, {});
  await assert.rejects(world.journal.checkpoint(), { kind: 'resourceExhausted', message: /the last one took \d+ bytes, \d+ are free/ });
  assert.equal(created(), 0);
  world.disk.capacityBytes++;
  await world.journal.checkpoint();
});

test('while the journal refuses changes no checkpoint begins by itself', async () => {
  const world = new World({ ...FAR, checkpointOperations: 5, checkpointAgeMs: 10_000, retryMs: 1000 });
  await world.open();
  const created = at(world, 'checkpoint.create', 0, {});
  world.failing((call) => isSegment(call) && call.verb === 'write', fail('resourceExhausted', 'ENOSPC'));
  world.append(9);
  const flushed = world.flush();
  await world.clock.advance(30_000);
  assert.equal(created(), 0);
  world.disk.failpoint = undefined;
  await world.clock.run(flushed);
  await world.clock.advance(2000);
  await world.commit();
  assert.equal((await settled(world)).length, 1);
});

/** The checkpoints when nothing is under way any more. */
async function settled(world: World): Promise<string[]> {
  await world.clock.advance(0);
  return world.files('checkpoints');
}
