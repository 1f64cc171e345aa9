import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, type BlockId, type InodeId } from '@alluvium/base';
import type { Begun } from '@alluvium/master/persist/persist-steps.js';
import { updateMount } from '@alluvium/master/file/operations/update-mount.js';
import { PersistenceSteps } from '@alluvium/master/file/persistence-steps.js';
import type { workerControl } from '@alluvium/wire';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { Gate, isSettled, pmode, program, rejects, replayed, World } from './world.js';

const { ASYNC_THROUGH } = fs.WritePType;
const overwrite = { s3SyntaxOptions: { overwrite: true } };

/** A file written to the cache that waits to be persisted, with a worker that has its blocks. */
async function waiting(w: World, path: string, length = 12): Promise<InodeId> {
  await w.write(path, length, { writeType: ASYNC_THROUGH, recursive: true, mode: pmode(0o640) });
  const id = w.inode(path)!.id;
  const { workers } = w.blocks;
  const worker = workers.find(workers.announce({ host: 'w1', rpcPort: 1 }))!;
  const { blockIds } = await w.status(path);
  workers.addBlocks(worker, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: blockIds as BlockId[] });
  return id;
}

/** What the worker does: the temporary file. */
function written(w: World, order: workerControl.PersistOrder, content = 'x'.repeat(Number(order.length))): workerControl.PersistResult {
  w.store.file(relative(order), content);
  return { orderId: order.orderId!, length: BigInt(content.length) };
}

function relative(order: workerControl.PersistOrder): string {
  return order.ufsPath!.slice('mem://root/'.length);
}

async function begun(steps: PersistenceSteps, file: InodeId, orderId: bigint): Promise<workerControl.PersistOrder> {
  return (await ordered(steps, file, orderId)).order;
}

async function ordered(steps: PersistenceSteps, file: InodeId, orderId: bigint): Promise<Begun & { kind: 'order' }> {
  const answer = await steps.begin(file, orderId);
  assert.equal(answer.kind, 'order');
  return answer as Begun & { kind: 'order' };
}

/** Files that may be begun with now. */
function due(w: World, steps: PersistenceSteps): InodeId[] {
  return [...steps.waiting()].filter(({ fromMs }) => fromMs <= w.clock.nowMs()).map(({ file }) => file);
}

/** Files of the store, without the directory of temporary ones. */
function stored(w: World): string[] {
  return w.store.paths().filter((path) => path !== '.alluxio_ufs_persistence');
}

