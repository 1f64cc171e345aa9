import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf, messageOf } from '@alluvium/base';
import { checkAccess } from '@alluvium/master/file/operations/check-access.js';
import { completeFile } from '@alluvium/master/file/operations/complete-file.js';
import { exists } from '@alluvium/master/file/operations/exists.js';
import { free } from '@alluvium/master/file/operations/free.js';
import { getNewBlockId } from '@alluvium/master/file/operations/get-new-block-id.js';
import { scheduleAsyncPersistence } from '@alluvium/master/file/operations/schedule-async-persistence.js';
import { setAcl } from '@alluvium/master/file/operations/set-acl.js';
import { unmount } from '@alluvium/master/file/operations/unmount.js';
import { updateMount } from '@alluvium/master/file/operations/update-mount.js';
import { common, fileSystemMaster as fs } from '@alluvium/wire';
import { pmode, rejects, World } from './world.js';

/** root runs the master, boss is in the super group, alice owns what is asked for, bob is in its group, eve is a stranger. */
const USERS = ['root', 'boss', 'alice', 'bob', 'eve'] as const;

interface Row {
  readonly name: string;
  readonly run: (w: World, user: string) => unknown;
  /** Who may, in the order of USERS. */
  readonly may: string;
}

/** In /p (0750 alice:users) are a file f (0640), an unfinished file u (0640), a directory d (0750) and a mount point m. */
const ROWS: readonly Row[] = [
  { name: 'getStatus', run: (w, user) => w.status('/p/f', {}, user), may: 'yyyyn' },
  { name: 'getStatus of the directory itself', run: (w, user) => w.status('/p', {}, user), may: 'yyyyy' },
  { name: 'exists', run: (w, user) => exists(w.c, { path: '/p/f' }, user), may: 'yyyyn' },
  { name: 'listStatus', run: (w, user) => w.list('/p', {}, user), may: 'yyyyn' },
  { name: 'checkAccess r', run: (w, user) => checkAccess(w.c, { path: '/p/f', options: { bits: common.Bits.READ } }, user), may: 'yyyyn' },
  { name: 'checkAccess w', run: (w, user) => checkAccess(w.c, { path: '/p/f', options: { bits: common.Bits.WRITE } }, user), may: 'yyynn' },
  { name: 'createFile', run: (w, user) => w.create('/p/new', {}, user), may: 'yyynn' },
  { name: 'createFile overwriting', run: (w, user) => w.create('/p/f', { overwrite: true }, user), may: 'yyynn' },
  { name: 'createDirectory', run: (w, user) => w.mkdir('/p/new', {}, user), may: 'yyynn' },
  { name: 'createDirectory deep', run: (w, user) => w.mkdir('/p/new/er', { recursive: true }, user), may: 'yyynn' },
  { name: 'completeFile', run: (w, user) => completeFile(w.c, { path: '/p/u' }, user), may: 'yyynn' },
  { name: 'getNewBlockIdForFile', run: (w, user) => getNewBlockId(w.c, { path: '/p/u' }, user), may: 'yyynn' },
  { name: 'remove', run: (w, user) => w.rm('/p/f', {}, user), may: 'yyynn' },
  { name: 'remove recursive', run: (w, user) => w.rm('/p/d', { recursive: true }, user), may: 'yyynn' },
  { name: 'rename', run: (w, user) => w.mv('/p/f', '/p/g', {}, user), may: 'yyynn' },
  { name: 'rename out', run: (w, user) => w.mv('/p/f', '/pub/f', {}, user), may: 'yyynn' },
  { name: 'rename in', run: (w, user) => w.mv('/pub/x', '/p/x', {}, user), may: 'yyynn' },
  { name: 'setAttribute owner', run: (w, user) => w.set('/p/f', { owner: 'bob' }, user), may: 'yynnn' },
  { name: 'setAttribute group', run: (w, user) => w.set('/p/f', { group: 'staff' }, user), may: 'yyynn' },
  { name: 'setAttribute mode', run: (w, user) => w.set('/p/f', { mode: pmode(0o600) }, user), may: 'yyynn' },
  { name: 'setAttribute ttl', run: (w, user) => w.set('/p/f', { commonOptions: { ttl: 1n } }, user), may: 'yyynn' },
  { name: 'setAttribute pinned', run: (w, user) => w.set('/p/f', { pinned: true }, user), may: 'yyynn' },
  { name: 'setAcl', run: (w, user) => setAcl(w.c, { path: '/p/f', action: fs.SetAclAction.MODIFY, entries: [] }, user), may: 'yyynn' },
  { name: 'free', run: (w, user) => free(w.c, { path: '/p/stored' }, user), may: 'yyyyn' },
  { name: 'scheduleAsyncPersistence', run: (w, user) => scheduleAsyncPersistence(w.c, { path: '/p/f' }, user), may: 'yyyyn' },
  { name: 'mount', run: (w, user) => w.mount('/p/n', 'mem://n', {}, user), may: 'yyynn' },
  { name: 'updateMount', run: (w, user) => updateMount(w.c, { alluxioPath: '/p/m' }, user), may: 'yyynn' },
  { name: 'unmount', run: (w, user) => unmount(w.c, { alluxioPath: '/p/m' }, user), may: 'yyynn' },
];

