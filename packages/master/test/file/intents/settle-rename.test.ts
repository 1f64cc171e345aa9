import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { IntentSettler } from '@alluvium/master/file/intents/settler.js';
import { MemoryObjectStore } from '../memory-object-store.js';
import { MemoryStores } from '../memory-store.js';
import { assertRebuilt, isSettled, operationId, program, rejects, replayed, World } from '../world.js';

/** A master that dies when its store has answered to a rename, or before: what the next one has. */
async function diedIn(w: World, moved: boolean, options: Parameters<World['mv']>[2] = {}): Promise<World> {
  await w.writeThrough('/a/f', 'content');
  await w.mkdir('/b');
  w.store.before = async (call) => {
    if (!call.startsWith('rename')) return;
    if (moved) {
      w.store.before = () => {};
      await w.store.rename('a/f', 'b/g');
    }
    return new Promise(() => {});
  };
  assert.equal(await isSettled(w.mv('/a/f', '/b/g', options)), false);
  w.store.before = () => {};
  return replayed(w);
}

async function settled(w: World): Promise<void> {
  const renames = new IntentSettler(w.c);
  renames.start();
  await isSettled(new Promise(() => {}));
  await renames.stop();
}

test('a rename that the store had done when the master died is done', async () => {
  const w = await diedIn(new World(), true);
  assert.deepEqual(
    [...w.tree.intents.open()].map(({ kind }) => kind),
    ['MAKE_DIRECTORIES', 'RENAME'],
  );
  await settled(w);
  assert.deepEqual((await w.list('/', { recursive: true })).flat(), ['/a', '/b', '/b/g']);
  assert.deepEqual([...w.tree.intents.open()], []);
});

test('a rename that the store had not done when the master died is forgotten', async () => {
  const w = await diedIn(new World(), false);
  await settled(w);
  assert.deepEqual((await w.list('/', { recursive: true })).flat(), ['/a', '/a/f', '/b']);
  assert.deepEqual([...w.tree.intents.open()], []);
});

test('a client that asks again is answered as if nothing had happened', async () => {
  const commonOptions = { operationId: operationId() };
  const w = await diedIn(new World(), true, { commonOptions });
  await settled(w);
  await w.mv('/a/f', '/b/g', { commonOptions });
  assert.deepEqual(w.store.paths(), ['a', 'b', 'b/g']);
});

test('the paths are held until the store has said how far it went', async () => {
  const w = await diedIn(new World(), true);
  w.store.before = () => {
    throw fail('unavailable', 'no store');
  };
  const renames = new IntentSettler(w.c);
  renames.start();
  const removal = w.rm('/b/g');
  assert.equal(await isSettled(removal), false);
  w.store.before = () => {};
  await w.clock.run(removal);
  assert.deepEqual(w.store.paths(), ['a', 'b']);
  await renames.stop();
});

test(
  'what the store does without confirming it is renamed',
  program(async (w) => {
    await w.writeThrough('/f', 'content');
    let asked = false;
    w.store.before = async (call) => {
      if (asked || !call.startsWith('rename')) return;
      asked = true;
      await w.store.rename('f', 'g');
      throw fail('unavailable', 'the answer is lost');
    };
    await w.mv('/f', '/g');
    assert.deepEqual((await w.list('/')).flat(), ['/g']);
  }),
);

test(
  'a store that does not say whether it has renamed is asked until it does',
  program(async (w) => {
    await w.writeThrough('/f', 'content');
    const renames = new IntentSettler(w.c);
    const silent = (): never => {
      throw fail('unavailable', 'no store');
    };
    w.store.before = async (call) => {
      if (!call.startsWith('rename')) return;
      w.store.before = () => {};
      await w.store.rename('f', 'g');
      w.store.before = silent;
      silent();
    };
    await rejects('unknown', /^Failed to rename/, () => w.mv('/f', '/g'));
    assert.equal([...w.tree.intents.open()].length, 1);
    w.store.before = () => {};
    renames.start();
    await isSettled(new Promise(() => {}));
    await renames.stop();
    assert.deepEqual((await w.list('/')).flat(), ['/g']);
    assertRebuilt(w);
  }),
);

test(
  'what is loaded under the new name before the rename is settled is the same thing',
  program(async (w) => {
    await w.writeThrough('/d/f', 'content');
    const { id } = w.inode('/d/f')!;
    const silent = (): never => {
      throw fail('unavailable', 'no store');
    };
    w.store.before = async (call) => {
      if (!call.startsWith('rename')) return;
      w.store.before = () => {};
      await w.store.rename('d', 'e');
      w.store.before = silent;
      silent();
    };
    await rejects('unknown', /^Failed to rename/, () => w.mv('/d', '/e'));
    w.store.before = () => {};
    assert.deepEqual((await w.list('/', { recursive: true })).flat(), ['/d', '/d/f', '/e', '/e/f']);
    await settled(w);
    assert.deepEqual((await w.list('/', { recursive: true })).flat(), ['/e', '/e/f']);
    assert.equal(w.inode('/e/f')!.id, id);
  }),
);

test('copies of a directory that the store will not take as a whole go again', async () => {
  const w = new World({ stores: new MemoryStores(MemoryObjectStore) });
  for (const name of ['f', 'g', 'h']) await w.writeThrough(`/d/${name}`, name);
  const before = w.store.paths();
  w.store.after = (call) => {
    if (call === 'copy d/g') throw fail('permissionDenied', 'not that one');
  };
  await rejects('unknown', /not that one$/, () => w.mv('/d', '/e'));
  assert.deepEqual(w.store.paths(), before);
  assert.deepEqual((await w.list('/', { recursive: true })).flat(), ['/d', '/d/f', '/d/g', '/d/h']);
  assert.deepEqual([...w.tree.intents.open()], []);
  w.store.after = undefined;
  await w.mv('/d', '/e');
  assert.deepEqual((await w.list('/', { recursive: true })).flat(), ['/e', '/e/f', '/e/g', '/e/h']);
});

test('what is under the new name alone is never taken back, and the rest follows', async () => {
  const w = new World({ stores: new MemoryStores(MemoryObjectStore) });
  for (const name of ['f', 'g', 'h']) await w.writeThrough(`/d/${name}`, name);
  const settler = new IntentSettler(w.c);
  settler.start();
  w.store.after = (call) => {
    if (call === 'delete d/f') throw fail('permissionDenied', 'no more');
  };
  await w.clock.run(w.mv('/d', '/e').catch(() => undefined));
  w.store.after = undefined;
  await w.clock.run(settler.idle());
  assert.deepEqual((await w.list('/', { recursive: true })).flat(), ['/e', '/e/f', '/e/g', '/e/h']);
  assert.ok(w.store.paths().every((path) => !path.startsWith('d')));
  await settler.stop();
});
