import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlluviumError } from '@alluvium/base';
import { crc32c } from '@alluvium/platform';
import { HEADER_BYTES } from '@alluvium/journal/record.js';
import { lengthOf } from './support/ledger.js';
import { HOME, SMALL, World } from './support/world.js';

async function refusal(world: World): Promise<AlluviumError> {
  try {
    await world.open();
  } catch (error) {
    assert.ok(error instanceof AlluviumError, String(error));
    return error;
  }
  throw new Error('the journal was opened');
}

test('damage in the middle stops the start with file, byte and remedy', async () => {
  const world = new World({ reserveBytes: 0 });
  await world.open();
  await world.commit(6);
  await world.close();
  const path = world.lastSegment();
  const bytes = await world.read(path);
  const lastRecord = bytes.length - (bytes.length - HEADER_BYTES) / 6;
  for (let at = 0; at < lastRecord; at++) {
    const damaged = await world.copy();
    damaged.disk.flipBit(path, at * 8 + (at % 8));
    const error = await refusal(damaged);
    assert.equal(error.kind, 'dataLoss', `byte ${at}`);
    const [, file, byte] = /"(.+)" is damaged at byte (\d+)/.exec(error.message) ?? [];
    assert.equal(file, path);
    assert.ok(Number(byte) <= at && at < Number(byte) + 64, `byte ${at} was reported as ${byte}`);
    assert.match(
      error.message,
      /Restore the file from a copy, keep what is whole with "alluvium journal salvage", or .* start from a backup/,
    );
    assert.equal((await damaged.read(path)).length, bytes.length, 'nothing was changed');
  }
});

test('damage in the last batch stops the start too, unless it is its last record', async () => {
  const world = new World({ reserveBytes: 0 });
  await world.open();
  world.append(6);
  await world.flush();
  await world.close();
  const path = world.lastSegment();
  const bytes = await world.read(path);
  const record = (bytes.length - HEADER_BYTES) / 6;
  for (let at = HEADER_BYTES; at < bytes.length - record; at++) {
    const damaged = await world.copy();
    damaged.disk.flipBit(path, at * 8);
    assert.equal((await refusal(damaged)).kind, 'dataLoss', `byte ${at}`);
  }
});

test('damage in an earlier segment stops the start', async () => {
  const world = new World();
  await world.open();
  await world.commit(20);
  await world.close();
  assert.ok(world.files('segments').length > 2);
  const [first] = world.files('segments');
  for (let at = 0; at < (await world.read(first!)).length; at++) {
    const damaged = await world.copy();
    damaged.disk.flipBit(first!, at * 8 + 3);
    assert.equal((await refusal(damaged)).kind, 'dataLoss', `byte ${at}`);
  }
});

test('a missing segment stops the start', async () => {
  const world = new World();
  await world.open();
  await world.commit(20);
  await world.close();
  const segments = world.files('segments');
  for (const segment of segments.slice(0, -1)) {
    const damaged = await world.copy();
    await damaged.disk.mount().remove(segment);
    assert.equal((await refusal(damaged)).kind, 'dataLoss');
  }
});

test('a segment under the name of another stops the start', async () => {
  const world = new World();
  await world.open();
  await world.commit(20);
  await world.close();
  const [first, second] = world.files('segments');
  await world.put(second!, await world.read(first!));
  assert.match((await refusal(world)).message, /header names another segment/);
});

test('a damaged checkpoint is passed over for the one before, and not counted on later', async () => {
  const world = new World(SMALL);
  await world.open();
  for (let i = 0; i < 2; i++) {
    await world.commit(10);
    await world.journal.checkpoint();
  }
  await world.commit(3);
  await world.close();
  const [older, newer] = world.files('checkpoints');
  const length = (await world.read(newer!)).length;
  for (let at = 0; at < length; at++) {
    const damaged = await world.copy();
    damaged.disk.flipBit(newer!, at * 8 + 1);
    await damaged.open();
    assert.equal(damaged.journal.lastSequence, 23);
    if (at % 16 !== 0) continue;
    await damaged.commit();
    await damaged.journal.checkpoint();
    await damaged.close();
    assert.ok(!damaged.files('checkpoints').includes(newer!), 'the damaged one is gone once there is a newer one');
    assert.ok(damaged.files('checkpoints').includes(older!));
    // The one before is still worth something.
    damaged.disk.flipBit(damaged.files('checkpoints').at(-1)!, 400);
    await damaged.open();
  }
});

