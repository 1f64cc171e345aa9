import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { createFile } from '@alluvium/master/file/operations/create-file.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { World, dump, operationId, pmode, program, rejects, replayed } from './world.js';

const { THROUGH, ASYNC_THROUGH } = fs.WritePType;

test('a new file is incomplete, empty and owned by the caller', async () => {
  const w = new World();
  const info = await w.create('/f', { mode: pmode(0o640), commonOptions: { ttl: 5000n, ttlAction: 1 } }, 'root');
  assert.equal(info.path, '/f');
  assert.equal(info.completed, false);
  assert.equal(info.length, 0n);
  assert.deepEqual(info.blockIds, []);
  assert.equal(info.owner, 'root');
  assert.equal(info.mode, 0o640);
  assert.equal(info.ttl, 5000n);
  assert.equal(info.persistenceState, 'NOT_PERSISTED');
  assert.deepEqual(await w.status('/f'), info);
  assert.deepEqual(w.store.calls, [], 'a cached write asks nothing of the store');
});

test('a create in the cache is answered in one synchronous stretch', () => {
  const w = new World();
  void w.create('/a');
  assert.equal(w.inode('/a')?.kind, 'file');
});

test('the parent of a new file is touched, once per millisecond', async () => {
  const w = new World();
  await w.mkdir('/d');
  await w.clock.advance(5);
  const before = w.journal.lastSequence;
  await w.create('/d/a');
  await w.create('/d/b');
  assert.equal(w.inode('/d')?.modificationTimeMs, w.clock.nowMs());
  assert.deepEqual(w.journal.kinds(before), ['updateInode', 'blockContainerIdGenerator', 'inodeFile', 'inodeFile']);
});

test('an existing file is not replaced unless overwriting is asked for', async () => {
  const w = new World();
  await w.write('/f', 25);
  await w.mkdir('/d');
  const before = await w.status('/f');
  await rejects('alreadyExists', '/f already exists. If you want to overwrite the file, you need to specify the overwrite option.', () =>
    w.create('/f'),
  );
  await rejects('alreadyExists', '/d already exists. Directories cannot be overwritten with create', () =>
    w.create('/d', { overwrite: true }),
  );
  const after = await w.create('/f', { overwrite: true });
  assert.notEqual(after.fileId, before.fileId);
  assert.deepEqual(w.freed, before.blockIds);
  assert.equal(w.blocks.length(before.blockIds![0] as never), undefined);
});

test('overwriting a persisted file removes it from the store first', async () => {
  const w = new World();
  await w.writeThrough('/f', 'old');
  await w.create('/f', { overwrite: true });
  assert.deepEqual(w.store.paths(), []);
  assert.equal((await w.status('/f')).persistenceState, 'NOT_PERSISTED');
});

test('a missing parent is made only when asked for', async () => {
  const w = new World();
  await rejects('notFound', 'File /a/b/c creation failed. Component 1(a) does not exist', () => w.create('/a/b/c'));
  await w.create('/a/b/c', { recursive: true });
  assert.equal(w.inode('/a/b')?.kind, 'directory');
  assert.equal(w.inode('/a')?.mode, 0o755);
  assert.equal(w.inode('/a')?.persistence, 'NOT_PERSISTED');
  await rejects('invalidArgument', 'Traversal failed for path /a/b/c/d. Component 3(c) is a file, not a directory.', () =>
    w.create('/a/b/c/d'),
  );
});

test('bad options are refused before anything is journaled', async () => {
  const w = new World();
  const before = w.journal.lastSequence;
  await rejects('invalidArgument', 'Invalid block size 0', () => w.create('/f', { blockSizeBytes: 0n }));
  await rejects('internal', '', () => w.create('/f', { replicationMin: 3, replicationMax: 1 }));
  await rejects('invalidArgument', 'Path "f" is invalid.', () => w.create('f'));
  assert.equal(w.journal.lastSequence, before);
});

