import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scheduleAsyncPersistence } from '@alluvium/master/file/operations/schedule-async-persistence.js';
import { pmode, program, rejects, replayed, type World } from './world.js';

async function persist(w: World, path: string, user = 'root'): Promise<void> {
  await scheduleAsyncPersistence(w.c, { path }, user);
}

test(
  'a cached file is handed to the queue, also after a restart',
  program(async (w) => {
    await w.write('/f', 3);
    await w.write('/g', 3, { persistenceWaitTime: -1n });
    await persist(w, '/f');
    await persist(w, '/g');
    const ids = [(await w.status('/f')).fileId, (await w.status('/g')).fileId];
    assert.equal((await w.status('/f')).persistenceState, 'TO_BE_PERSISTED');
    assert.deepEqual(w.requested, ids);
    assert.deepEqual(
      [...replayed(w).tree.toBePersisted()].map(([id]) => id),
      ids,
    );
    for (const [, dueMs] of w.tree.toBePersisted()) assert.ok(dueMs <= w.clock.nowMs());
    await persist(w, '/f');
    assert.equal(w.requested.length, 3, 'asking again gives the queue another push');
  }),
);

test(
  'what cannot be persisted',
  program(async (w) => {
    await w.create('/f');
    await w.mkdir('/d');
    await rejects('invalidArgument', 'Cannot persist an incomplete Alluxio file: /f', () => persist(w, '/f'));
    await rejects('notFound', 'Path "/d" must be a file.', () => persist(w, '/d'));
    await rejects('notFound', 'Path "/no" does not exist.', () => persist(w, '/no'));
    assert.deepEqual(w.requested, []);
  }),
);

test(
  'a persisted file is left alone',
  program(async (w) => {
    await w.writeThrough('/f', 'x');
    const before = w.journal.lastSequence;
    await persist(w, '/f');
    assert.equal(w.journal.lastSequence, before);
  }),
);

test(
  'anybody who reaches the file may ask',
  program(async (w) => {
    await w.mkdir('/closed', { mode: pmode(0o700) });
    await w.write('/closed/f', 1);
    await w.write('/f', 1, { mode: pmode(0o600) });
    await persist(w, '/f', 'alice');
    await rejects('permissionDenied', /access=--x, path=\/closed\/f: failed at closed, /, () => persist(w, '/closed/f', 'alice'));
  }),
);

test(
  'a file of that name that only the store has is not overwritten',
  program(async (w) => {
    await w.write('/f', 3);
    w.store.file('f', 'precious');
    await rejects('alreadyExists', 'Cannot persist "/f": mem://root/f exists and is not this file; rename one of them', () =>
      persist(w, '/f'),
    );
    assert.equal((await w.status('/f')).persistenceState, 'NOT_PERSISTED');
    await w.mv('/f', '/g');
    await persist(w, '/g');
  }),
);
