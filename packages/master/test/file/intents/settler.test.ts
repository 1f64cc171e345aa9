import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT_PATH, fail } from '@alluvium/base';
import { IntentSettler } from '@alluvium/master/file/intents/settler.js';
import { unmount } from '@alluvium/master/file/operations/unmount.js';
import { updateUfsMode } from '@alluvium/master/file/operations/update-ufs-mode.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { Gate, assertRebuilt, isSettled, rejects, replayed, World } from '../world.js';

const { THROUGH } = fs.WritePType;

/** A master that dies while its store is removing a file. */
async function diedInRemoval(): Promise<World> {
  const w = new World();
  await w.writeThrough('/d/f', 'content');
  w.store.before = (call) => (call.startsWith('removeFile') ? new Promise(() => {}) : undefined);
  assert.equal(await isSettled(w.rm('/d/f')), false);
  w.store.before = () => {};
  return replayed(w);
}

test('a store that refuses for good does not hold its paths for ever', async () => {
  const w = await diedInRemoval();
  const settler = new IntentSettler(w.c);
  w.store.before = () => {
    throw fail('permissionDenied', 'not yours');
  };
  settler.start();
  assert.equal(w.c.locks.isFree(ROOT_PATH, 'WRITE_EDGE'), false);
  await w.clock.run(settler.idle());
  assert.ok(w.c.locks.isFree(ROOT_PATH, 'WRITE_EDGE'));
  assert.deepEqual([...w.tree.intents.open()], []);
  await settler.stop();
});

test('a store that does not answer is asked again, and a master that stops meanwhile leaves it to the next', async () => {
  const w = await diedInRemoval();
  const settler = new IntentSettler(w.c);
  w.store.before = () => {
    throw fail('unavailable', '503');
  };
  settler.start();
  await w.clock.advance(600_000);
  assert.equal([...w.tree.intents.open()].length, 1);
  assert.deepEqual(
    [...w.c.locks.list()].map(({ operation, user, path, held }) => [operation, user, path, held]),
    [['settle REMOVE', 'root', '/d/f', true]],
  );
  await settler.stop();
  assert.equal([...w.tree.intents.open()].length, 1);
  w.store.before = () => {};
  const next = new IntentSettler(w.c);
  next.start();
  await w.clock.run(next.idle());
  assert.equal(w.inode('/d/f'), undefined);
  await next.stop();
});

test('what was cut off waits while its store is being maintained', async () => {
  const w = await diedInRemoval();
  await updateUfsMode(w.c, { ufsPath: 'mem://root', options: { ufsMode: fs.UfsPMode.READ_ONLY } }, 'root');
  const settler = new IntentSettler(w.c);
  w.store.calls.length = 0;
  settler.start();
  await w.clock.advance(3_600_000);
  assert.deepEqual([[...w.tree.intents.open()].length, w.store.calls], [1, []]);
  await updateUfsMode(w.c, { ufsPath: 'mem://root', options: { ufsMode: fs.UfsPMode.READ_WRITE } }, 'root');
  await w.clock.run(settler.idle());
  assert.equal(w.inode('/d/f'), undefined);
  assert.deepEqual(w.store.paths(), ['d']);
  await settler.stop();
});

test('open intents are in a checkpoint as well, and an end of none is no harm', async () => {
  const w = await diedInRemoval();
  const [intent] = w.tree.intents.open();
  assert.deepEqual([intent!.kind, intent!.path, intent!.user, intent!.inode], ['REMOVE', '/d/f', 'root', w.inode('/d/f')!.id]);
  const checkpoint = w.tree.snapshot();
  const again = new World({ entries: { [Symbol.iterator]: () => checkpoint as IterableIterator<never> }, stores: w.stores });
  assert.deepEqual([...again.tree.intents.open()], [intent]);
  await w.c.committer.commit([{ alluvium: { storeIntentEnd: { id: intent!.id } } }, { alluvium: { storeIntentEnd: { id: 1n } } }]);
  assert.deepEqual([...w.tree.intents.open()], []);
});

test('what needs no store journals no intent', async () => {
  const w = new World();
  await w.writeThrough('/stored/f', 'x');
  await w.list('/', { recursive: true });
  const before = w.journal.lastSequence;
  await w.create('/stored/g', { writeType: THROUGH });
  await w.mkdir('/d');
  await w.write('/d/f', 12);
  await w.mv('/d/f', '/d/g');
  for (let i = 0; i < 1200; i++) await w.create(`/d/f${i}`);
  await w.clock.run(w.set('/d', { owner: 'alice', recursive: true }));
  await w.clock.run(w.rm('/d', { recursive: true }));
  const intents = w.journal.entries().filter((entry) => entry.alluvium !== undefined);
  assert.ok(w.journal.lastSequence > before);
  assert.deepEqual(
    w.journal.kinds(before).filter((kind) => kind === 'alluvium'),
    [],
  );
  assert.ok(intents.length > 0, 'the directory of the stored file had one');
  assertRebuilt(w);
});

test('an operation that fails because the journal is full is settled when there is room again', async () => {
  const w = new World();
  await w.writeThrough('/d/f', 'content');
  const settler = new IntentSettler(w.c);
  settler.start();
  const full = fail('resourceExhausted', 'the disk of the journal is full');
  w.store.after = (call) => {
    if (!call.startsWith('removeFile')) return;
    w.store.after = undefined;
    w.journal.refusal = full;
  };
  await rejects('resourceExhausted', /is full$/, () => w.rm('/d/f'));
  await w.clock.advance(10_000);
  assert.equal([...w.tree.intents.open()].length, 1);
  w.journal.refusal = undefined;
  await w.clock.run(settler.idle());
  assert.equal(w.inode('/d/f'), undefined);
  await settler.stop();
  assertRebuilt(w);
});

test('directories that one request has made and another already uses stay in the store', async () => {
  const w = new World();
  const settler = new IntentSettler(w.c);
  settler.start();
  const gate = new Gate();
  w.store.before = (call) => {
    if (call.startsWith('makeDirectory x/y/slow')) return gate.passed;
    if (call.startsWith('makeDirectory x/y/bad')) throw fail('permissionDenied', 'not yours');
    return undefined;
  };
  const slow = w.mkdir('/x/y/slow', { writeType: THROUGH, recursive: true });
  await isSettled(slow);
  await rejects('permissionDenied', 'not yours', () => w.mkdir('/x/y/bad', { writeType: THROUGH, recursive: true }));
  gate.open();
  await slow;
  await w.clock.run(settler.idle());
  assert.deepEqual(w.store.paths(), ['x', 'x/y', 'x/y/slow']);
  assert.deepEqual((await w.list('/', { recursive: true })).flat(), ['/x', '/x/y', '/x/y/slow']);
  await settler.stop();
});

test('a mount whose store is gone for ever can be unmounted, whatever waits for the store', async () => {
  const w = new World();
  await w.mount('/m', 'mem://gone');
  const settler = new IntentSettler(w.c);
  settler.start();
  const store = w.stores.at('mem://gone');
  await w.writeThrough('/m/f', 'x');
  store.rename = () => {
    store.before = () => {
      throw fail('unavailable', 'no store');
    };
    return Promise.reject(fail('unavailable', 'no store'));
  };
  await rejects('unknown', /no store$/, () => w.mv('/m/f', '/m/g'));
  await w.clock.advance(100_000);
  assert.equal([...w.tree.intents.open()].length, 1);
  await w.clock.run(unmount(w.c, { alluxioPath: '/m' }, 'root'));
  assert.equal(w.inode('/m'), undefined);
  assert.deepEqual([...w.tree.intents.open()], []);
  await settler.stop();
});
