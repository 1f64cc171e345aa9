import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { assertRebuilt, isSettled, operationId, pmode, program, rejects, replayed, World } from './world.js';

const { THROUGH, ASYNC_THROUGH } = fs.WritePType;
const overwrite = { s3SyntaxOptions: { overwrite: true } };

test(
  'a rename moves the inode and touches both parents',
  program(async (w) => {
    await w.mkdir('/a');
    await w.mkdir('/b');
    await w.write('/a/f', 12);
    const before = await w.status('/a/f');
    await w.clock.advance(2);
    await w.mv('/a/f', '/b/g');
    const after = await w.status('/b/g');
    assert.equal(w.inode('/a/f'), undefined);
    assert.deepEqual([after.fileId, after.blockIds, after.length], [before.fileId, before.blockIds, before.length]);
    assert.equal(after.ufsPath, 'mem://root/b/g');
    for (const parent of ['/a', '/b']) assert.equal((await w.status(parent)).lastModificationTimeMs, BigInt(w.clock.nowMs()), parent);
    assert.deepEqual(w.freed, []);
  }),
);

test(
  'a directory moves with all below it, in one journal entry',
  program(async (w) => {
    for (const path of ['/a/b/1', '/a/b/c/2']) await w.create(path, { recursive: true });
    const before = w.journal.lastSequence;
    await w.mv('/a/b', '/z');
    assert.deepEqual(w.journal.kinds(before), ['rename']);
    assert.deepEqual((await w.list('/', { recursive: true })).flat(), ['/a', '/z', '/z/1', '/z/c', '/z/c/2']);
  }),
);

test(
  'a rename to itself does nothing',
  program(async (w) => {
    await w.create('/f');
    const before = w.journal.lastSequence;
    await w.mv('/f', '/f');
    await w.mv('/f', '//x/../f/');
    assert.equal(w.journal.lastSequence, before);
    await rejects('notFound', 'Path "/no" does not exist.', () => w.mv('/no', '/no'));
  }),
);

test(
  'what cannot be renamed',
  program(async (w) => {
    await w.mkdir('/d/e', { recursive: true });
    await w.create('/f');
    await w.create('/g');
    await rejects('notFound', 'Path "/no" does not exist.', () => w.mv('/no', '/x'));
    await rejects('alreadyExists', 'Cannot rename because destination already exists. src: /f dst: /g', () => w.mv('/f', '/g'));
    await rejects('alreadyExists', 'Cannot rename because destination already exists. src: /f dst: /d', () => w.mv('/f', '/d'));
    await rejects('alreadyExists', /src: \/d\/e dst: \/d$/, () => w.mv('/d/e', '/d'));
    await rejects('notFound', 'Path "/no/deep" does not exist.', () => w.mv('/f', '/no/deep/x'));
    await rejects('invalidArgument', 'Cannot rename because /d is a prefix of /d/e/x', () => w.mv('/d', '/d/e/x'));
    await rejects('invalidArgument', 'The root directory cannot be renamed', () => w.mv('/', '/x'));
    await rejects('invalidArgument', 'Cannot rename a path to the root directory', () => w.mv('/d', '/'));
    await rejects('invalidArgument', /^Traversal failed for path \/f\/x\. /, () => w.mv('/g', '/f/x'));
    await rejects('invalidArgument', /is invalid\.$/, () => w.mv('/g', '/\0'));
    await rejects('invalidArgument', /kept for temporary files/, () => w.mv('/g', '/x.alluxio.0x0123456789abcdef.tmp'));
    await w.mv('/d', '/dd');
    await w.mv('/dd', '/d');
  }),
);

test(
  'overwriting, as S3 has it, replaces a file',
  program(async (w) => {
    await w.write('/f', 3);
    await w.write('/g', 25);
    await w.mkdir('/d');
    const { blockIds } = await w.status('/g');
    await w.mv('/f', '/g', overwrite);
    assert.equal((await w.status('/g')).length, 3n);
    assert.deepEqual(w.freed, blockIds);
    await rejects('alreadyExists', /.*/, () => w.mv('/g', '/d', overwrite));
    await rejects('alreadyExists', /.*/, () => w.mv('/d', '/g', overwrite));
  }),
);

test(
  'a persisted source is renamed in the store, below directories made for it',
  program(async (w) => {
    await w.writeThrough('/a/f', 'x');
    await w.mkdir('/b', { mode: pmode(0o710) });
    await w.mv('/a/f', '/b/g');
    assert.deepEqual(w.store.paths(), ['a', 'b', 'b/g']);
    assert.equal(w.store.entries.get('b')?.mode, 0o710);
    assert.equal((await w.status('/b')).persisted, true);
    assert.equal((await w.status('/b/g')).persisted, true);
  }),
);