test('write on the parent is needed, and the store must be writable', async () => {
  const w = new World();
  await rejects(
    'permissionDenied',
    'Permission denied: user=alice, access=-w-, path=/f: failed at /, inode owner=root, inode group=root, inode mode=rwxr-xr-x',
    () => w.create('/f', {}, 'alice'),
  );
  await w.mkdir('/open', { mode: pmode(0o777) });
  const info = await w.create('/open/f', {}, 'alice');
  assert.equal(info.owner, 'alice');
  assert.equal(info.group, 'users');
  const readOnly = new World({ readOnly: true });
  await rejects('permissionDenied', 'A write operation on /f under a readonly mount point / is not allowed', () => readOnly.create('/f'));
});

test('a through write makes the directories above in the store and is persisted at once', async () => {
  const w = new World();
  await w.mkdir('/a', { mode: pmode(0o700) });
  const info = await w.create('/a/b/f', { writeType: THROUGH, recursive: true });
  assert.equal(info.persistenceState, 'PERSISTED');
  assert.deepEqual(w.store.paths(), ['a', 'a/b']);
  assert.equal(w.store.entries.get('a')?.mode, 0o700);
  assert.equal(w.inode('/a')?.persistence, 'PERSISTED');
  assert.equal(w.inode('/a/b')?.persistence, 'PERSISTED');
});

test('a file that only the store has is not overwritten unseen', async () => {
  const w = new World();
  w.store.file('old', 'precious');
  for (const writeType of [THROUGH, ASYNC_THROUGH]) {
    await rejects('alreadyExists', /^\/old already exists/, () => w.create('/old', { writeType }));
  }
  assert.equal((await w.status('/old')).length, 8n);
});

test('a parent that only the store has is found', async () => {
  const w = new World();
  w.store.directory('deep/er');
  await w.create('/deep/er/f');
  assert.equal(w.inode('/deep/er')?.persistence, 'PERSISTED');
});

test('an asynchronous write is to be persisted from its creation, after the wait that the client names', async () => {
  const w = new World();
  const info = await w.create('/f', { writeType: ASYNC_THROUGH, persistenceWaitTime: 100n });
  assert.equal(info.persistenceState, 'TO_BE_PERSISTED');
  assert.deepEqual([...w.tree.toBePersisted()], [[info.fileId, Infinity]], 'not before it is complete');
});

test('a retried create answers the same file', async () => {
  const w = new World();
  const id = operationId();
  const first = await w.create('/f', { commonOptions: { operationId: id } });
  assert.deepEqual(await w.create('/f', { commonOptions: { operationId: id } }), first);
  const again = replayed(w);
  assert.equal((await again.create('/f', { commonOptions: { operationId: id } })).fileId, first.fileId, 'also after a restart');
});

test('nothing changes while the journal refuses', async () => {
  const w = new World();
  w.journal.refusal = fail('unavailable', 'disk full');
  await rejects('unavailable', 'disk full', () => w.create('/f'));
  assert.equal(w.inode('/f'), undefined);
  w.journal.refusal = undefined;
  await w.create('/f');
  assert.deepEqual(dump(replayed(w)), dump(w));
});

test('permissions are checked before the block size, the block size before what exists', async () => {
  const w = new World();
  await w.create('/f');
  await rejects('permissionDenied', /.*/, () => w.create('/f', { blockSizeBytes: 0n }, 'alice'));
  await rejects('invalidArgument', 'Invalid block size -1', () => w.create('/f', { blockSizeBytes: -1n }));
});

