import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalEntry } from '@alluvium/journal';
import { lengthOf } from './support/ledger.js';
import { bound, HOME, World } from './support/world.js';

test('a journal alone never grows without bound', async () => {
  const world = new World({ reserveBytes: 0, segmentBytes: 1000, checkpointOperations: 50 });
  await world.open();
  let most = 0;
  for (let i = 0; i < 100; i++) {
    await world.commit(20);
    most = Math.max(most, world.files('segments').length + world.files('checkpoints').length);
  }
  assert.ok(most < 20, `${most} files`);
  await world.close();
  assert.ok(world.files('segments')[0]! > `${HOME}/segments/${(1800).toString(16).padStart(16, '0')}`);
  await world.open();
  assert.equal(world.journal.lastSequence, 2000);
});

test('two checkpoints are kept, and the log behind the older one is cut', async () => {
  const world = new World({ reserveBytes: 0 });
  await world.open();
  for (let i = 0; i < 4; i++) {
    await world.commit(5);
    await world.journal.checkpoint();
  }
  const names = world.files('checkpoints').map((path) => Number.parseInt(path.slice(path.lastIndexOf('/') + 1), 16));
  assert.deepEqual(names, [15, 20]);
  assert.deepEqual(
    world.files('segments').map((path) => Number.parseInt(path.slice(path.lastIndexOf('/') + 1), 16)),
    [16],
  );
  await world.close();
  await world.open();
  await world.commit(1);
});

test('a checkpoint of a state that did not change is not written twice', async () => {
  const world = new World();
  await world.open();
  await world.commit(5);
  await Promise.all([world.journal.checkpoint(), world.journal.checkpoint()]);
  await world.journal.checkpoint();
  assert.equal(world.files('checkpoints').length, 1);
});

test('operations go on while a checkpoint is written, and it shows the moment it began', async () => {
  const world = new World();
  await world.open();
  await world.commit(10);
  let during = 0;
  world.disk.failpoint = (call) => {
    if (call.path.includes('.ckp') && during < 5) {
      during++;
      world.append();
    }
    return undefined;
  };
  await world.journal.checkpoint();
  await world.flush();
  world.disk.failpoint = undefined;
  assert.equal(during, 5);
  await world.close();
  assert.match(world.files('checkpoints')[0]!, /000000000000000a-/);
  // Without the segments of the time before: the checkpoint alone has it.
  await world.open();
  assert.equal(world.journal.lastSequence, 15);
});

test('the name of a checkpoint and what is in it are of the same moment', async () => {
  const world = new World();
  await world.open();
  await world.commit(3);
  const snapshot = world.ledger.snapshot.bind(world.ledger);
  let taken = 0;
  world.ledger.snapshot = () => ((taken = world.journal.lastSequence), snapshot());
  // Operations go on while it looks whether there is room for it.
  world.around = (name, _path, call) => {
    if (name === 'space.look' || name === 'epoch.look' || name === 'checkpoint.create') world.append();
    return call();
  };
  const checkpoint = world.journal.checkpoint();
  await checkpoint;
  world.around = (_name, _path, call) => call();
  assert.ok(taken > 3);
  assert.equal((await world.journal.status()).checkpoints[0]!.sequence, taken);
});

test('a checkpoint holds nothing that could still be lost', async () => {
  const world = new World();
  const gate = Promise.withResolvers<void>();
  let held = false;
  world.wrap = (storage) => ({
    ...bound(storage),
    async createSegment(name) {
      const writer = await storage.createSegment(name);
      return {
        write: (parts, position) => writer.write(parts, position),
        sync: async () => ((held = true), await gate.promise, await writer.sync()),
        close: () => writer.close(),
      };
    },
  });
  await world.open();
  world.append(2);
  const checkpoint = world.journal.checkpoint();
  for (let turn = 0; turn < 1000; turn++) await Promise.resolve();
  assert.ok(held);
  assert.match(world.files('checkpoints').join(), /^[^,]*\.tmp$/, 'written, but not visible');
  gate.resolve();
  await checkpoint;
  assert.equal(world.journal.durableSequence, 2);
  assert.match(world.files('checkpoints').join(), /^[^,]*\.ckp$/);
});

test('a large state is a checkpoint of many chunks, made without holding up appends for long', async () => {
  const world = new World({ reserveBytes: 0 });
  await world.open();
  const entries: JournalEntry[] = Array.from({ length: 20_000 }, (_, i) => lengthOf(BigInt(i), BigInt(i)));
  for (let at = 0; at < entries.length; at += 1000) {
    const part = entries.slice(at, at + 1000);
    world.journal.append(part);
    for (const entry of part) world.ledger.apply(entry);
  }
  await world.journal.flushed();
  let taken = 0;
  let most = 0;
  let since = 0;
  const snapshot = world.ledger.snapshot.bind(world.ledger);
  world.ledger.snapshot = () => {
    const inner = snapshot();
    return {
      next: () => {
        taken++;
        most = Math.max(most, taken - since);
        return inner.next();
      },
    };
  };
  world.disk.failpoint = () => void (since = taken) as undefined;
  await world.journal.checkpoint();
  assert.ok(taken >= 20_000);
  assert.ok(most <= 501, `${most} entries between two waits`);
  await world.close();
  const wanted = new Map(world.ledger.lengths);
  world.disk.failpoint = undefined;
  world.tags = Array.from({ length: 20 }, (_, i) => i);
  world.check = () => undefined;
  await world.open();
  assert.deepEqual(world.ledger.lengths, wanted);
});

test('a snapshot is given up when its checkpoint fails at any step', async () => {
  for (const verb of ['open', 'write', 'sync', 'rename'] as const) {
    const world = new World();
    await world.open();
    await world.commit(5);
    let given = 0;
    const inner = world.ledger.snapshot.bind(world.ledger);
    world.ledger.snapshot = () => {
      const entries = inner();
      return {
        next: () => entries.next(),
        return: () => {
          given++;
          return { done: true, value: undefined };
        },
      };
    };
    world.failing((call) => call.path.includes('.ckp') && call.verb === verb);
    await assert.rejects(world.journal.checkpoint(), { kind: 'dataLoss' });
    world.disk.failpoint = undefined;
    assert.equal(given, 1, verb);
    assert.deepEqual(world.files('checkpoints'), [], verb);
    await world.commit(2);
    await world.journal.checkpoint();
    await world.close();
    await world.open();
  }
});

test('a half-written checkpoint of a crash is removed by the next start', async () => {
  const world = new World();
  await world.open();
  await world.commit(5);
  await new Promise<void>((resolve) => {
    world.disk.failpoint = (call) => {
      if (call.verb === 'rename') {
        world.disk.kill();
        resolve();
      }
      return undefined;
    };
    void world.journal.checkpoint();
  });
  world.disk.failpoint = undefined;
  assert.match(world.files('checkpoints').join(), /\.tmp$/);
  await world.open();
  assert.deepEqual(world.files('checkpoints'), []);
});
