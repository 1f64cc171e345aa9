import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { operationId, pmode, program, rejects, replayed } from './world.js';

const { THROUGH, CACHE_THROUGH, ASYNC_THROUGH } = fs.WritePType;

test(
  'a new directory belongs to the caller and touches its parent',
  program(async (w) => {
    await w.mkdir('/open', { mode: pmode(0o777) });
    await w.clock.advance(3);
    await w.mkdir('/open/d', { mode: pmode(0o700), commonOptions: { ttl: 9n, ttlAction: 1 } }, 'alice');
    const info = await w.status('/open/d');
    assert.deepEqual([info.owner, info.group, info.mode, info.ttl, info.persistenceState], ['alice', 'users', 0o700, 9n, 'NOT_PERSISTED']);
    assert.equal((await w.status('/open')).lastModificationTimeMs, BigInt(w.clock.nowMs()));
    assert.deepEqual(w.store.calls, []);
  }),
);

test(
  'what exists already',
  program(async (w) => {
    await w.mkdir('/d');
    await w.create('/f');
    await rejects('alreadyExists', 'Not allowed to create directory because path already exists: /d', () => w.mkdir('/d'));
    await rejects('alreadyExists', 'Not allowed to create directory because path already exists: /f', () => w.mkdir('/f'));
    await w.mkdir('/d', { allowExists: true });
    await rejects('internal', 'Inode f is not a directory', () => w.mkdir('/f', { allowExists: true }));
    for (const allowExists of [false, true])
      await rejects('alreadyExists', 'Not allowed to create existing root path: /', () => w.mkdir('/', { allowExists }));
  }),
);

test(
  'a missing parent is made only when asked for, as a directory like the last',
  program(async (w) => {
    await rejects('notFound', 'File /a/b/c creation failed. Component 1(a) does not exist', () => w.mkdir('/a/b/c'));
    await w.mkdir('/a/b/c', { recursive: true, mode: pmode(0o700) });
    assert.equal(w.inode('/a/b')?.mode, 0o755);
    assert.equal(w.inode('/a/b/c')?.mode, 0o700);
    await w.create('/f');
    await rejects('invalidArgument', /^Traversal failed for path \/f\/x\. /, () => w.mkdir('/f/x', { recursive: true }));
  }),
);

test(
  'names that are none',
  program(async (w) => {
    const before = w.journal.lastSequence;
    await rejects('invalidArgument', 'Path "/a\\0b" is invalid.', () => w.mkdir('/a\0b'));
    await rejects('invalidArgument', 'Path "/../x" is invalid.', () => w.mkdir('/../x'));
    await rejects('invalidArgument', /component longer than 255 bytes/, () => w.mkdir(`/${'é'.repeat(128)}`));
    await rejects('invalidArgument', /kept for temporary files/, () => w.mkdir('/.alluxio_ufs_persistence'));
    assert.equal(w.journal.lastSequence, before);
    await w.mkdir(`/${'é'.repeat(127)}`);
    await w.mkdir('/a/b/../c//./d/', { recursive: true });
    assert.equal((await w.status('/a/c/d')).path, '/a/c/d');
  }),
);

test(
  'a directory of a through write is made in the store first, with those above it',
  program(async (w) => {
    await w.mkdir('/a', { mode: pmode(0o750) });
    for (const writeType of [THROUGH, CACHE_THROUGH]) {
      await w.mkdir(`/a/b/${writeType}`, { writeType, recursive: true, mode: pmode(0o700) });
      const info = await w.status(`/a/b/${writeType}`);
      assert.equal(info.persistenceState, 'PERSISTED');
      assert.match(info.ufsFingerprint!, /^TYPE\|DIRECTORY UFS\|local OWNER\|root GROUP\|root MODE\|448 $/);
      assert.equal(w.store.entries.get(`a/b/${writeType}`)?.mode, 0o700);
    }
    assert.equal(w.store.entries.get('a')?.mode, 0o750);
    assert.equal((await w.status('/a')).persisted, true);
    assert.equal((await w.status('/a/b')).persisted, true);
  }),
);

test(
  'a directory of an asynchronous write comes to the store with its first file',
  program(async (w) => {
    await w.mkdir('/d', { writeType: ASYNC_THROUGH });
    assert.deepEqual(w.store.paths(), []);
    assert.equal((await w.status('/d')).persistenceState, 'NOT_PERSISTED');
  }),
);

test(
  'a store that refuses leaves nothing here',
  program(async (w) => {
    w.store.before = (call) => {
      if (call.startsWith('makeDirectory')) throw fail('permissionDenied', 'EACCES');
    };
    await rejects('permissionDenied', 'EACCES', () => w.mkdir('/d', { writeType: THROUGH }));
    assert.equal(w.inode('/d'), undefined);
  }),
);

test(
  'a directory that only the store has is found, not made again',
  program(async (w) => {
    w.store.file('d/f', 'x');
    await rejects('alreadyExists', /already exists: \/d$/, () => w.mkdir('/d', { writeType: THROUGH }));
    await w.mkdir('/d/e');
    assert.equal((await w.status('/d')).owner, 'ufs');
  }),
);

test(
  'a new directory in the store needs no listing',
  program(async (w) => {
    await w.mkdir('/d', { writeType: THROUGH });
    w.store.calls.length = 0;
    assert.deepEqual(await w.list('/d'), []);
    assert.deepEqual(w.store.calls, []);
  }),
);

test(
  'a retried mkdir is answered, also after a restart and while the first waits',
  program(async (w) => {
    const options = { writeType: THROUGH, commonOptions: { operationId: operationId() } };
    await Promise.all([w.mkdir('/d', options), w.mkdir('/d', options)]);
    await w.mkdir('/d', options);
    await replayed(w).mkdir('/d', options);
    assert.equal(w.store.calls.filter((call) => call === 'makeDirectory d').length, 1);
  }),
);

test(
  'two who make directories below the same missing parent both succeed',
  program(async (w) => {
    const options = { writeType: THROUGH, recursive: true };
    await Promise.all([w.mkdir('/p/a', options), w.mkdir('/p/b', options), w.create('/p/f', { writeType: THROUGH, recursive: true })]);
    assert.deepEqual((await w.list('/p')).flat(), ['/p/a', '/p/b', '/p/f']);
  }),
);
