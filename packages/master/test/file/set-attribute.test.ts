import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, normalPath } from '@alluvium/base';
import { common, fileJournal, fileSystemMaster as fs } from '@alluvium/wire';
import { pinnedIds, pmode, program, rejects, World } from './world.js';

const { TRUNCATE, UNION_REPLACE, UNION_PRESERVE, DELETE_KEYS } = fileJournal.XAttrUpdateStrategy;

async function attributes(w: World, path: string): Promise<string> {
  const { owner, group, mode } = await w.status(path);
  return `${owner}:${group} ${mode?.toString(8)}`;
}

test(
  'only what is present is changed',
  program(async (w) => {
    await w.write('/f', 1, { mode: pmode(0o644), commonOptions: { ttl: 50n, ttlAction: common.TtlAction.FREE } });
    const before = await w.status('/f');
    await w.clock.advance(3);
    await w.set('/f', { commonOptions: {} });
    assert.deepEqual(await w.status('/f'), before);
    await w.set('/f', { mode: pmode(0o600) });
    assert.deepEqual(await w.status('/f'), { ...before, mode: 0o600, acl: { ...before.acl!, mode: 0o600 } });
  }),
);

test(
  'mode, owner and group',
  program(async (w) => {
    await w.create('/f');
    await w.set('/f', { mode: pmode(0o751) });
    await w.set('/f', { owner: 'nobody-knows-him' });
    await w.set('/f', { group: 'staff' });
    assert.equal(await attributes(w, '/f'), 'nobody-knows-him:staff 751');
    await w.set('/f', { owner: 'alice', group: 'users' });
    assert.equal(await attributes(w, '/f'), 'alice:users 751');
    await rejects(
      'unknown',
      'Could not update owner:group for /f to bob:staff. alluxio.exception.status.FailedPreconditionException: Owner bob does not belong to the group staff',
      () => w.set('/f', { owner: 'bob', group: 'staff' }),
    );
  }),
);

test(
  'a ttl is set and cleared',
  program(async (w) => {
    await w.create('/f');
    await w.set('/f', { commonOptions: { ttl: 77n } });
    assert.deepEqual([(await w.status('/f')).ttl, (await w.status('/f')).ttlAction], [77n, common.TtlAction.DELETE]);
    await w.set('/f', { commonOptions: { ttl: -1n, ttlAction: common.TtlAction.FREE } });
    assert.equal((await w.status('/f')).ttl, -1n);
    await w.set('/f', { commonOptions: { ttl: 2n ** 63n - 1n } });
    assert.equal((await w.status('/f')).ttl, BigInt(Number.MAX_SAFE_INTEGER), 'beyond means for ever');
  }),
);

test(
  'pinning is recursive, for what is there and for what comes',
  program(async (w) => {
    await w.write('/d/e/f', 3, { recursive: true });
    await w.write('/g', 3);
    await w.set('/d', { pinned: true, pinnedMedia: ['MEM', 'MEM'] });
    await w.create('/d/new');
    const ids = [(await w.status('/d/e/f')).fileId, (await w.status('/d/new')).fileId];
    assert.deepEqual(await pinnedIds(w), ids);
    assert.deepEqual((await w.status('/d/e')).mediumType, ['MEM']);
    assert.equal((await w.status('/d/e/f')).replicationMin, 1, 'a pinned file has a copy');
    await w.set('/d', { pinned: false });
    assert.deepEqual(await pinnedIds(w), []);
    assert.equal((await w.status('/d/e/f')).replicationMin, 0);
    await rejects('internal', '', () => w.set('/g', { pinned: true, pinnedMedia: ['TAPE'] }));
  }),
);

test(
  'files to be persisted count as pinned for the workers',
  program(async (w) => {
    await w.write('/f', 3, { writeType: fs.WritePType.ASYNC_THROUGH });
    assert.deepEqual(await pinnedIds(w), [(await w.status('/f')).fileId]);
  }),
);

test(
  'replication',
  program(async (w) => {
    await w.create('/f');
    await w.set('/f', { replicationMin: 2, replicationMax: 3 });
    const info = await w.status('/f');
    assert.deepEqual([info.replicationMin, info.replicationMax, info.pinned], [2, 3, true]);
    await rejects(
      'internal',
      'Cannot set min and max replication to be 4 and 3: min replication must be smaller or equal than max replication',
      () => w.set('/f', { replicationMin: 4 }),
    );
    await rejects('internal', 'Min replication must be a non-negative integer', () => w.set('/f', { replicationMin: -1 }));
  }),
);

