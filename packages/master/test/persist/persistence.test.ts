import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, normalPath } from '@alluvium/base';
import { scheduleAsyncPersistence } from '@alluvium/master/file/operations/schedule-async-persistence.js';
import { unmount } from '@alluvium/master/file/operations/unmount.js';
import { updateMount } from '@alluvium/master/file/operations/update-mount.js';
import { updateUfsMode } from '@alluvium/master/file/operations/update-ufs-mode.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { World, assertRebuilt, dump, pinnedIds, rejects, replayed } from '../file/world.js';
import { PersistWorld } from './persist-world.js';

const { MUST_CACHE } = fs.WritePType;

/** A test with a master of its own, whose journal has to rebuild its state afterwards. */
function persisting(run: (p: PersistWorld) => Promise<void>, blacklist: readonly string[] = []): () => Promise<void> {
  return async () => {
    const p = new PersistWorld(new World(), blacklist);
    await run(p);
    p.stop();
    assertRebuilt(p.w);
  };
}

test(
  'what the queue knows of a file that cannot be persisted survives a restart',
  persisting(async (p) => {
    const { blocks } = await p.write('/d/f');
    p.worker('w1', blocks);
    await p.turn();
    for (let attempt = 0; attempt < 3; attempt++) {
      const { order } = p.control.orders.at(-1)!;
      p.control.answer(p.control.orders.length - 1, { errorKind: 'permissionDenied', errorMessage: 'the bucket says no' });
      assert.equal(order.fileId, p.w.inode('/d/f')!.id);
      await p.turn(5001);
    }
    const before = (await p.list()).entries![0]!;
    assert.deepEqual([before.attempts, before.lastError, before.path], [3, 'the bucket says no', '/d/f']);
    assert.deepEqual(p.stored(), []);
    p.stop();
    const again = new PersistWorld(replayed(p.w));
    await again.turn();
    const after = (await again.list()).entries![0]!;
    assert.deepEqual([after.attempts, after.lastError, after.sinceMs], [3, 'the bucket says no', before.sinceMs]);
    again.stop();
  }),
);

test(
  'a file that persists at once journals nothing but its beginning and its end',
  persisting(async (p) => {
    const { blocks } = await p.write('/f');
    const from = p.w.journal.lastSequence;
    p.worker('w1', blocks);
    await p.turn();
    p.execute(p.control.orders[0]!.order);
    await p.turn();
    assert.equal(await p.state('/f'), 'PERSISTED');
    assert.deepEqual(p.w.journal.kinds(from), ['updateInodeFile', 'updateInodeFile', 'updateInode']);
  }),
);

test(
  'a file that waits is never given up',
  persisting(async (p) => {
    const { blocks } = await p.write('/f');
    p.worker('w1', blocks);
    for (let day = 0; day < 3; day++) {
      for (let round = 0; round < 30; round++) {
        await p.turn(60_000);
        const last = p.control.orders.length - 1;
        p.control.answer(last, { errorKind: 'internal', errorMessage: 'broken' });
      }
      await p.turn(24 * 3_600_000);
      assert.equal(await p.state('/f'), 'TO_BE_PERSISTED');
      assert.equal(p.queue.size, 1);
    }
    p.execute(p.control.orders.at(-1)!.order);
    await p.turn();
    assert.equal(await p.state('/f'), 'PERSISTED');
  }),
);

test(
  'persistence to a mount is paused and resumed by an operator, also over a restart',
  persisting(async (p) => {
    const { blocks } = await p.write('/f');
    await p.pause('/', true, 'disks are being changed');
    p.worker('w1', blocks);
    await p.turn(5000);
    assert.equal(p.control.orders.length, 0);
    const reply = await p.list();
    assert.deepEqual(
      reply.entries!.map(({ state, lastError, attempts }) => [state, lastError, attempts]),
      [['PAUSED', 'persistence to / is paused: disks are being changed', 0]],
    );
    assert.deepEqual([reply.held, reply.total, reply.totalBytes], [1n, 1n, 12n]);
    assert.deepEqual(
      reply.paused!.map(({ path, reason, waiting }) => [path, reason, waiting]),
      [['/', 'persistence to / is paused: disks are being changed', 1n]],
    );
    assert.deepEqual(dump(replayed(p.w)), dump(p.w));
    await rejects('permissionDenied', /alice/, () => p.pause('/', false, undefined, 'alice'));
    await rejects('invalidArgument', 'Cannot pause persistence to "/d": a mount point wanted', () => p.pause('/d', true));
    await p.pause('/', false);
    await p.turn();
    assert.equal(p.control.orders.length, 1);
    assert.deepEqual((await p.list()).paused, []);
  }),
);