test(
  'a file is persisted: order, temporary file, rename, journal',
  program(async (w) => {
    const steps = new PersistenceSteps(w.c);
    const file = await waiting(w, '/d/f');
    assert.deepEqual(due(w, steps), [file]);
    const { order, workers } = await ordered(steps, file, 77n);
    assert.equal(workers.length, 1);
    assert.match(order.ufsPath!, /^mem:\/\/root\/\.alluxio_ufs_persistence\/\d+\.alluxio\.\d+\.[0-9a-f-]{36}\.tmp$/);
    assert.deepEqual([order.length, order.blocks?.length, order.owner, order.mode], [12n, 2, 'root', 0o640]);
    await steps.finish(file, written(w, order));
    assert.deepEqual(stored(w), ['d', 'd/f']);
    const info = await w.status('/d/f');
    assert.deepEqual([info.persisted, info.length], [true, 12n]);
    assert.match(info.ufsFingerprint!, /OWNER\|root GROUP\|root MODE\|416 CONTENT_HASH\|\(len:12,/);
    assert.equal((await w.status('/d')).persisted, true);
    assert.deepEqual(due(w, steps), []);
    assert.deepEqual(await steps.begin(file, 78n), { kind: 'done' }, 'nothing is left to do');
  }),
);

test(
  'a file that waits for its time is not begun with',
  program(async (w) => {
    const steps = new PersistenceSteps(w.c);
    await w.write('/f', 1, { writeType: ASYNC_THROUGH, persistenceWaitTime: 1000n });
    await w.write('/never', 1, { writeType: ASYNC_THROUGH, persistenceWaitTime: -1n });
    await w.create('/incomplete', { writeType: ASYNC_THROUGH });
    assert.deepEqual(due(w, steps), []);
    await w.clock.advance(1000);
    assert.deepEqual(due(w, steps), [w.inode('/f')!.id]);
  }),
);

test(
  'without all blocks, and on a read-only mount, no attempt begins',
  program(async (w) => {
    const steps = new PersistenceSteps(w.c);
    await w.write('/f', 1, { writeType: ASYNC_THROUGH });
    assert.deepEqual(await steps.begin(w.inode('/f')!.id, 1n), {
      kind: 'missing',
      reason: 'no worker that is here has all blocks of "/f"',
    });
    await w.mount('/m', 'mem://b');
    const file = await waiting(w, '/m/g');
    await updateMount(w.c, { alluxioPath: '/m', options: { readOnly: true } }, 'root');
    await rejects('failedPrecondition', 'Cannot persist "/m/g": the mount point /m is read-only', () => steps.begin(file, 2n));
  }),
);

test(
  'a file that is renamed while it is persisted lands under its new name',
  program(async (w) => {
    const steps = new PersistenceSteps(w.c);
    const file = await waiting(w, '/d/f');
    const order = await begun(steps, file, 1n);
    await w.mv('/d', '/e');
    await w.mv('/e/f', '/e/g');
    await steps.finish(file, written(w, order));
    assert.deepEqual(stored(w), ['e', 'e/g']);
    assert.equal((await w.status('/e/g')).persisted, true);
  }),
);

test(
  'a rename that comes while the file is put in its place waits, and moves it in the store too',
  program(async (w) => {
    const steps = new PersistenceSteps(w.c);
    const file = await waiting(w, '/f');
    const order = await begun(steps, file, 1n);
    const gate = new Gate();
    const reached = new Gate();
    w.store.before = (call) => {
      if (!call.startsWith('rename .alluxio')) return undefined;
      reached.open();
      return gate.passed;
    };
    const finishing = steps.finish(file, written(w, order));
    await reached.passed;
    const renaming = w.mv('/f', '/g');
    assert.equal(await isSettled(renaming), false);
    gate.open();
    await Promise.all([finishing, renaming]);
    assert.deepEqual(stored(w), ['g']);
    assert.equal((await w.status('/g')).persisted, true);
  }),
);

test(
  'a file that is removed while it is persisted stays removed, and its temporary file goes',
  program(async (w) => {
    const steps = new PersistenceSteps(w.c);
    const file = await waiting(w, '/f');
    const order = await begun(steps, file, 1n);
    const result = written(w, order);
    await w.rm('/f');
    await steps.finish(file, result);
    assert.deepEqual(stored(w), []);
    await rejects('notFound', /.*/, () => w.status('/f'));
  }),
);

test(
  'a file that is overwritten while it is persisted: the old bytes never show',
  program(async (w) => {
    const steps = new PersistenceSteps(w.c);
    const old = await waiting(w, '/f');
    const order = await begun(steps, old, 1n);
    await w.create('/f', { overwrite: true });
    await steps.finish(old, written(w, order));
    assert.deepEqual(stored(w), []);
    const other = await waiting(w, '/g');
    const second = await begun(steps, other, 2n);
    await waiting(w, '/h', 5);
    await w.mv('/h', '/g', overwrite);
    await steps.finish(other, written(w, second));
    assert.deepEqual(stored(w), []);
    assert.equal((await w.status('/g')).length, 5n);
  }),
);

test(
  'bytes of another length than the file s are no success',
  program(async (w) => {
    const steps = new PersistenceSteps(w.c);
    const file = await waiting(w, '/f');
    const order = await begun(steps, file, 1n);
    await rejects('dataLoss', 'Cannot persist "/f": 3 bytes were written; the file has 12', () =>
      steps.finish(file, written(w, order, 'abc')),
    );
    await rejects('aborted', /^Cannot persist "\/f": mem:\/\/root\/f has 3 bytes after the rename; 12 expected$/, () =>
      steps.finish(file, { ...written(w, order, 'abc'), length: 12n }),
    );
    assert.equal((await w.status('/f')).persistenceState, 'TO_BE_PERSISTED');
    await steps.failed(file, 1n, undefined);
    await steps.finish(file, written(w, await begun(steps, file, 2n)));
    assert.equal((await w.status('/f')).persisted, true);
    assert.deepEqual(stored(w), ['f']);
  }),
);

test(
  'an abandoned attempt leaves nothing in the store, a late result of it counts for nothing',
  program(async (w) => {
    const steps = new PersistenceSteps(w.c);
    const file = await waiting(w, '/f');
    const first = await begun(steps, file, 1n);
    const late = written(w, first);
    await steps.failed(file, 1n, undefined);
    assert.deepEqual(stored(w), []);
    const second = await begun(steps, file, 2n);
    await steps.finish(file, late);
    assert.equal((await w.status('/f')).persistenceState, 'TO_BE_PERSISTED');
    await steps.finish(file, written(w, second));
    assert.equal((await w.status('/f')).persisted, true);
  }),
);

test(
  'a store that fails at any step leaves a file that can be persisted again',
  program(async (w) => {
    const steps = new PersistenceSteps(w.c);
    const file = await waiting(w, '/d/f');
    let orderId = 1n;
    for (const step of ['makeDirectory d', 'rename .alluxio', 'status d/f']) {
      const order = await begun(steps, file, orderId);
      const result = written(w, order);
      w.store.before = (call) => {
        if (call.startsWith(step)) throw fail('unavailable', '503');
      };
      await rejects('unavailable', '503', () => steps.finish(file, result));
      w.store.before = () => {};
      await steps.failed(file, orderId++, undefined);
      assert.equal((await w.status('/d/f')).persistenceState, 'TO_BE_PERSISTED', step);
    }
    await steps.finish(file, written(w, await begun(steps, file, orderId)));
    assert.deepEqual(stored(w), ['d', 'd/f']);
  }),
);

test('a crash after the rename in the store: the next start does it again, with nothing left over', async () => {
  const w = new World();
  const steps = new PersistenceSteps(w.c);
  const file = await waiting(w, '/f');
  const result = written(w, await begun(steps, file, 1n));
  w.store.before = (call) => {
    if (call === 'status f') w.journal.refusal = fail('unavailable', 'killed');
  };
  await rejects('unavailable', 'killed', () => steps.finish(file, result));
  assert.deepEqual(stored(w), ['f']);
  w.store.before = () => {};
  const again = replayed(w);
  const { workers } = again.blocks;
  const worker = workers.find(workers.announce({ host: 'w1', rpcPort: 1 }))!;
  workers.addBlocks(worker, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: (await again.status('/f')).blockIds as BlockId[] });
  const more = new PersistenceSteps(again.c);
  assert.deepEqual(due(again, more), [file]);
  await more.finish(file, written(again, await begun(more, file, 9n)));
  assert.deepEqual(stored(again), ['f']);
  assert.equal((await again.status('/f')).persisted, true);
});