test(
  'a source that only the store has is found, and so is a target',
  program(async (w) => {
    w.store.file('old', 'x');
    w.store.file('other', 'yy');
    await rejects('alreadyExists', /dst: \/other$/, () => w.mv('/old', '/other'));
    await w.mv('/old', '/new');
    assert.deepEqual(w.store.paths(), ['new', 'other']);
    await w.write('/cached', 1, { writeType: ASYNC_THROUGH });
    w.store.file('unseen', 'z');
    await rejects('alreadyExists', /dst: \/unseen$/, () => w.mv('/cached', '/unseen'));
  }),
);

test(
  'replacing a persisted file by one that is not removes it from the store',
  program(async (w) => {
    await w.writeThrough('/g', 'old');
    await w.write('/f', 3);
    await w.mv('/f', '/g', overwrite);
    assert.deepEqual(w.store.paths(), []);
    assert.equal((await w.status('/g')).persistenceState, 'NOT_PERSISTED');
  }),
);

test(
  'a store that refuses: nothing changes here',
  program(async (w) => {
    await w.writeThrough('/f', 'x');
    w.store.before = (call) => {
      if (call.startsWith('rename')) throw fail('unavailable', '503');
    };
    await rejects('unknown', 'Failed to rename mem://root/f to mem://root/g in the under file system: 503', () => w.mv('/f', '/g'));
    assert.equal((await w.status('/f')).length, 1n);
    assert.equal(w.inode('/g'), undefined);
    w.store.before = () => {};
    await w.mv('/f', '/g');
  }),
);

test('a journal that refuses after the store has renamed: the store is told to take it back', async () => {
  const w = new World();
  await w.writeThrough('/f', 'x');
  w.store.before = (call) => {
    if (call === 'rename f g') w.journal.refusal = fail('resourceExhausted', 'disk full');
  };
  await rejects('resourceExhausted', 'disk full', () => w.mv('/f', '/g'));
  assert.deepEqual(w.store.paths(), ['f']);
  assert.equal((await w.status('/f')).length, 1n);
  w.journal.refusal = undefined;
  w.store.before = () => {};
  await w.mv('/f', '/g');
  assertRebuilt(w);
});

test('a journal that refuses before: the store is not asked', async () => {
  const w = new World();
  await w.writeThrough('/f', 'x');
  w.store.calls.length = 0;
  w.journal.refusal = fail('resourceExhausted', 'disk full');
  await rejects('resourceExhausted', 'disk full', () => w.mv('/f', '/g'));
  assert.deepEqual(w.store.calls, []);
});

test(
  'no rename across mounts, onto a mount point, or of one',
  program(async (w) => {
    await w.mount('/m', 'mem://b');
    await w.mkdir('/d');
    await w.mount('/d/n', 'mem://c');
    await w.create('/f');
    await rejects('invalidArgument', 'Renaming /f to /m/f is a cross mount operation', () => w.mv('/f', '/m/f'));
    await rejects('invalidArgument', '/m is a mount point and cannot be renamed onto', () => w.mv('/f', '/m'));
    await rejects('invalidArgument', /mount/, () => w.mv('/m', '/x'));
    await rejects('invalidArgument', /^Cannot rename \/d because it is or contains the mount point \/d\/n$/, () => w.mv('/d', '/x'));
    await w.create('/m/a');
    await w.mv('/m/a', '/m/b');
  }),
);

test(
  'no rename on a read-only mount',
  program(async (w) => {
    w.stores.at('mem://b').file('f', 'x');
    await w.mount('/m', 'mem://b', { readOnly: true });
    await rejects('permissionDenied', 'A write operation on /m/f under a readonly mount point /m is not allowed', () =>
      w.mv('/m/f', '/m/g'),
    );
  }),
);

test(
  'write on both parents is needed',
  program(async (w) => {
    await w.mkdir('/open', { mode: pmode(0o777) });
    await w.create('/open/f', {}, 'bob');
    await w.create('/f');
    await rejects('permissionDenied', /user=alice, access=-w-, path=\/f: failed at \/, /, () => w.mv('/f', '/open/g', {}, 'alice'));
    await rejects('permissionDenied', /user=alice, access=-w-, path=\/g: failed at \/, /, () => w.mv('/open/f', '/g', {}, 'alice'));
    await w.mv('/open/f', '/open/g', {}, 'alice');
  }),
);