test(
  'a pause stays with a mount that is updated, and goes with one that is unmounted',
  persisting(async (p) => {
    const { persistence } = p.w.tree;
    await p.w.mount('/m', 'mem://b');
    await p.pause('/m', true, 'why');
    await updateMount(p.w.c, { alluxioPath: '/m', options: { shared: true } }, 'root');
    const { id } = p.w.mounts.at(normalPath('/m'))!;
    assert.equal(persistence.pauseOf(id), 'why');
    await unmount(p.w.c, { alluxioPath: '/m' }, 'root');
    assert.equal(persistence.pauseOf(id), undefined);
    assert.deepEqual(persistence.snapshot(), []);
  }),
);

test(
  'what waits for a store whose mode forbids writing goes on when it does not any more',
  persisting(async (p) => {
    const { blocks } = await p.write('/f');
    await updateUfsMode(p.w.c, { ufsPath: 'mem://root', options: { ufsMode: fs.UfsPMode.READ_ONLY } }, 'root');
    p.worker('w1', blocks);
    await p.turn(5000);
    assert.equal(p.control.orders.length, 0);
    assert.deepEqual(
      (await p.list()).entries!.map(({ state, lastError }) => [state, lastError]),
      [['PAUSED', 'the mode of the store of / is READ_ONLY']],
    );
    await updateUfsMode(p.w.c, { ufsPath: 'mem://root', options: { ufsMode: fs.UfsPMode.READ_WRITE } }, 'root');
    await p.turn(1001);
    assert.equal(p.control.orders.length, 1);
  }),
);

test(
  'a name on the blacklist waits until it is renamed',
  persisting(
    async (p) => {
      const { blocks } = await p.write('/out/_temporary/f');
      p.worker('w1', blocks);
      await p.turn(5000);
      assert.equal(p.control.orders.length, 0);
      const [entry] = (await p.list()).entries!;
      assert.equal(entry!.state, 'PAUSED');
      assert.match(entry!.lastError!, /"_temporary" are not persisted/);
      await p.w.mv('/out/_temporary', '/out/final');
      await p.turn(11_000);
      assert.equal(p.control.orders.length, 1);
    },
    ['_temporary', ''],
  ),
);

test(
  'a file that is not persisted by itself is when it is renamed to be, or asked for',
  persisting(async (p) => {
    const first = await p.write('/a', { persistenceWaitTime: -1n });
    const second = await p.write('/b', { persistenceWaitTime: -1n });
    p.worker('w1', [...first.blocks, ...second.blocks]);
    await p.turn(60_000);
    assert.equal(p.queue.size, 0);
    await p.w.mv('/a', '/c', { persist: true });
    await p.turn(1001);
    await scheduleAsyncPersistence(p.w.c, { path: '/b' }, 'root');
    await p.turn(1001);
    assert.deepEqual(
      p.control.orders.map(({ order }) => order.fileId),
      [first.file, second.file],
    );
  }),
);

test(
  'a file of others that appears under a name that waits is set aside, not destroyed',
  persisting(async (p) => {
    const { blocks } = await p.write('/d/f');
    p.worker('w1', blocks);
    await p.turn();
    p.w.store.file('d/f', 'of others');
    p.execute(p.control.orders[0]!.order);
    await p.turn();
    assert.equal(await p.state('/d/f'), 'PERSISTED');
    assert.equal(p.w.store.entries.get('d/f')!.bytes.toString(), 'x'.repeat(12));
    const aside = p.stored().find((path) => path.endsWith('.replaced'))!;
    assert.equal(p.w.store.entries.get(aside)!.bytes.toString(), 'of others');
    assert.equal((await p.list()).setAside, 1n);
    assert.deepEqual((await p.w.list('/', { recursive: true })).flat(), ['/d', '/d/f'], 'no name leads to it');
  }),
);

test(
  'a directory of others under a name that waits is told, and the file persists when it is gone',
  persisting(async (p) => {
    const { blocks } = await p.write('/f');
    p.worker('w1', blocks);
    await p.turn();
    p.w.store.directory('f');
    p.execute(p.control.orders[0]!.order);
    await p.turn();
    assert.match((await p.list()).entries![0]!.lastError!, /mem:\/\/root\/f is a directory; remove it$/);
    p.w.store.entries.delete('f');
    await p.turn(2100);
    p.execute(p.control.orders[1]!.order);
    await p.turn();
    assert.deepEqual(p.stored(), ['f']);
  }),
);