test('the start fails when every checkpoint is damaged and the log behind them is cut', async () => {
  const world = new World(SMALL);
  await world.open();
  for (let i = 0; i < 3; i++) {
    await world.commit(10);
    await world.journal.checkpoint();
  }
  await world.close();
  for (const checkpoint of world.files('checkpoints')) world.disk.flipBit(checkpoint, 350);
  const error = await refusal(world);
  assert.equal(error.kind, 'dataLoss');
  assert.match(error.message, /Cannot read checkpoint ".*ckp" at byte \d+.*start from a backup/);
});

test('a damaged checkpoint that no segment makes up for stops the start, and nothing is changed', async () => {
  // A state that came from elsewhere is in its checkpoint alone.
  const begun = new World({ reserveBytes: 0 });
  await begun.open();
  begun.ledger.apply(lengthOf(7n, 7n));
  await begun.journal.begin();
  begun.disk.crash();
  begun.disk.flipBit(begun.files('checkpoints')[0]!, 400);
  await assert.rejects(begun.open(), { kind: 'dataLoss', message: /^Cannot read checkpoint/ });

  // The newest checkpoint and the end of the log behind the one before.
  const world = new World({ reserveBytes: 0, segmentBytes: 1 << 20 });
  await world.open();
  await world.commit(3);
  await world.journal.checkpoint();
  await world.commit(5);
  await world.journal.checkpoint();
  await world.close();
  world.disk.flipBit(world.files('checkpoints')[1]!, 400);
  const segment = world.lastSegment();
  const bytes = (await world.read(segment)).subarray(0, -10);
  await world.put(segment, bytes);
  await assert.rejects(world.open(), { kind: 'dataLoss', message: /^Cannot read checkpoint/ });
  assert.deepEqual(await world.read(segment), bytes);
});

test('a checkpoint that is cut short anywhere is never taken for whole', async () => {
  const world = new World(SMALL);
  await world.open();
  await world.commit(10);
  await world.journal.checkpoint();
  await world.close();
  const [path] = world.files('checkpoints');
  const bytes = await world.read(path!);
  for (let cut = 0; cut < bytes.length; cut++) {
    const damaged = await world.copy();
    await damaged.put(path!, bytes.subarray(0, cut));
    await damaged.open();
    assert.equal(damaged.journal.lastSequence, 10, 'the log from the beginning is still there');
  }
});

test('files that are not ours are left alone', async () => {
  const world = new World(SMALL);
  await world.open();
  await world.commit(10);
  await world.journal.checkpoint();
  await world.close();
  for (const folder of ['epochs', 'segments', 'checkpoints']) await world.put(`${HOME}/${folder}/.notes`, Buffer.from('mine'));
  await world.open();
  await world.commit();
  await world.close();
  assert.equal(world.files('epochs').at(-1), `${HOME}/epochs/0000000000000002`);
  for (const folder of ['epochs', 'segments', 'checkpoints']) assert.equal(String(await world.read(`${HOME}/${folder}/.notes`)), 'mine');
});

for (const [what, magic, folder] of [
  ['segment', 'ALVJ', 'segments'],
  ['checkpoint', 'ALVC', 'checkpoints'],
] as const) {
  test(`a ${what} of a later format is refused by name`, async () => {
    const world = new World(SMALL);
    await world.open();
    await world.commit(3);
    await world.journal.checkpoint();
    await world.commit(1);
    await world.close();
    const path = world.files(folder).at(-1)!;
    const bytes = await world.read(path);
    assert.equal(bytes.toString('latin1', 0, 4), magic);
    bytes.writeUInt16LE(2, 4);
    bytes.writeUInt32LE(crc32c(bytes.subarray(0, 32)), 32);
    await world.put(path, bytes);
    const error = await refusal(world);
    assert.equal(error.kind, 'failedPrecondition');
    assert.ok(error.message.includes(path));
    assert.match(error.message, /format 2.*start the version of Alluvium that wrote it/);
  });
}
