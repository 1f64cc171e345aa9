import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { isSegment, World } from './support/world.js';

const OPTIONS = { reserveBytes: 8000, bufferBytes: 4000, retryMs: 1000 };
const FULL = fail('resourceExhausted', 'ENOSPC');

async function untilRefused(world: World): Promise<number> {
  for (let taken = 0; ; taken++) {
    if (world.journal.refusal !== undefined) return taken;
    await world.commit();
  }
}

test('a full disk makes the journal read-only until there is space, and nothing acknowledged is lost', async () => {
  const world = new World(OPTIONS);
  world.disk.capacityBytes = 12_000;
  await world.open();
  assert.ok((await untilRefused(world)) > 10);
  assert.throws(() => world.append(), { kind: 'resourceExhausted', message: /disk of the journal is full; free some space/ });
  assert.equal(world.journal.flushed(), undefined, 'the last operation was finished with the reserve');
  world.check();

  const again = await world.copy();
  await again.open();

  await world.clock.advance(10_000);
  assert.throws(() => world.append(), { kind: 'resourceExhausted' });
  world.disk.capacityBytes = 100_000;
  await world.clock.advance(2 * OPTIONS.retryMs);
  assert.equal(world.journal.refusal, undefined);
  await world.commit(20);
  world.disk.crash();
  await world.open();
});

test('the disk may fill up again and again', async () => {
  const world = new World({ ...OPTIONS, segmentBytes: 1500 });
  await world.open();
  for (let round = 0; round < 5; round++) {
    world.disk.capacityBytes = 12_000 * (round + 1);
    await world.clock.advance(2 * OPTIONS.retryMs);
    await untilRefused(world);
  }
  world.disk.crash();
  world.disk.capacityBytes = Number.POSITIVE_INFINITY;
  await world.open();
});

test('operations taken before the disk was found full wait when the reserve does not help', async () => {
  const world = new World(OPTIONS);
  await world.open();
  await world.commit(3);
  world.failing((call) => isSegment(call) && call.verb === 'write', FULL);
  world.append(5);
  let done = false;
  const flushed = world.flush().then(() => (done = true));
  await world.clock.advance(20_000);
  assert.equal(done, false);
  assert.equal(world.journal.durableSequence, 3);
  assert.throws(() => world.append(), { kind: 'resourceExhausted' });
  world.disk.failpoint = undefined;
  await world.clock.run(flushed);
  assert.equal(world.journal.durableSequence, 8);
  await world.clock.advance(2 * OPTIONS.retryMs);
  await world.commit();
  world.disk.crash();
  await world.open();
  assert.equal(world.journal.lastSequence, 9);
});

test('a new segment that finds no room is made again later', async () => {
  for (const verb of ['open', 'syncDirectory', 'write', 'sync'] as const) {
    const world = new World({ ...OPTIONS, segmentBytes: 1 });
    await world.open();
    await world.commit(2);
    let failures = 0;
    world.failing((call) => call.path.includes('/segments') && call.verb === verb && failures++ < 3, FULL);
    world.append();
    await world.clock.run(world.flush());
    await world.clock.advance(2 * OPTIONS.retryMs);
    assert.equal(failures > 3 || verb === 'open', true);
    await world.commit(2);
    assert.equal(world.journal.lastSequence, 5);
    await world.close();
    await world.open();
    assert.equal(world.journal.lastSequence, 5);
  }
});

test('a start without room for the reserve is read-only at first', async () => {
  const world = new World(OPTIONS);
  await world.open();
  await world.commit(5);
  await world.close();
  const full = await world.copy();
  full.disk.capacityBytes = 5000;
  await full.open();
  assert.equal(full.journal.lastSequence, 5);
  assert.throws(() => full.append(), { kind: 'resourceExhausted' });
  full.disk.capacityBytes = 100_000;
  await full.clock.advance(2 * OPTIONS.retryMs);
  await full.commit();
});

test('a journal that waits for space can be closed', async () => {
  const world = new World(OPTIONS);
  await world.open();
  await world.commit(3);
  world.failing((call) => isSegment(call) && call.verb === 'write', FULL);
  world.append();
  const flushed = assert.rejects(world.flush(), { kind: 'unavailable' });
  await world.clock.advance(5000);
  await world.clock.run(world.close());
  await flushed;
  world.disk.failpoint = undefined;
  await world.open();
  assert.ok(world.journal.lastSequence >= 3);
});

test('a checkpoint that finds no room leaves nothing behind and the journal goes on', async () => {
  const world = new World({ reserveBytes: 0, checkpointOperations: 10 });
  await world.open();
  let tries = 0;
  world.failing((call) => {
    if (call.path.includes('.ckp') && call.verb === 'open') tries++;
    return call.path.includes('.ckp') && call.verb === 'write';
  }, FULL);
  await assert.rejects(world.journal.checkpoint(), { kind: 'resourceExhausted' });
  assert.deepEqual(world.files('checkpoints'), []);
  await world.commit(30);
  assert.equal(tries, 1, 'not again at once');
  for (let minute = 0; minute < 20; minute++) {
    await world.clock.advance(60_000);
    await world.commit(1);
  }
  // After 1, 2, 4 and 8 minutes.
  assert.equal(tries, 5);
  assert.equal(world.journal.figures.checkpointFailures, 5);
  assert.match((await world.journal.status()).checkpointError!, /ENOSPC/);
  world.disk.failpoint = undefined;
  await world.clock.advance(3_600_000);
  assert.equal((await world.journal.status()).checkpointError, undefined);
  await world.close();
  assert.equal(world.files('checkpoints').length > 0, true);
  await world.open();
});