test(
  'row 17: delete during persist does not resurrect the file, whenever the worker answers',
  persisting(async (p) => {
    for (const when of ['before', 'while', 'after'] as const) {
      const path = `/${when}`;
      const { blocks } = await p.write(path);
      p.worker('w1', blocks);
      await p.turn();
      const { order } = p.control.orders.at(-1)!;
      if (when === 'before') await p.w.rm(path);
      p.execute(order);
      if (when === 'while') await p.w.rm(path);
      await p.turn();
      if (when === 'after') await p.w.rm(path);
      await p.turn();
      assert.deepEqual(p.stored(), [], when);
      assert.deepEqual((await p.w.list('/')).flat(), [], when);
      assert.equal(p.queue.size, 0);
    }
  }),
);

test(
  'row 21: an order executed twice gives the same result, and leaves nothing',
  persisting(async (p) => {
    const { blocks } = await p.write('/f');
    p.worker('w1', blocks);
    await p.turn();
    const { order } = p.control.orders[0]!;
    p.execute(order);
    p.execute(order);
    await p.turn();
    const fingerprint = (await p.w.status('/f')).ufsFingerprint;
    p.execute(order, 'other bytes!');
    await p.turn();
    assert.deepEqual(p.stored(), ['f']);
    assert.equal(p.w.store.entries.get('f')!.bytes.toString(), 'x'.repeat(12));
    assert.equal((await p.w.status('/f')).ufsFingerprint, fingerprint);
    assert.deepEqual([p.queue.succeeded, p.queue.failed], [1, 0]);
  }),
);

test(
  'a file that may be in a store that does not answer is not LOST yet',
  persisting(async (p) => {
    const { blocks } = await p.write('/f');
    const worker = p.worker('w1', blocks);
    await p.turn();
    p.w.store.before = () => {
      throw fail('unavailable', '503');
    };
    p.lose(worker);
    await p.turn(30_000);
    assert.equal(await p.state('/f'), 'TO_BE_PERSISTED');
    p.w.store.before = () => {};
    await p.turn(30_000);
    assert.equal(await p.state('/f'), 'LOST');
  }),
);

test(
  'row 19: worker lost before persist: the file becomes LOST and is reported, not empty',
  persisting(async (p) => {
    const { blocks } = await p.write('/f');
    const cached = await p.write('/cached', { writeType: MUST_CACHE });
    await p.w.writeThrough('/through', 'content');
    const worker = p.worker('w1', [...blocks, ...cached.blocks], false);
    await p.turn();
    p.lose(worker);
    await p.turn(10_001);
    assert.equal(await p.state('/f'), 'TO_BE_PERSISTED', 'looked at twice');
    await p.turn(5001);
    assert.deepEqual([await p.state('/f'), await p.state('/cached'), await p.state('/through')], ['LOST', 'LOST', 'PERSISTED']);
    const info = await p.w.status('/f');
    assert.deepEqual([info.length, info.blockIds?.length], [12n, 2]);
    const reply = await p.list();
    assert.deepEqual([reply.lost, reply.total], [2n, 0n]);
    assert.deepEqual(
      reply.entries!.map(({ path, state, lastError }) => [path, state, lastError]),
      [
        ['/f', 'LOST', 'no worker that is here has all of its blocks'],
        ['/cached', 'LOST', 'no worker that is here has all of its blocks'],
      ],
    );
  }),
);

test(
  'row 22: LOST returns when the worker does, to what the file was',
  persisting(async (p) => {
    const { blocks } = await p.write('/f');
    const cached = await p.write('/cached', { writeType: MUST_CACHE });
    const worker = p.worker('w1', [...blocks, ...cached.blocks], false);
    await p.turn();
    p.lose(worker);
    await p.turn(20_000);
    assert.deepEqual([await p.state('/f'), await p.state('/cached')], ['LOST', 'LOST']);
    p.stop();
    const again = new PersistWorld(replayed(p.w));
    again.worker('w1', [...blocks, ...cached.blocks]);
    await again.turn();
    assert.deepEqual([await again.state('/f'), await again.state('/cached')], ['TO_BE_PERSISTED', 'NOT_PERSISTED']);
    again.execute(again.control.orders[0]!.order);
    await again.turn();
    assert.deepEqual([await again.state('/f'), again.stored()], ['PERSISTED', ['f']]);
    again.stop();
  }),
);

test(
  'a file is LOST when no worker that is here has all of its bytes, and comes back with them',
  persisting(async (p) => {
    const { blocks } = await p.write('/f', { writeType: MUST_CACHE });
    const [first, second] = [p.worker('w1', blocks.slice(0, 1)), p.worker('w2', blocks.slice(1))];
    await p.turn(20_000);
    assert.equal(await p.state('/f'), 'NOT_PERSISTED');
    p.lose(second);
    await p.turn(20_000);
    assert.equal(await p.state('/f'), 'LOST');
    assert.ok((await pinnedIds(p.w)).includes(p.w.inode('/f')!.id), 'what is left of it is kept');
    p.lose(first);
    p.worker('w2', blocks.slice(1));
    await p.turn(20_000);
    assert.equal(await p.state('/f'), 'LOST');
    p.worker('w1', blocks.slice(0, 1));
    await p.turn();
    assert.equal(await p.state('/f'), 'NOT_PERSISTED');
  }),
);