test(
  'persist on rename asks for every file below that is only in the cache',
  program(async (w) => {
    await w.write('/d/a', 3, { recursive: true });
    await w.write('/d/e/b', 3, { recursive: true, persistenceWaitTime: -1n });
    await w.create('/d/unfinished');
    await w.mv('/d', '/z', { persist: true });
    const [a, b] = [await w.status('/z/a'), await w.status('/z/e/b')];
    assert.deepEqual([a.persistenceState, b.persistenceState], ['TO_BE_PERSISTED', 'TO_BE_PERSISTED']);
    assert.equal((await w.status('/z/unfinished')).persistenceState, 'NOT_PERSISTED');
    assert.deepEqual(w.requested, [a.fileId, b.fileId]);
    for (const [, dueMs] of replayed(w).tree.toBePersisted()) assert.ok(dueMs <= w.clock.nowMs(), 'also after a restart');
  }),
);

test(
  'a retried rename is answered, also after a restart and while the first waits',
  program(async (w) => {
    const options = { commonOptions: { operationId: operationId() } };
    await w.writeThrough('/f', 'x');
    await Promise.all([w.mv('/f', '/g', options), w.mv('/f', '/g', options)]);
    await w.mv('/f', '/g', options);
    await replayed(w).mv('/f', '/g', options);
    assert.deepEqual(w.store.paths(), ['g']);
    await rejects('notFound', /.*/, () => w.mv('/f', '/g', { commonOptions: { operationId: operationId() } }));
  }),
);

test(
  'a renamed directory of the store is not taken for absent',
  program(async (w) => {
    await w.writeThrough('/a/f', 'x');
    await rejects('notFound', /.*/, () => w.status('/b'));
    await rejects('notFound', /.*/, () => w.status('/b/new'));
    await w.mv('/a', '/b');
    w.store.file('b/new', 'y');
    assert.equal((await w.status('/b/new')).length, 1n);
    assert.equal((await w.status('/b/f')).length, 1n);
  }),
);

test(
  'an incomplete file is renamed, and its writer goes on under the new name',
  program(async (w) => {
    await w.create('/f');
    await w.mv('/f', '/g');
    await rejects('notFound', /.*/, () => w.status('/f'));
    await w.create('/f', { writeType: THROUGH });
    assert.notEqual((await w.status('/f')).fileId, (await w.status('/g')).fileId);
  }),
);

test(
  'a directory made here alone that turns out to be in the store is renamed and removed there too',
  program(async (w) => {
    await w.mkdir('/d/e', { recursive: true });
    w.store.file('d/e/f', 'x');
    await w.status('/d/e/f', { loadMetadataType: fs.LoadMetadataPType.ALWAYS });
    await w.mv('/d', '/z');
    assert.deepEqual(w.store.paths(), ['z', 'z/e', 'z/e/f']);
    assert.equal((await w.status('/z/e/f')).length, 1n);
    await w.rm('/z', { recursive: true });
    assert.deepEqual(w.store.paths(), []);
  }),
);

test(
  'a rename of a directory looks at nothing below it, cached or stored',
  program(async (w) => {
    for (let i = 0; i < 50; i++) await w.write(`/cached/d${i % 5}/f${i}`, 1, { recursive: true });
    await w.writeThrough('/stored/d/f', 'x');
    await w.status('/');
    w.tree.children = () => assert.fail('looked below');
    await w.mv('/cached', '/c');
    await w.mv('/stored', '/s');
    assert.ok(w.inode('/c/d4/f49') !== undefined && w.inode('/s/d/f') !== undefined);
    delete (w.tree as Partial<typeof w.tree>).children;
  }),
);

test(
  'a rename that asks for persistence below gives others their turn, and asks in batches',
  program(async (w) => {
    await w.mkdir('/d');
    for (let i = 0; i < 1200; i++) await w.write(`/d/f${i}`, 1);
    const before = w.journal.lastSequence;
    const renamed = w.mv('/d', '/e', { persist: true });
    assert.equal(await isSettled(renamed), false);
    await w.create('/meanwhile');
    await w.clock.run(renamed);
    assert.equal(w.requested.length, 1200);
    assert.ok(w.journal.lastSequence - before >= 5, `${w.journal.lastSequence - before} operations`);
    assert.equal((await w.status('/e/f1199')).persistenceState, 'TO_BE_PERSISTED');
  }),
);