test('names that are none, too long or kept for temporary files', async () => {
  const w = new World();
  const before = w.journal.lastSequence;
  for (const path of ['', 'f', '/a\0b', '/..', '/a/../../b', `/${'x'.repeat(256)}`, `/${'é'.repeat(128)}`, `/${'a/'.repeat(2100)}f`])
    await rejects('invalidArgument', /^Path ".*" is invalid/s, () => w.create(path, { recursive: true }));
  for (const path of [
    '/f.alluxio.0x0123456789ABCDEF.tmp',
    '/.alluxio_ufs_persistence',
    '/.alluxio_ufs_persistence/f',
    '/d/.alluvium_temporary/f',
  ])
    await rejects('invalidArgument', /^Path ".*" is invalid: its name is kept for temporary files of the under store\.$/, () =>
      w.create(path, { recursive: true }),
    );
  await rejects('alreadyExists', /.*/, () => w.create('/'));
  assert.equal(w.journal.lastSequence, before);
  for (const path of [
    `/${'x'.repeat(255)}`,
    `/${'é'.repeat(127)}`,
    '/...',
    '/ ',
    '/a:b*?"<>|',
    '/\u{1f600}',
    '/d/.alluxio_ufs_persistence',
  ])
    assert.equal((await w.create(path, { recursive: true })).path, path);
});

test('absent options are what a careful client would send', async () => {
  const w = new World();
  const { fileInfo } = await createFile(w.c, { path: '/f' }, 'root');
  assert.deepEqual(
    [
      fileInfo?.mode,
      fileInfo?.ttl,
      fileInfo?.blockSizeBytes,
      fileInfo?.replicationMax,
      fileInfo?.replicationMin,
      fileInfo?.persistenceState,
    ],
    [0o644, -1n, 10n, -1, 0, 'NOT_PERSISTED'],
  );
});

test('a new file in a pinned directory is pinned', async () => {
  const w = new World();
  await w.mkdir('/d');
  await w.set('/d', { pinned: true, pinnedMedia: ['SSD'] });
  const info = await w.create('/d/f');
  assert.deepEqual([info.pinned, info.mediumType], [true, ['SSD']]);
});

test('a large file of the store gets blocks of a size that keeps them countable', async () => {
  const w = new World();
  w.store.file('huge', 'x'.repeat(11 * 2 ** 20));
  const info = await w.status('/huge');
  assert.equal(info.blockSizeBytes, 20n);
  assert.equal(info.blockIds?.length, Math.ceil((11 * 2 ** 20) / 20));
});

test(
  'a file in a pinned directory, and one that must have copies, is pinned',
  program(async (w) => {
    await w.mkdir('/pin');
    await w.set('/pin', { pinned: true, pinnedMedia: ['SSD'] });
    await w.create('/pin/a/f', { recursive: true });
    await w.create('/copies', { replicationMin: 2, replicationMax: 4 });
    const of = async (path: string): Promise<unknown[]> => {
      const { pinned, replicationMin, mediumType } = await w.status(path);
      return [pinned, replicationMin, mediumType];
    };
    assert.deepEqual(await of('/pin/a'), [true, 0, ['SSD']]);
    assert.deepEqual(await of('/pin/a/f'), [true, 1, ['SSD']]);
    assert.deepEqual(await of('/copies'), [true, 2, []]);
  }),
);

test(
  'directories made along have the extended attributes of the path, unless those are for the leaf alone',
  program(async (w) => {
    const { NEW_PATHS, LEAF_NODE } = fs.XAttrPropagationStrategy;
    const xattr = { k: Buffer.from('v') };
    await w.mkdir('/there');
    await w.create('/there/new/f', { recursive: true, xattr });
    await w.mkdir('/d/e', { recursive: true, xattr, xattrPropStrat: NEW_PATHS });
    await w.mkdir('/g/h', { recursive: true, xattr, xattrPropStrat: LEAF_NODE });
    await w.create('/i/f', { recursive: true, xattr, xattrPropStrat: LEAF_NODE });
    const named: string[] = [];
    for (const path of ['/there', '/there/new', '/there/new/f', '/d', '/d/e', '/g', '/g/h', '/i', '/i/f'])
      if ((await w.status(path)).xattr?.['k'] !== undefined) named.push(path);
    assert.deepEqual(named, ['/there/new', '/there/new/f', '/d', '/d/e', '/g/h', '/i/f']);
  }),
);
