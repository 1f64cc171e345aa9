import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOME, isSegment, World } from './support/world.js';

for (const verb of ['sync', 'write'] as const) {
  test(`after a failed ${verb} nothing is acknowledged any more`, async () => {
    const world = new World();
    await world.open();
    await world.commit(3);
    let calls = 0;
    world.failing((call) => isSegment(call) && call.verb === verb && calls++ === 0);
    world.append(2);
    await assert.rejects(world.flush(), { kind: 'unavailable', message: /The journal cannot be written: EIO/ });
    assert.equal((await world.journal.failed).message, world.journal.refusal?.message);
    assert.throws(() => world.append(), { kind: 'unavailable' });
    await assert.rejects(world.flush(), { kind: 'unavailable' });
    await assert.rejects(world.journal.checkpoint());
    assert.equal(world.journal.durableSequence, 3);
    assert.equal(calls, 1, 'it is not tried again');
    await world.close();
    world.disk.crash();
    await world.open();
  });
}

test('after a failed fdatasync a writer never acknowledges again', async () => {
  const world = new World();
  await world.open();
  await world.commit(3);
  world.failing((call) => isSegment(call) && call.verb === 'sync');
  world.append();
  const waiting = [world.flush(), world.flush()];
  for (const outcome of await Promise.allSettled(waiting)) assert.equal(outcome.status, 'rejected');
  world.disk.failpoint = undefined;
  assert.throws(() => world.append(), { kind: 'unavailable' });
  assert.equal(world.acknowledged, 3);
  await world.close();
  world.disk.crash();
  await world.open();
});

test('what waits behind a failed batch fails with it', async () => {
  const world = new World();
  await world.open();
  const late: Promise<void>[] = [];
  world.disk.failpoint = (call) => {
    if (!isSegment(call) || call.verb !== 'sync') return undefined;
    world.append(3);
    late.push(assert.rejects(world.flush(), { kind: 'unavailable' }));
    world.failing(isSegment);
    return world.disk.failpoint!(call);
  };
  world.append();
  await assert.rejects(world.flush(), { kind: 'unavailable' });
  await Promise.all(late);
  assert.equal(late.length, 1);
});

test('a look for a higher epoch that fails breaks the writer', async () => {
  const world = new World();
  await world.open();
  world.failing(({ verb, path }) => verb === 'stat' && path.includes('/epochs/'));
  world.append();
  await assert.rejects(world.flush(), { kind: 'unavailable' });
  await world.journal.failed;
});

test('a second master fences the first', async () => {
  const world = new World();
  await world.open();
  await world.commit(5);
  const first = world.journal;
  const second = new World(world.options, world.disk);
  second.tags = [...world.tags];
  second.acknowledged = 5;
  await second.open();
  world.append();
  await assert.rejects(world.flush(), { kind: 'unavailable', message: /Another master has taken over/ });
  assert.throws(() => world.append(), { kind: 'unavailable' });
  assert.match((await first.failed).message, /taken over/);
  await assert.rejects(first.checkpoint());
  assert.equal(world.acknowledged, 5);
  // What the first one wrote past its time is not there, whatever the second one does.
  await second.commit(4);
  await second.close();
  await second.open();
  assert.equal(second.journal.lastSequence, 9);
  await second.journal.checkpoint();
  second.disk.crash();
  await second.open();
  assert.equal(second.journal.lastSequence, 9);
});

test('of two that start at the same moment exactly one goes on', async () => {
  for (let round = 0; round < 20; round++) {
    const world = new World();
    const other = new World(world.options, world.disk);
    const turns = round;
    const opening = world.open();
    for (let i = 0; i < turns; i++) await Promise.resolve();
    await Promise.all([opening, other.open()]);
    const outcomes = await Promise.allSettled([world.commit(), other.commit()]);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1, `after ${turns} turns`);
    const winner = outcomes[0]!.status === 'fulfilled' ? world : other;
    await winner.commit(3);
    world.disk.crash();
    await winner.open();
    assert.equal(winner.journal.lastSequence, 4);
  }
});

test('the checkpoint of a fenced writer does not become visible', async () => {
  const world = new World();
  await world.open();
  await world.commit(5);
  const second = new World(world.options, world.disk);
  second.tags = [...world.tags];
  await second.open();
  await assert.rejects(world.journal.checkpoint(), { kind: 'unavailable' });
  assert.deepEqual(second.files('checkpoints'), []);
  assert.match((await world.journal.failed).message, /taken over/, 'it knows now that it must not serve on');
});

test('epochs count up, and old ones are cleared away', async () => {
  const world = new World();
  await world.put(`${HOME}/epochs/${(5).toString(16).padStart(16, '0')}`, Buffer.alloc(0));
  await world.put(`${HOME}/epochs/${(20_000).toString(16).padStart(16, '0')}`, Buffer.alloc(0));
  await world.open();
  assert.deepEqual(
    world.files('epochs').map((path) => Number.parseInt(path.slice(-16), 16)),
    [20_000, 20_001],
  );
});