test(
  'a worker that registers anew makes nothing LOST',
  persisting(async (p) => {
    const { blocks } = await p.write('/f', { writeType: MUST_CACHE });
    const worker = p.worker('w1', blocks);
    await p.turn(9000);
    p.lose(worker);
    await p.turn(2000);
    p.worker('w1', blocks);
    await p.turn(20_000);
    assert.equal(await p.state('/f'), 'NOT_PERSISTED');
  }),
);

test('a file whose cache is lost and that the store has after all is persisted, not LOST', async () => {
  for (const moved of [true, false]) {
    const p = new PersistWorld();
    const { blocks } = await p.write('/f');
    p.worker('w1', blocks);
    await p.turn();
    const temporary = p.control.orders[0]!.order.ufsPath!.slice('mem://root/'.length);
    p.w.store.file(temporary, 'y'.repeat(12));
    if (moved) await p.w.store.rename(temporary, 'f');
    // The master dies, and the worker does not come back.
    p.stop();
    for (const connected of [true, false]) {
      const again = new PersistWorld(replayed(p.w));
      again.worker('w2', [], connected);
      await again.turn(20_000);
      assert.equal(await again.state('/f'), 'PERSISTED');
      assert.equal(again.w.store.entries.get('f')!.bytes.toString(), 'y'.repeat(12));
      again.stop();
    }
  }
});

test(
  'row 16: a rename while persisting leaves what others have put under the old name, and the only copy there is',
  persisting(async (p) => {
    const { blocks } = await p.write('/f');
    const other = await p.write('/g');
    const worker = p.worker('w1', [...blocks, ...other.blocks]);
    await p.turn();
    p.w.store.file('f', 'of others');
    await p.w.mv('/f', '/h');
    assert.equal(p.w.store.entries.get('f')!.bytes.toString(), 'of others');
    const temporary = p.control.orders.find(({ order }) => order.fileId === other.file)!.order.ufsPath!.slice('mem://root/'.length);
    p.w.store.file(temporary, 'y'.repeat(12));
    await p.w.store.rename(temporary, 'g');
    p.lose(worker);
    await rejects('unavailable', /^Cannot rename "\/g": no worker has all of it, mem:\/\/root\/g may be it; try again$/, () =>
      p.w.mv('/g', '/i'),
    );
    assert.equal(p.w.store.entries.get('g')!.bytes.toString(), 'y'.repeat(12));
  }),
);

test(
  'temporary files that a store does not remove now are removed later',
  persisting(async (p) => {
    const { blocks } = await p.write('/f');
    p.worker('w1', blocks);
    await p.turn();
    const { order } = p.control.orders[0]!;
    p.w.store.before = (call) => {
      if (call.startsWith('removeFile')) throw fail('unavailable', '503');
    };
    await p.w.rm('/f').catch(() => undefined);
    p.execute(order, 'half');
    await p.turn();
    p.w.store.before = () => {};
    await p.turn(2000);
    await p.w.rm('/f').catch(() => undefined);
    await p.turn(2000);
    assert.deepEqual(p.stored(), []);
  }),
);

test('a list shows the oldest first, what is below a path, and only what the caller may reach', async () => {
  const p = new PersistWorld();
  for (const path of ['/a/1', '/b/2', '/a/3']) {
    await p.write(path);
    await p.turn(10);
  }
  const paths = async (request: Parameters<PersistWorld['list']>[0], user?: string): Promise<(string | undefined)[]> =>
    (await p.list(request, user)).entries!.map(({ path }) => path);
  assert.deepEqual(await paths({}), ['/a/1', '/b/2', '/a/3']);
  assert.deepEqual(await paths({ path: '/a' }), ['/a/1', '/a/3']);
  const page = await p.list({ limit: 2 });
  assert.deepEqual([page.entries!.length, page.total], [2, 3n]);
  assert.deepEqual(await paths({ limit: 2, afterFileId: page.entries![1]!.fileId! }), ['/a/3']);
  await p.w.set('/a', { mode: { ownerBits: 8, groupBits: 1, otherBits: 1 } });
  assert.deepEqual(await paths({}, 'alice'), ['/b/2']);
  await rejects('permissionDenied', /alice/, () => p.list({ path: '/a' }, 'alice'));
  await rejects('notFound', /nowhere/, () => p.list({ path: '/nowhere' }));
  p.stop();
});
