import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodsOf } from '@alluvium/net';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { Calls, Gate, isSettled, operationId, program, rejects, type World } from '../world.js';

const client = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const NOW = { commonOptions: { syncIntervalMs: 0n } };

async function status(w: World, path: string, syncIntervalMs?: bigint): Promise<fs.FileInfo> {
  const options = syncIntervalMs === undefined ? {} : { commonOptions: { syncIntervalMs } };
  return (await new Calls(w).unary(client.getStatus, { path, options })).fileInfo!;
}

test(
  'a status with an interval of 0 is what the store has, one without is what is known',
  program(async (w) => {
    w.store.file('f', 'one');
    assert.equal((await status(w, '/f')).length, 3n);
    w.store.file('f', 'longer');
    assert.equal((await status(w, '/f')).length, 3n);
    assert.equal((await status(w, '/f', -1n)).length, 3n);
    assert.equal((await status(w, '/f', 0n)).length, 6n);
    w.store.entries.delete('f');
    assert.equal((await status(w, '/f')).length, 6n);
    await rejects('notFound', 'Path "/f" does not exist.', () => status(w, '/f', 0n));
  }),
);

test(
  'an interval counts from the last sync',
  program(async (w) => {
    w.store.file('f', 'one');
    await status(w, '/f', 1000n);
    w.store.calls.length = 0;
    w.store.file('f', 'longer');
    await w.clock.advance(999);
    assert.equal((await status(w, '/f', 1000n)).length, 3n);
    assert.deepEqual(w.store.calls, []);
    await w.clock.advance(1);
    assert.equal((await status(w, '/f', 1000n)).length, 6n);
  }),
);

test(
  'without an interval a status is answered in the same synchronous stretch',
  program(async (w) => {
    await w.create('/f');
    const calls = new Calls(w);
    const find = (): unknown => calls.now(client.getStatus, { path: '/f', options: { commonOptions: { syncIntervalMs: -1n } } });
    assert.ok(!(find() instanceof Promise));
    // Something else that is to sync changes nothing about that.
    await calls.unary(client.needsSync, { path: '/elsewhere' });
    assert.ok(!(find() instanceof Promise));
  }),
);

test(
  'needsSync makes the next look, and only that, a sync',
  program(async (w) => {
    const calls = new Calls(w);
    w.store.file('d/f', 'one');
    await w.list('/d');
    w.store.file('d/f', 'longer');
    w.store.file('d/g', 'new');
    await calls.unary(client.needsSync, { path: '/d' });
    assert.deepEqual((await w.list('/d')).flat(), ['/d/f', '/d/g']);
    assert.equal((await status(w, '/d/f')).length, 6n);
    w.store.calls.length = 0;
    await w.list('/d');
    assert.deepEqual(w.store.calls, []);
  }),
);

test(
  'a listing with an interval of 0 shows what the store has, also all that is below',
  program(async (w) => {
    w.store.file('d/f', 'one');
    w.store.file('d/e/g', 'one');
    assert.deepEqual((await w.list('/d', { recursive: true })).flat(), ['/d/e', '/d/e/g', '/d/f']);
    w.store.entries.delete('d/f');
    w.store.file('d/e/h', 'new');
    assert.deepEqual((await w.list('/d', NOW)).flat(), ['/d/e']);
    assert.deepEqual((await w.list('/d', { ...NOW, recursive: true })).flat(), ['/d/e', '/d/e/g', '/d/e/h']);
    const tasks = [...w.c.tasks.all()];
    assert.deepEqual(
      tasks.map(({ kind, path, state }) => [kind, path, state]),
      [['sync', '/d', 'SUCCEEDED']],
    );
  }),
);

test(
  'later pages of a listing do not sync again',
  program(async (w) => {
    const calls = new Calls(w);
    for (const name of ['a', 'b', 'c']) w.store.file(`d/${name}`, 'x');
    const page = (options: fs.ListStatusPartialPOptions): Promise<fs.ListStatusPartialPResponse> =>
      calls.unary(client.listStatusPartial, { path: '/d', options: { batchSize: 2, options: NOW, ...options } });
    assert.equal((await page({})).fileInfos?.length, 2);
    w.store.calls.length = 0;
    assert.equal((await page({ startAfter: 'b' })).fileInfos?.length, 1);
    assert.deepEqual(w.store.calls, []);
  }),
);