test(
  'the number of copies has the last word on whether a file is pinned, and reaches below a directory',
  program(async (w) => {
    await w.create('/d/f', { recursive: true });
    const now = async (): Promise<unknown[]> => {
      const { pinned, replicationMin, replicationMax } = await w.status('/d/f');
      return [pinned, replicationMin, replicationMax];
    };
    await w.set('/d/f', { pinned: true, pinnedMedia: ['MEM'] });
    assert.deepEqual(await now(), [true, 1, -1]);
    await w.set('/d/f', { replicationMin: 0 });
    assert.deepEqual(await now(), [false, 0, -1]);
    await w.set('/d/f', { pinned: false, replicationMin: 3 });
    assert.deepEqual(await now(), [true, 3, -1]);
    await w.set('/d/f', { replicationMax: 5 });
    assert.deepEqual(await now(), [true, 3, 5]);
    await w.set('/d/f', { pinned: true, replicationMin: 0 });
    assert.deepEqual(await now(), [false, 0, 5]);
    await w.set('/d', { replicationMin: 1, replicationMax: 2 });
    assert.deepEqual(await now(), [true, 1, 2]);
    assert.equal((await w.status('/d')).pinned, false);
    await w.set('/d', { pinned: true });
    await w.set('/d', { pinned: false });
    assert.deepEqual(await now(), [false, 0, 2]);
    await rejects('internal', /^Cannot set min and max replication to be 0 and -7: /, () => w.set('/d/f', { replicationMax: -7 }));
  }),
);

test(
  'a time to live without an action keeps the action, an action without a time is for the time there is',
  program(async (w) => {
    const { FREE, DELETE_ALLUXIO } = common.TtlAction;
    await w.create('/f', { commonOptions: { ttl: 50n, ttlAction: FREE } });
    await w.set('/f', { commonOptions: { ttl: 77n } });
    assert.deepEqual([(await w.status('/f')).ttl, (await w.status('/f')).ttlAction], [77n, FREE]);
    await w.set('/f', { commonOptions: { ttlAction: DELETE_ALLUXIO } });
    assert.deepEqual([(await w.status('/f')).ttl, (await w.status('/f')).ttlAction], [77n, DELETE_ALLUXIO]);
  }),
);

test(
  'recursive changes reach every descendant, others only the path',
  program(async (w) => {
    await w.create('/d/e/f', { recursive: true });
    await w.set('/d', { mode: pmode(0o711) });
    assert.equal((await w.status('/d/e')).mode, 0o755);
    await w.set('/d', { mode: pmode(0o700), recursive: true });
    for (const path of ['/d', '/d/e', '/d/e/f']) assert.equal((await w.status(path)).mode, 0o700, path);
  }),
);

test(
  'a large tree is changed in several journal operations',
  program(async (w) => {
    await w.mkdir('/d');
    for (let i = 0; i < 1100; i++) await w.create(`/d/${i}`);
    const before = w.journal.lastSequence;
    await w.clock.run(w.set('/d', { mode: pmode(0o700), recursive: true }));
    assert.ok(w.journal.lastSequence - before > 2);
    for (const info of (await w.clock.run(w.listInfos('/d'))).flat()) assert.equal(info.mode, 0o700);
  }),
);

test(
  'extended attributes are replaced, joined or dropped',
  program(async (w) => {
    await w.create('/f', { xattr: { a: Buffer.from('1'), b: Buffer.from('2') } });
    const now = async (): Promise<Record<string, string>> =>
      Object.fromEntries(Object.entries((await w.status('/f')).xattr ?? {}).map(([name, value]) => [name, value.toString()]));
    await w.set('/f', { xattr: { b: Buffer.from('x'), c: Buffer.from('3') }, xattrUpdateStrategy: UNION_PRESERVE });
    assert.deepEqual(await now(), { a: '1', b: '2', c: '3' });
    await w.set('/f', { xattr: { b: Buffer.from('x') }, xattrUpdateStrategy: UNION_REPLACE });
    assert.deepEqual(await now(), { a: '1', b: 'x', c: '3' });
    await w.set('/f', { xattr: { a: Buffer.alloc(0) }, xattrUpdateStrategy: DELETE_KEYS });
    assert.deepEqual(await now(), { b: 'x', c: '3' });
    await w.set('/f', { xattr: { z: Buffer.from('9') }, xattrUpdateStrategy: TRUNCATE });
    assert.deepEqual(await now(), { z: '9' });
    await w.set('/f', { xattr: {}, xattrUpdateStrategy: TRUNCATE });
    assert.deepEqual(await now(), { z: '9' }, 'no name, no change');
    await rejects('invalidArgument', /^Cannot set the extended attributes of "\/f": 65537 bytes; at most 65536 wanted$/, () =>
      w.set('/f', { xattr: { z: Buffer.alloc(65536) } }),
    );
  }),
);

