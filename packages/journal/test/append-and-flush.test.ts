import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { localDirectoryStorage, openJournal } from '@alluvium/journal';
import { nodeClock, nodeDisk, silentLogger } from '@alluvium/platform';
import { Ledger, lengthOf, operation, sorted, stateAfter } from './support/ledger.js';
import { HOME, isSegment, World } from './support/world.js';

test('a new journal is empty', async () => {
  const world = new World();
  await world.open();
  assert.equal(world.journal.lastSequence, 0);
  assert.equal(world.journal.durableSequence, 0);
  assert.equal(world.journal.flushed(), undefined);
  assert.equal(world.journal.refusal, undefined);
});

test('an acknowledged operation survives a crash', async () => {
  const world = new World();
  await world.open();
  await world.commit(20);
  assert.equal(world.journal.durableSequence, 20);
  world.append(3);
  world.disk.crash();
  await world.open();
  assert.ok(world.journal.lastSequence >= 20);
  await world.commit(5);
  world.disk.crash();
  await world.open();
});

test('appends are taken in order, and nobody waits when nothing is under way', async () => {
  const world = new World();
  await world.open();
  assert.equal(world.journal.append(operation(1)), 1);
  assert.equal(world.journal.append(operation(2)), 2);
  assert.equal(world.journal.lastSequence, 2);
  assert.equal(world.journal.durableSequence, 0);
  const flushed = world.journal.flushed();
  assert.ok(flushed !== undefined);
  await flushed;
  assert.equal(world.journal.durableSequence, 2);
  assert.equal(world.journal.flushed(), undefined);
});

test('what is appended while the disk syncs becomes one further write and one further sync', async () => {
  const world = new World({ reserveBytes: 0 });
  await world.open();
  const calls: string[] = [];
  let arrived = false;
  world.disk.failpoint = (call) => {
    if (isSegment(call)) calls.push(call.verb);
    if (isSegment(call) && call.verb === 'sync' && !arrived) {
      arrived = true;
      world.append(100);
    }
    return undefined;
  };
  world.append();
  await world.flush();
  await world.flush();
  assert.deepEqual(calls, ['write', 'sync', 'write', 'sync']);
  assert.equal(world.journal.durableSequence, 101);
  await world.close();
  await world.open();
});

test('operations of one turn share a write and a sync', async () => {
  const world = new World({ reserveBytes: 0 });
  await world.open();
  await world.commit();
  const calls: string[] = [];
  world.disk.failpoint = (call) => void (isSegment(call) && calls.push(call.verb)) as undefined;
  world.append(50);
  await Promise.all([world.flush(), world.flush()]);
  assert.deepEqual(calls, ['write', 'sync']);
});

test('a durability that was promised is looked for under a higher epoch first', async () => {
  const world = new World();
  await world.open();
  const verbs: string[] = [];
  world.disk.failpoint = ({ verb, path }) => void verbs.push(`${verb} ${path.slice(HOME.length + 1).split('/')[0]!}`) as undefined;
  world.append();
  await world.flush();
  assert.deepEqual(verbs.slice(-2), ['sync segments', 'stat epochs']);
});

test('an operation is there as a whole or not at all', async () => {
  for (let seed = 0; seed < 40; seed++) {
    const world = new World({ reserveBytes: 0 });
    await world.open();
    for (let i = 0; i < seed; i++) world.disk.crash();
    await world.open();
    await world.commit(2);
    const many = Array.from({ length: 50 }, (_, i) => lengthOf(BigInt(i), 7n));
    world.journal.append(many);
    // The write is under way when the power goes.
    await new Promise<void>((resolve) => {
      world.disk.failpoint = (call) => {
        if (call.verb === 'sync') {
          world.disk.crash();
          resolve();
        }
        return undefined;
      };
    });
    world.disk.failpoint = undefined;
    const ledger = new Ledger();
    const storage = localDirectoryStorage(world.disk.mount(), HOME);
    const journal = await openJournal({ storage, clock: world.clock, log: silentLogger, state: ledger, options: world.options });
    const sevens = [...ledger.lengths.values()].filter((length) => length === 7n).length;
    assert.equal(sevens, journal.lastSequence === 3 ? 50 : 0);
  }
});

test('appends beyond the buffer are refused for the moment', async () => {
  const world = new World({ reserveBytes: 0, bufferBytes: 300 });
  await world.open();
  world.append();
  assert.throws(
    () => {
      for (;;) world.append();
    },
    { kind: 'unavailable' },
  );
  await world.flush();
  world.append();
  await world.flush();
  await world.close();
  await world.open();
});

test('an operation that is too large is refused and leaves no trace', async () => {
  const world = new World();
  await world.open();
  const huge = [{ inodeFile: { name: 'x'.repeat(65 * 2 ** 20) } }];
  assert.throws(() => world.journal.append(huge), { kind: 'resourceExhausted' });
  assert.equal(world.journal.lastSequence, 0);
  await world.commit();
  await world.close();
  await world.open();
});

test('a closed journal has written everything and takes nothing more', async () => {
  const world = new World();
  await world.open();
  world.append(10);
  world.acknowledged = 10;
  await world.close();
  assert.throws(() => world.append(), { kind: 'unavailable' });
  await world.open();
  assert.equal(world.journal.lastSequence, 10);
});

test('a reserve smaller than the buffer is refused', async () => {
  const world = new World({ reserveBytes: 10, bufferBytes: 20 });
  await assert.rejects(world.open(), { kind: 'invalidArgument' });
});

test('a journal lives on a real disk', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'alluvium-journal-'));
  t.after(() => rm(directory, { recursive: true }));
  const tags: number[] = [];
  for (let round = 0; round < 3; round++) {
    const state = new Ledger();
    const storage = localDirectoryStorage(nodeDisk(), join(directory, 'deep/journal'));
    const options = { segmentBytes: 1000, reserveBytes: 1 << 20, bufferBytes: 1 << 20 };
    const journal = await openJournal({ storage, clock: nodeClock, log: silentLogger, state, options });
    assert.deepEqual(sorted(state.lengths), sorted(stateAfter(tags)));
    for (let i = 0; i < 30; i++) {
      const tag = tags.length + 1;
      journal.append(operation(tag));
      for (const entry of operation(tag)) state.apply(entry);
      tags.push(tag);
      if (i % 7 === 0) await journal.flushed();
      if (i === 20) await journal.checkpoint();
    }
    await journal.close();
  }
});

test('a start fences what an older writer still puts behind what it had: nobody was told of it, and nobody sees it later', async () => {
  const old = new World({ reserveBytes: 0 });
  await old.open();
  await old.commit(3);
  // On the same disk, while the old writer stands still.
  const next = new World({ reserveBytes: 0 }, old.disk);
  next.tags = [...old.tags];
  next.acknowledged = old.acknowledged;
  await next.open();
  old.append();
  await assert.rejects(old.flush(), { kind: 'unavailable' });
  // A third start must not take it for an operation of the second writer, which has had none.
  await next.open();
  assert.equal(next.journal.lastSequence, 3);
});