/** Operations on /d/f, which has come to the store, and what they come to know by syncing first. */
const OPERATIONS: Readonly<Record<string, (calls: Calls, w: World) => Promise<void>>> = {
  exists: async (calls) => assert.ok((await calls.unary(client.exists, { path: '/d/f', options: NOW })).exists),
  checkAccess: async (calls) => void (await calls.unary(client.checkAccess, { path: '/d/f', options: { ...NOW, bits: 1 } })),
  setAttribute: async (calls, w) => {
    await calls.unary(client.setAttribute, { path: '/d/f', options: { commonOptions: { ...NOW.commonOptions, ttl: 5n } } });
    assert.equal(w.inode('/d/f')?.ttlMs, 5);
  },
  remove: async (calls, w) => {
    await calls.unary(client.remove, { path: '/d/f', options: NOW });
    assert.ok(!w.store.entries.has('d/f'));
  },
};
for (const [name, run] of Object.entries(OPERATIONS)) {
  test(
    `${name} syncs first`,
    program(async (w) => {
      await w.mkdir('/d');
      // Known to be absent.
      await rejects('notFound', /./, () => w.status('/d/f'));
      w.store.file('d/f', 'x');
      await run(new Calls(w), w);
    }),
  );
}

test(
  'createFile and rename find what has come to the store',
  program(async (w) => {
    const calls = new Calls(w);
    await w.mkdir('/d');
    await w.create('/d/a');
    await rejects('notFound', /./, () => w.status('/d/f'));
    w.store.file('d/f', 'x');
    const create = { path: '/d/f', options: { ...NOW, blockSizeBytes: 10n, writeType: fs.WritePType.MUST_CACHE } };
    await rejects('alreadyExists', /already exists/, () => calls.unary(client.createFile, create));
    w.store.file('d/g', 'x');
    await rejects('alreadyExists', /already exists/, () => calls.unary(client.rename, { path: '/d/a', dstPath: '/d/g', options: NOW }));
  }),
);

test(
  'a remove that leaves the store alone does not sync',
  program(async (w) => {
    w.store.file('d/f', 'x');
    await w.list('/d');
    w.store.calls.length = 0;
    await new Calls(w).unary(client.remove, { path: '/d/f', options: { ...NOW, alluxioOnly: true } });
    assert.deepEqual(w.store.calls, []);
  }),
);

test(
  'a remove may ask for a new look at the parent',
  program(async (w) => {
    w.store.file('d/f', 'x');
    await w.list('/d');
    w.store.file('d/g', 'x');
    const options = { alluxioOnly: true, syncParentNextTime: true, commonOptions: { operationId: operationId() } };
    await new Calls(w).unary(client.remove, { path: '/d/f', options });
    assert.deepEqual((await w.list('/d')).flat(), ['/d/f', '/d/g']);
  }),
);

test(
  'while the store cannot be asked, calls that would sync go on with what is known',
  program(async (w) => {
    w.store.file('f', 'one');
    await status(w, '/f');
    w.store.before = () => {
      throw new Error('no route to the store');
    };
    assert.equal((await status(w, '/f', 0n)).length, 3n);
    await assert.rejects(status(w, '/unknown', 0n), /no route to the store/, 'nobody knows that it is not there');
    await assert.rejects(w.list('/unknown', NOW), /no route to the store/);
    w.store.before = () => {};
    w.store.file('f', 'longer');
    assert.equal((await status(w, '/f', 1000n)).length, 6n, 'a sync that failed does not count');
  }),
);

test(
  'accesses to one path share a sync that begins after they came',
  program(async (w) => {
    w.store.file('f', 'one');
    await status(w, '/f');
    const gate = new Gate();
    w.store.calls.length = 0;
    w.store.before = () => gate.passed;
    const first = status(w, '/f', 0n);
    await isSettled(first);
    w.store.file('f', 'longer');
    const others = Array.from({ length: 50 }, () => status(w, '/f', 0n));
    gate.open();
    for (const { length } of await Promise.all(others)) assert.equal(length, 6n);
    await first;
    assert.deepEqual(w.store.calls, ['status f', 'status f']);
  }),
);

test(
  'a call that needs a sync waits for its own path only',
  program(async (w) => {
    for (const name of ['a/f', 'b/f']) w.store.file(name, 'x');
    await w.list('/', { recursive: true });
    const gate = new Gate();
    w.store.before = (call) => (call.startsWith('list a') ? gate.passed : undefined);
    const slow = w.list('/', { ...NOW, recursive: true });
    assert.equal(await isSettled(slow), false);
    await status(w, '/b/f', 0n);
    await status(w, '/a/f', 0n);
    await w.create('/a/new');
    await w.mv('/b', '/c');
    gate.open();
    await slow;
    assert.ok(w.inode('/a/new') && w.inode('/c/f') && !w.inode('/b'));
  }),
);