test('a crash before the rename: the next attempt clears the temporary file away', async () => {
  const w = new World();
  const file = await waiting(w, '/f');
  written(w, await begun(new PersistenceSteps(w.c), file, 1n));
  assert.equal(stored(w).length, 1);
  const again = replayed(w);
  const { workers } = again.blocks;
  const worker = workers.find(workers.announce({ host: 'w1', rpcPort: 1 }))!;
  workers.addBlocks(worker, { tierAlias: 'MEM', mediumType: 'MEM', blockIds: (await again.status('/f')).blockIds as BlockId[] });
  await begun(new PersistenceSteps(again.c), file, 2n);
  assert.deepEqual(stored(again), []);
});

test(
  'a mount that is updated meanwhile: the temporary file goes all the same',
  program(async (w) => {
    const store = w.stores.at('mem://b');
    await w.mount('/m', 'mem://b');
    const steps = new PersistenceSteps(w.c);
    const file = await waiting(w, '/m/f');
    const order = await begun(steps, file, 1n);
    store.file(order.ufsPath!.slice('mem://b/'.length), 'x'.repeat(12));
    await updateMount(w.c, { alluxioPath: '/m', options: {} }, 'root');
    await steps.failed(file, 1n, undefined);
    assert.deepEqual(
      store.paths().filter((path) => path.endsWith('.tmp')),
      [],
    );
  }),
);

test(
  'nothing is moved in the store while the journal refuses',
  program(async (w) => {
    const steps = new PersistenceSteps(w.c);
    const file = await waiting(w, '/d/f');
    const order = await begun(steps, file, 1n);
    const result = written(w, order);
    w.journal.refusal = fail('resourceExhausted', 'full');
    await rejects('resourceExhausted', 'full', () => steps.finish(file, result));
    assert.deepEqual(stored(w), [relative(order)]);
    w.journal.refusal = undefined;
    await steps.finish(file, result);
    assert.deepEqual(stored(w), ['d', 'd/f']);
  }),
);

test(
  'what was changed meanwhile is carried to the store',
  program(async (w) => {
    const steps = new PersistenceSteps(w.c);
    const file = await waiting(w, '/f');
    const order = await begun(steps, file, 1n);
    await w.set('/f', { owner: 'alice', group: 'users', mode: pmode(0o600) });
    await steps.finish(file, written(w, order));
    const entry = w.store.entries.get('f')!;
    assert.deepEqual([entry.owner, entry.group, entry.mode], ['alice', 'users', 0o600]);
  }),
);

test(
  'a file that an attempt has brought into the store without journaling it leaves the store with the name',
  program(async (w) => {
    for (const act of [(path: string) => w.rm(path), (path: string) => w.mv(path, `${path}-renamed`)]) {
      const steps = new PersistenceSteps(w.c);
      const path = `/f${w.journal.lastSequence}`;
      const file = await waiting(w, path);
      const order = await begun(steps, file, 7n);
      const result = written(w, order);
      let moved = false;
      w.store.before = (call) => {
        if (call === `status ${path.slice(1)}` && moved) throw fail('unavailable', 'no store');
        moved ||= call.startsWith('rename');
      };
      await assert.rejects(steps.finish(file, result));
      w.store.before = () => {};
      await steps.failed(file, 7n, undefined);
      assert.ok(stored(w).includes(path.slice(1)), 'the store has it');
      assert.equal((await w.status(path)).persisted, false);
      await act(path);
      assert.ok(!stored(w).includes(path.slice(1)), 'and nobody would know why');
    }
  }),
);
