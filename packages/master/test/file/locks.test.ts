import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, type NormalPath } from '@alluvium/base';
import { PathLocks } from '@alluvium/master/lock/path-locks.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { SimClock } from '@alluvium/testkit';
import { Gate, assertRebuilt, isSettled, rejects, World } from './world.js';

const { THROUGH } = fs.WritePType;
const through = { writeType: THROUGH, recursive: true };

/** A world whose store stops at the first call that starts with `call`. */
function stopped(call: string): { w: World; gate: Gate; reached: Promise<void> } {
  const w = new World();
  const gate = new Gate();
  const reached = new Gate();
  w.store.before = (at) => {
    if (!at.startsWith(call)) return undefined;
    reached.open();
    return gate.passed;
  };
  return { w, gate, reached: reached.passed };
}

test('an operation that waits for its store holds up its own path and nothing else', async () => {
  const { w, gate, reached } = stopped('makeDirectory slow');
  await w.mkdir('/other');
  const slow = w.mkdir('/slow', through);
  await reached;
  await w.create('/other/f');
  await w.mv('/other/f', '/g');
  await w.rm('/g');
  const below = w.create('/slow/f', { recursive: true });
  const same = w.mkdir('/slow', { ...through, allowExists: true });
  const above = w.rm('/slow', { recursive: true });
  for (const waiting of [below, same, above]) assert.equal(await isSettled(waiting), false);
  gate.open();
  await Promise.all([slow, below, same, above]);
  assert.equal(w.inode('/slow'), undefined, 'in the order they came');
  assert.equal(w.c.locks.waiting, 0);
  assertRebuilt(w);
});

test('a rename of a directory waits for what is under way below it', async () => {
  const { w, gate, reached } = stopped('removeFile d/f');
  await w.writeThrough('/d/f', 'x');
  await w.mkdir('/e');
  const removing = w.rm('/d/f');
  await reached;
  const renaming = w.mv('/d', '/e/d');
  const creating = w.create('/d/new');
  assert.equal(await isSettled(renaming), false);
  assert.equal(await isSettled(creating), false, 'what came later does not overtake the rename');
  gate.open();
  await removing;
  await renaming;
  await rejects('notFound', /^File \/d\/new creation failed\. /, () => creating);
  assert.deepEqual((await w.list('/', { recursive: true })).flat(), ['/e', '/e/d']);
  assert.deepEqual(w.store.paths(), ['e', 'e/d']);
});

test('two renames that want each other s paths both end', async () => {
  const w = new World();
  await w.writeThrough('/a/f', 'x');
  await w.writeThrough('/b/f', 'y');
  const done = await Promise.allSettled([
    w.mv('/a/f', '/b/g'),
    w.mv('/b/f', '/a/g'),
    w.mv('/b', '/c'),
    w.mv('/a', '/d'),
    w.mv('/d/g', '/c/h'),
    w.rm('/c', { recursive: true }),
  ]);
  assert.equal(w.c.locks.waiting, 0);
  assert.ok(
    done.every(({ status }) => status === 'fulfilled'),
    JSON.stringify(done),
  );
  assert.deepEqual(w.store.paths(), ['d']);
  assertRebuilt(w);
});

test('readers never wait for an operation that waits for its store', async () => {
  const { w, gate, reached } = stopped('removeFile d/f');
  await w.writeThrough('/d/f', 'x');
  await w.list('/d');
  const removing = w.rm('/d', { recursive: true });
  await reached;
  assert.equal((await w.status('/d/f')).length, 1n);
  assert.deepEqual((await w.list('/d')).flat(), ['/d/f']);
  gate.open();
  await removing;
});

test('a store that never answers: others are told to come again, and go on when it does', async () => {
  const { w, gate, reached } = stopped('makeDirectory slow');
  const slow = w.mkdir('/slow', through);
  await reached;
  await rejects('unavailable', 'Cannot lock "/slow": another operation has held it for 60000 ms; try again later', () =>
    w.clock.run(w.create('/slow', { overwrite: true })),
  );
  gate.open();
  await slow;
  await w.create('/slow/f');
  assert.ok(w.c.locks.isFree('/' as NormalPath, 'WRITE_EDGE'));
});

