import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { recordLog, type LogRecord } from './support/record-log.js';
import { at, World } from './support/world.js';

const OPTIONS = { reserveBytes: 0, segmentBytes: 200 };

/** Three checkpoints' worth of operations, two checkpoints, and one that is about to be made. */
async function lived(log: LogRecord[] = []): Promise<World> {
  const world = new World(OPTIONS);
  world.log = recordLog(log);
  await world.open();
  for (let i = 0; i < 2; i++) {
    await world.commit(5);
    await world.journal.checkpoint();
  }
  await world.commit(5);
  return world;
}

/** The newest checkpoint on the disk. */
function newest(world: World): string {
  return world.files('checkpoints').at(-1)!;
}

test('nothing is cut behind a checkpoint that cannot be read back, and it is made again later', async () => {
  const log: LogRecord[] = [];
  const world = await lived(log);
  const kept = [...world.files('checkpoints'), ...world.files('segments')];
  // What the disk has is not what was written.
  at(world, 'checkpoint.sync-directory', 1, { after: () => world.disk.flipBit(newest(world), 400) });
  await assert.rejects(world.journal.checkpoint(), { kind: 'dataLoss', message: /does not match its checksum/ });
  assert.deepEqual(
    kept.filter((path) => !world.disk.paths().includes(path)),
    [],
  );
  assert.equal(world.files('checkpoints').length, 2, 'the bad one is gone');
  assert.equal(world.journal.figures.checkpointFailures, 1);
  assert.match((await world.journal.status()).checkpointError!, /checksum/);
  assert.ok(log.some(({ level, message }) => level === 'error' && message === 'checkpoint failed'));
  world.around = (_name, _path, call) => call();
  await world.commit(1);
  await world.journal.checkpoint();
  assert.equal((await world.journal.status()).checkpointError, undefined);
  assert.ok(
    kept.some((path) => !world.disk.paths().includes(path)),
    'now the log is cut',
  );
  await world.close();
  await world.open();
});

test('a checkpoint that lost its end, or that is another one, is not believed', async () => {
  const damages: [RegExp, (world: World) => Promise<void>][] = [
    [/it ends early/, async (world) => world.put(newest(world), (await world.read(newest(world))).subarray(0, -1))],
    [/its header names another checkpoint/, async (world) => world.put(newest(world), await world.read(world.files('checkpoints')[0]!))],
  ];
  for (const [message, damage] of damages) {
    const world = await lived();
    const segments = world.files('segments');
    at(world, 'checkpoint.rename', 1, { before: () => damage(world) });
    await assert.rejects(world.journal.checkpoint(), { kind: 'dataLoss', message });
    assert.deepEqual(world.files('segments').slice(0, segments.length), segments);
    await world.close();
    await world.open();
  }
});

test('nothing is cut behind a checkpoint that a lying disk has in memory alone', async () => {
  const world = await lived();
  const kept = [...world.files('checkpoints'), ...world.files('segments')];
  at(world, 'checkpoint.sync', 1, { before: () => (world.disk.losesSyncs = true) });
  await assert.rejects(world.journal.checkpoint(), { kind: 'dataLoss', message: /it ends early/ });
  world.disk.losesSyncs = false;
  assert.deepEqual(
    kept.filter((path) => !world.disk.paths().includes(path)),
    [],
  );
  world.disk.crash();
  await world.open();
});

test('a checkpoint that the disk cannot read back is taken away', async () => {
  const world = await lived();
  const kept = world.files('checkpoints');
  at(world, 'checkpoint.read', 1, { instead: fail('dataLoss', 'EIO') });
  await assert.rejects(world.journal.checkpoint(), { kind: 'dataLoss' });
  assert.deepEqual(world.files('checkpoints'), kept);
});

test('a checkpoint that went bad after it was verified is made up for by the one before', async () => {
  const log: LogRecord[] = [];
  const world = await lived();
  await world.journal.checkpoint();
  await world.commit(3);
  await world.close();
  world.disk.flipBit(newest(world), 400);
  world.log = recordLog(log);
  await world.open();
  assert.equal(world.journal.lastSequence, 18);
  assert.ok(log.some(({ level, message }) => level === 'error' && message.startsWith('checkpoint damaged')));
  const { checkpoints } = await world.journal.status();
  assert.deepEqual(
    checkpoints.map(({ sequence }) => sequence),
    [10],
    'what does not count is not shown',
  );
  assert.match((await world.journal.status()).checkpointError!, /^Cannot read checkpoint .* at byte \d+/);
  // It is made up for without being asked.
  await world.clock.advance(60_000);
  await world.clock.advance(0);
  assert.equal((await world.journal.status()).checkpointError, undefined);
  assert.deepEqual(
    (await world.journal.status()).checkpoints.map(({ sequence }) => sequence),
    [10, 18],
  );
  assert.equal(world.files('checkpoints').length, 2, 'the damaged one is gone');
});

test('a removal that fails is made up for by the next cut', async () => {
  for (const name of ['checkpoint.remove', 'segment.remove'] as const) {
    const world = await lived();
    at(world, name, 1, { instead: fail('dataLoss', 'EIO') });
    await assert.rejects(world.journal.checkpoint(), { kind: 'dataLoss' });
    assert.equal(world.journal.figures.checkpointFailures, 1);
    await world.commit(1);
    await world.clock.advance(60_000);
    await world.clock.advance(0);
    assert.equal(world.files('checkpoints').length, 2, name);
    assert.equal((await world.journal.status()).checkpointError, undefined);
    await world.close();
    await world.open();
  }
});