test(
  'notes of the master can neither be set nor be wiped out',
  program(async (w) => {
    const note = { 'alluvium.rename': Buffer.from('/elsewhere') };
    const message = /^Cannot set the extended attribute "alluvium.rename" of "\/f": names in alluvium\.\* are kept$/;
    await rejects('invalidArgument', message, () => w.create('/f', { xattr: note }));
    await w.create('/f');
    for (const xattrUpdateStrategy of [TRUNCATE, UNION_REPLACE, UNION_PRESERVE, DELETE_KEYS])
      await rejects('invalidArgument', message, () => w.set('/f', { xattr: note, xattrUpdateStrategy }));
    await rejects('invalidArgument', /alluvium\.rename/, () => w.mkdir('/d', { xattr: note }));
  }),
);

test(
  'owner, group and mode of persisted inodes are changed in the store first',
  program(async (w) => {
    await w.writeThrough('/d/f', 'x');
    w.store.calls.length = 0;
    await w.set('/d', { owner: 'alice', mode: pmode(0o700), recursive: true });
    assert.deepEqual(
      w.store.calls.filter((call) => call.startsWith('set')),
      ['setOwner d alice:', 'setMode d 700', 'setOwner d/f alice:', 'setMode d/f 700'],
    );
    assert.match((await w.status('/d/f')).ufsFingerprint!, /OWNER\|alice .* MODE\|448 /);
  }),
);

test(
  'a store that refuses: nothing changes here',
  program(async (w) => {
    await w.writeThrough('/f', 'x');
    const before = await w.status('/f');
    w.store.before = (call) => {
      if (call.startsWith('set')) throw fail('permissionDenied', 'EPERM');
    };
    await rejects(
      'permissionDenied',
      'Could not setOwner for UFS file mem://root/f . Aborting the setAttribute operation in Alluxio.',
      () => w.set('/f', { owner: 'alice' }),
    );
    await rejects('permissionDenied', /^Could not setMode for UFS file mem:\/\/root\/f \. /, () => w.set('/f', { mode: pmode(0o600) }));
    assert.deepEqual(await w.status('/f'), before);
  }),
);

test(
  'a store that refuses half-way: what it has taken is known here',
  program(async (w) => {
    for (const name of ['a', 'b', 'c']) await w.writeThrough(`/d/${name}`, 'x');
    w.store.before = (call) => {
      if (call.startsWith('setMode d/b')) throw fail('permissionDenied', 'EPERM');
    };
    await rejects('permissionDenied', /^Could not setMode for UFS file mem:\/\/root\/d\/b /, () =>
      w.set('/d', { mode: pmode(0o700), recursive: true }),
    );
    // Files of a directory go together.
    for (const path of ['/d', '/d/a', '/d/c']) {
      assert.equal((await w.status(path)).mode, 0o700, path);
      assert.equal(w.store.entries.get(path.slice(1))?.mode, 0o700, path);
    }
    assert.equal((await w.status('/d/b')).mode, 0o644);
    assert.equal(w.store.entries.get('d/b')?.mode, 0o640);
  }),
);

test(
  'a store without owners keeps them here only',
  program(async (w) => {
    w.store.capabilities = { ...w.store.capabilities, permissions: false };
    await w.writeThrough('/f', 'x');
    await w.set('/f', { owner: 'alice' });
    assert.equal((await w.status('/f')).owner, 'alice');
    assert.deepEqual(
      w.store.calls.filter((call) => call.startsWith('set')),
      [],
    );
  }),
);

test(
  'a file is marked as persisted only when the store has its bytes',
  program(async (w) => {
    await w.write('/f', 3);
    await w.mkdir('/d');
    await w.create('/open');
    await rejects('internal', 'Only files can be persisted', () => w.set('/d', { persisted: true }));
    await rejects('internal', 'File being persisted must be complete', () => w.set('/open', { persisted: true }));
    await rejects('invalidArgument', 'Cannot mark "/f" as persisted: mem://root/f does not have its 3 bytes', () =>
      w.set('/f', { persisted: true }),
    );
    w.store.file('f', 'abc');
    await w.set('/f', { persisted: true });
    assert.equal((await w.status('/f')).persisted, true);
  }),
);