async function furnished(): Promise<World> {
  const w = new World();
  await w.mkdir('/pub', { mode: pmode(0o777) });
  await w.write('/pub/x', 1);
  await w.mkdir('/p');
  await w.writeThrough('/p/stored', 'abc');
  await w.write('/p/f', 1);
  await w.create('/p/u');
  await w.create('/p/d/e', { recursive: true });
  await w.set('/p', { owner: 'alice', group: 'users', mode: pmode(0o640), recursive: true });
  for (const directory of ['/p', '/p/d']) await w.set(directory, { mode: pmode(0o750) });
  await w.mount('/p/m', 'mem://m');
  return w;
}

for (const { name, run, may } of ROWS) {
  test(`who may: ${name}`, async () => {
    let told = '';
    for (const user of USERS) {
      const w = await furnished();
      const before = w.journal.lastSequence;
      const error: unknown = await Promise.resolve()
        .then(() => run(w, user))
        .then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
      const denied = error !== undefined && /Permission denied: /.test(messageOf(error));
      if (error !== undefined && !denied) assert.equal(kindOf(error), 'unimplemented', messageOf(error));
      if (denied) assert.equal(w.journal.lastSequence, before, `${user} changed nothing`);
      told += denied ? 'n' : 'y';
    }
    assert.equal(told, may);
  });
}

test('a caller without execute above learns nothing of what is below', async () => {
  const w = await furnished();
  for (const path of ['/p/f', '/p/no', '/p/no/deeper', '/p/f/below']) {
    for (const look of [() => w.status(path, {}, 'eve'), () => w.list(path, {}, 'eve')])
      await rejects('permissionDenied', /^Permission denied: user=eve, access=--x, path=.*: failed at p, inode owner=alice, /, look);
  }
  w.store.calls.length = 0;
  await assert.rejects(async () => w.status('/p/unknown', {}, 'eve'));
  assert.deepEqual(w.store.calls, [], 'nor makes the master ask a store');
});

test('bits missing, not the owner, not a super user: as a 2.9.4 master says it', async () => {
  const w = await furnished();
  await rejects(
    'permissionDenied',
    'Permission denied: user=bob, access=-w-, path=/p/new: failed at p, inode owner=alice, inode group=users, inode mode=rwxr-x---',
    () => w.create('/p/new', {}, 'bob'),
  );
  await rejects('permissionDenied', 'Permission denied: user=bob is not the owner of path=/p/f', () =>
    w.set('/p/f', { mode: pmode(0) }, 'bob'),
  );
  await rejects('permissionDenied', 'Permission denied: alice is not a super user or in super group', () =>
    w.set('/p/f', { owner: 'eve' }, 'alice'),
  );
});

test('the owner has the owner s bits, also when those of others are wider', async () => {
  const w = new World();
  await w.mkdir('/d', { mode: pmode(0o077) });
  await w.set('/d', { owner: 'alice', group: 'users' });
  await rejects('permissionDenied', /access=r--/, () => w.list('/d', {}, 'alice'));
  assert.deepEqual(await w.list('/d', {}, 'bob'), []);
  assert.deepEqual(await w.list('/d', {}, 'eve'), []);
});

test('write on the parent is not enough without execute above it', async () => {
  const w = new World();
  await w.mkdir('/x', { mode: pmode(0o766) });
  await w.mkdir('/x/open', { mode: pmode(0o777) });
  await w.create('/x/open/f');
  await w.mkdir('/pub', { mode: pmode(0o777) });
  await w.create('/pub/mine');
  const denied = /^Permission denied: user=alice, access=--x, path=\/x\/open\/[fg]: failed at x, /;
  for (const run of [
    () => w.create('/x/open/g', {}, 'alice'),
    () => w.mkdir('/x/open/g', {}, 'alice'),
    () => w.rm('/x/open/f', {}, 'alice'),
    () => w.mv('/x/open/f', '/pub/f', {}, 'alice'),
    () => w.mv('/pub/mine', '/x/open/g', {}, 'alice'),
    () => w.set('/x/open/f', { pinned: true }, 'alice'),
    () => unmount(w.c, { alluxioPath: '/x/open/f' }, 'alice'),
  ])
    await rejects('permissionDenied', denied, run);
});
