import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodsOf } from '@alluvium/net';
import { getTask } from '@alluvium/master/task/operations.js';
import { startSyncTask } from '@alluvium/master/file/sync/start-sync.js';
import { fileSystemMaster as fs, fsCommon } from '@alluvium/wire';
import { Calls, Gate, isSettled, pmode, program, rejects } from '../world.js';

const client = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const { ALL } = fsCommon.LoadDescendantPType;
const { SyncMetadataState } = fs;

test(
  'syncMetadata answers when the sync has ended',
  program(async (w) => {
    w.store.file('d/f', 'x');
    const { task } = await new Calls(w).unary(client.syncMetadata, { path: '/', options: { loadDescendantType: ALL } });
    assert.equal(task?.[0]?.state, SyncMetadataState.SUCCEEDED);
    assert.equal(task?.[0]?.successOpCount, 2n);
    assert.ok(w.inode('/d/f'));
  }),
);

test(
  'syncMetadataAsync goes on by itself, can be looked at and cancelled',
  program(async (w) => {
    const calls = new Calls(w);
    w.store.file('d/f', 'x');
    const gate = new Gate();
    w.store.before = () => gate.passed;
    const { taskGroupId, taskIds, submitted } = await calls.unary(client.syncMetadataAsync, {
      path: '/',
      options: { loadDescendantType: ALL },
    });
    assert.deepEqual([submitted, taskIds], [true, [taskGroupId]]);
    const state = async (): Promise<fs.SyncMetadataState | undefined> =>
      (await calls.unary(client.getSyncProgress, { taskGroupId })).task?.[0]?.state;
    assert.equal(await state(), SyncMetadataState.RUNNING);
    assert.deepEqual(await calls.unary(client.cancelSyncMetadata, { taskGroupId }), { success: true });
    gate.open();
    await isSettled(Promise.resolve());
    assert.equal(await state(), SyncMetadataState.CANCELED);
    assert.deepEqual(await calls.unary(client.cancelSyncMetadata, { taskGroupId }), { success: false });
  }),
);

test(
  'an unknown task group, or that of another user',
  program(async (w) => {
    const calls = new Calls(w);
    const { taskGroupId } = await calls.unary(client.syncMetadataAsync, { path: '/' });
    await rejects('notFound', 'Task group id 77 not found', () => calls.unary(client.getSyncProgress, { taskGroupId: 77n }));
    await rejects('notFound', 'Task group id 77 not found', () => calls.unary(client.cancelSyncMetadata, { taskGroupId: 77n }));
    await rejects('notFound', /not found/, () => calls.unary(client.getSyncProgress, { taskGroupId }, 'alice'));
  }),
);

test(
  'active sync is refused in the words of 2.9.4',
  program(async (w) => {
    const calls = new Calls(w);
    await w.mkdir('/d');
    const text = 'Active Syncing is not supported on this UFS type: local';
    await rejects('internal', text, () => calls.unary(client.startSync, { path: '/d' }));
    await rejects('invalidArgument', '/d is not a sync point', () => calls.unary(client.stopSync, { path: '/d' }));
    await rejects('permissionDenied', /Permission denied/, () => calls.unary(client.startSync, { path: '/d' }, 'alice'));
    assert.deepEqual(await calls.unary(client.getSyncPathList, {}), {});
  }),
);

test(
  'who may not list a path may not have it synced, and is shown only what he may see',
  program(async (w) => {
    w.store.file('open/f', 'x');
    w.store.file('shut/in/f', 'x');
    await w.list('/', { recursive: true });
    await w.set('/shut', { mode: pmode(0o700), owner: 'root' });
    await rejects('permissionDenied', /./, () => startSyncTask(w.c, { path: '/shut' }, 'alice'));
    await rejects('permissionDenied', /./, () => startSyncTask(w.c, { path: '/shut/in' }, 'alice'));
    const { taskId } = startSyncTask(w.c, { path: '/' }, 'alice');
    await isSettled(Promise.resolve());
    const { task, directories } = getTask(w.c, { taskId, directories: 10 }, 'alice');
    assert.equal(task?.state, 2);
    assert.deepEqual(directories?.map(({ path }) => path).toSorted(), ['/', '/open']);
    assert.equal(getTask(w.c, { taskId, directories: 10 }, 'root').directories?.length, 4);
  }),
);

for (const requestsPerSecond of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(
    `${requestsPerSecond} requests per second`,
    program(async (w) => {
      await rejects('invalidArgument', /requests per second/, () => startSyncTask(w.c, { path: '/', requestsPerSecond }, 'root'));
    }),
  );
}

test(
  'checkConsistency names what the store lacks or has otherwise, and changes nothing',
  program(async (w) => {
    for (const path of ['d/same', 'd/longer', 'd/gone', 'd/e/x', 'd/e/y', 'd/k/z']) w.store.file(path, 'abc');
    await w.list('/', { recursive: true });
    await w.write('/d/mine', 3);
    const calls = new Calls(w);
    const check = async (path: string): Promise<string[]> =>
      ((await calls.unary(client.checkConsistency, { path, options: {} })).inconsistentPaths ?? []).toSorted();
    assert.deepEqual(await check('/d'), []);
    w.store.file('d/longer', 'abcdef');
    for (const path of ['d/gone', 'd/e', 'd/e/x', 'd/e/y']) w.store.entries.delete(path);
    w.store.file('d/new', 'x');
    const before = w.journal.operations.length;
    assert.deepEqual(await check('/d'), ['/d/e', '/d/e/x', '/d/e/y', '/d/gone', '/d/longer']);
    assert.deepEqual(await check('/d/gone'), ['/d/gone']);
    assert.deepEqual(await check('/d/mine'), []);
    assert.equal(w.journal.operations.length, before);
    await rejects('notFound', /./, () => check('/nothing'));
  }),
);

test(
  'only so many syncs are under way',
  program(async (w) => {
    const gate = new Gate();
    w.store.before = () => gate.passed;
    for (let i = 0; i < 64; i++) startSyncTask(w.c, { path: '/' }, 'root');
    await rejects('resourceExhausted', /64 syncs are under way/, () => startSyncTask(w.c, { path: '/' }, 'root'));
    gate.open();
    await isSettled(Promise.resolve());
    startSyncTask(w.c, { path: '/' }, 'root');
    await isSettled(Promise.resolve());
  }),
);