test(
  'only a super user gives away, only the owner changes group and mode, whoever may write does the rest',
  program(async (w) => {
    await w.mkdir('/open', { mode: pmode(0o777) });
    await w.create('/open/f', { mode: pmode(0o646) }, 'alice');
    await rejects('permissionDenied', 'Permission denied: alice is not a super user or in super group', () =>
      w.set('/open/f', { owner: 'bob' }, 'alice'),
    );
    for (const options of [{ group: 'users' }, { mode: pmode(0o777) }])
      await rejects('permissionDenied', 'Permission denied: user=bob is not the owner of path=/open/f', () =>
        w.set('/open/f', options, 'bob'),
      );
    await w.set('/open/f', { group: 'staff' }, 'alice');
    await w.set('/open/f', { mode: pmode(0o642) }, 'alice');
    await w.set('/open/f', { commonOptions: { ttl: 5n } }, 'bob');
    await w.set('/open/f', { owner: 'bob' }, 'boss');
    await rejects('permissionDenied', /^Permission denied: user=eve, access=-w-, path=\/open: failed at \/|path=\/: /, () =>
      w.set('/', { commonOptions: { ttl: 5n } }, 'eve'),
    );
  }),
);

test(
  'a descendant that may not be changed stops the whole before the first change',
  program(async (w) => {
    await w.mkdir('/open', { mode: pmode(0o777) });
    await w.mkdir('/open/d', {}, 'alice');
    await w.create('/open/d/a', {}, 'alice');
    await w.create('/open/d/z', {}, 'alice');
    await w.set('/open/d/z', { owner: 'bob' });
    await rejects('permissionDenied', 'Permission denied: user=alice is not the owner of path=/open/d/z', () =>
      w.set('/open/d', { mode: pmode(0o700), recursive: true }, 'alice'),
    );
    assert.equal((await w.status('/open/d')).mode, 0o755);
    assert.equal((await w.status('/open/d/a')).mode, 0o644);
  }),
);

test(
  'owner, group and mode are not changed on a read-only mount, the rest is',
  program(async (w) => {
    w.stores.at('mem://b').file('f', 'x');
    await w.mount('/m', 'mem://b', { readOnly: true });
    await w.status('/m/f');
    for (const options of [{ owner: 'a' }, { group: 'b' }, { mode: pmode(0) }])
      await rejects('permissionDenied', 'A write operation on /m/f under a readonly mount point /m is not allowed', () =>
        w.set('/m/f', options),
      );
    await w.set('/m/f', { pinned: true });
  }),
);

test(
  'a missing path, and one that only the store has',
  program(async (w) => {
    await rejects('notFound', 'Path "/no" does not exist.', () => w.set('/no', { pinned: true }));
    w.store.file('old', 'x');
    await w.set('/old', { pinned: true });
    assert.equal((await w.status('/old')).pinned, true);
  }),
);

test('a large tree is changed in batches, as a task that can be cancelled', async () => {
  const w = new World({ recursiveBatch: 10 });
  await w.clock.run(w.mkdir('/d/e', { recursive: true }));
  for (let i = 0; i < 15; i++) await w.create(`/d/e/${i}`);
  for (let i = 0; i < 15; i++) await w.writeThrough(`/d/s${i}`, 'x');
  const groups = (): number => [...w.tree.within(w.inode('/d')!, normalPath('/d'))].filter(([inode]) => inode.group === 'staff').length;
  const before = w.journal.lastSequence;
  await w.clock.run(w.set('/d', { group: 'staff', recursive: true }));
  assert.equal(groups(), 32);
  assert.ok(w.journal.lastSequence - before >= 2);
  const states = (): unknown[] => [...w.c.tasks.all()].map(({ kind, state, done }) => [kind, state, done]);
  assert.deepEqual(states(), [['setAttribute', 'SUCCEEDED', 32]]);

  w.store.before = (call) => {
    if (call.startsWith('setMode')) for (const task of w.c.tasks.all()) task.cancel();
  };
  const cancelled = w.set('/d', { mode: pmode(0o700), recursive: true });
  await w.clock.run(
    rejects('cancelled', /^The setAttribute of "\/d" was cancelled: \d+ inodes were done by then and stay so$/, () => cancelled),
  );
  const changed = [...w.tree.within(w.inode('/d')!, normalPath('/d'))].filter(([inode]) => inode.mode === 0o700);
  assert.deepEqual(states().at(-1), ['setAttribute', 'CANCELLED', changed.length]);
  assert.ok(changed.length > 0 && changed.length < 32);
});

test('very many pinned files are told to workers in slices', async () => {
  const w = new World();
  const count = 12_000;
  const file = { parentId: 0n, pinned: true, persistenceState: 'PERSISTED', completed: true };
  const id = (i: number): bigint => (BigInt(i + 1) << 24n) | 0xffffffn;
  await w.c.committer.commit(Array.from({ length: count }, (_, i) => ({ inodeFile: { ...file, id: id(i), name: `f${i}` } })));
  const asked = pinnedIds(w);
  await w.c.committer.commit([{ inodeFile: { ...file, id: id(count), name: 'new' } }]);
  const told = await w.clock.run(asked);
  const once = new Set(told);
  assert.equal(once.size, told.length);
  for (let i = 0; i < count; i++) assert.ok(once.has(id(i)));
});