test('a failed operation gives its lock back', async () => {
  const w = new World();
  w.store.before = (call) => {
    if (call.startsWith('makeDirectory')) throw fail('unavailable', '503');
  };
  for (let i = 0; i < 3; i++) await rejects('unavailable', '503', () => w.mkdir('/d', through));
  w.store.before = () => {};
  await w.mkdir('/d', through);
});

test('only so many operations wait', async () => {
  const clock = new SimClock();
  const locks = new PathLocks(clock, { timeoutMs: 1000, maxWaiters: 2 });
  const gate = new Gate();
  const path = '/p' as NormalPath;
  const exclusive = [{ path, mode: 'WRITE_EDGE' as const }];
  const first = locks.hold(exclusive, () => gate.passed);
  const waiting = [locks.hold(exclusive, () => 'a'), locks.hold([{ path: '/p/q' as NormalPath, mode: 'READ' }], () => 'b')];
  await rejects('unavailable', 'Cannot lock "/p": 2 operations are waiting already; try again later', () =>
    locks.hold(exclusive, () => {}),
  );
  assert.equal(locks.isFree(path, 'READ'), false);
  gate.open();
  await first;
  assert.deepEqual(await Promise.all(waiting), ['a', 'b']);
  assert.ok(locks.isFree('/' as NormalPath, 'WRITE_EDGE'));
});

test('shared claims run together, an exclusive one behind them is not starved by later shared ones', async () => {
  const locks = new PathLocks(new SimClock(), { timeoutMs: 1000, maxWaiters: 10 });
  const path = '/p' as NormalPath;
  const order: string[] = [];
  const gate = new Gate();
  const hold = (name: string, mode: 'READ' | 'WRITE_EDGE'): Promise<void> =>
    locks.hold([{ path, mode }], async () => {
      order.push(name);
      await gate.passed;
    });
  const all = [hold('s1', 'READ'), hold('s2', 'READ'), hold('x', 'WRITE_EDGE'), hold('s3', 'READ')];
  await isSettled(all[0]!);
  assert.deepEqual(order, ['s1', 's2']);
  gate.open();
  await Promise.all(all);
  assert.deepEqual(order, ['s1', 's2', 'x', 's3']);
});

test('a waiter that gives up lets those behind it go on', async () => {
  const clock = new SimClock();
  const locks = new PathLocks(clock, { timeoutMs: 1000, maxWaiters: 10 });
  const path = '/p' as NormalPath;
  const gate = new Gate();
  const holder = locks.hold([{ path, mode: 'READ' }], () => gate.passed);
  const impatient = rejects('unavailable', /held it for 1000 ms/, () => locks.hold([{ path, mode: 'WRITE_EDGE' }], () => {}));
  await clock.advance(500);
  const behind = locks.hold([{ path, mode: 'READ' }], () => 'through');
  assert.equal(await isSettled(behind), false);
  await clock.advance(500);
  await impatient;
  assert.equal(await behind, 'through');
  gate.open();
  await holder;
});

test('a listing from before a removal does not bring the name back, nor one from amidst a rename', async () => {
  for (const change of ['removal', 'rename']) {
    const w = new World();
    await w.writeThrough('/d/f', 'x');
    await w.c.committer.commit([{ updateInodeDirectory: { id: w.inode('/d')!.id, directChildrenLoaded: false } }]);
    const listed = new Gate();
    w.store.before = (call) => (call === 'list d: f' ? listed.passed : undefined);
    const original = w.store.list.bind(w.store);
    // As a page of a listing: what it holds was read before the change.
    w.store.list = async function* (path) {
      const page = [];
      for (const name of change === 'removal' ? ['f'] : ['f', 'g']) page.push({ ...(await w.store.status('d/f'))!, name });
      if (path !== 'd') yield* original(path);
      await listed.passed;
      yield* page;
    };
    const listing = w.list('/d');
    await isSettled(listing);
    if (change === 'removal') await w.rm('/d/f');
    else await w.mv('/d/f', '/d/g');
    listed.open();
    const names = change === 'removal' ? [] : ['/d/g'];
    assert.deepEqual((await listing).flat(), names);
    w.store.list = original;
    assert.deepEqual((await w.list('/d')).flat(), names);
    assert.equal(w.inode('/d/f'), undefined);
  }
});
