import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessTimes } from '@alluvium/master/file/access-times.js';
import type { FileInode } from '@alluvium/metastore';
import { silentLogger } from '@alluvium/platform';
import { common, fileSystemMaster as fs } from '@alluvium/wire';
import { Gate, pmode, program, rejects, World } from './world.js';

const { ONCE, NEVER, ALWAYS } = fs.LoadMetadataPType;

test(
  'the status of the root',
  program(async (w) => {
    const info = await w.status('/');
    assert.equal(info.fileId, 0n);
    assert.equal(info.name, '');
    assert.equal(info.path, '/');
    assert.equal(info.folder, true);
    assert.equal(info.completed, true, 'clients refuse to open what is not complete');
    assert.equal(info.persisted, true);
    assert.equal(info.ufsPath, 'mem://root');
    assert.equal(info.mountId, 1n);
    assert.equal(info.defaultAcl?.isDefault, true, 'else Java clients fail with a ClassCastException');
    assert.equal(info.defaultAcl?.isDefaultEmpty, true);
  }),
);

test(
  'the status of a file tells its blocks in order',
  program(async (w) => {
    await w.write('/f', 25, { mode: pmode(0o640), commonOptions: { ttl: 7n, ttlAction: common.TtlAction.FREE } });
    const info = await w.status('/f');
    const container = info.fileId! >> 24n;
    assert.deepEqual(info.blockIds, [container << 24n, (container << 24n) + 1n, (container << 24n) + 2n]);
    assert.equal(info.fileId! & 0xffffffn, 0xffffffn);
    assert.deepEqual(
      info.fileBlockInfos!.map((block) => [block.blockInfo?.blockId, block.offset, block.blockInfo?.length]),
      info.blockIds!.map((id, i) => [id, BigInt(i * 10), i < 2 ? 10n : 5n]),
    );
    assert.equal(info.length, 25n);
    assert.equal(info.completed, true);
    assert.equal(info.cacheable, true);
    assert.equal(info.mode, 0o640);
    assert.equal(info.ttl, 7n);
    assert.equal(info.ttlAction, common.TtlAction.FREE);
    assert.equal(info.inAlluxioPercentage, 0, 'no worker has told of a copy');
    assert.equal(info.replicationMax, -1);
  }),
);

test(
  'the length of a directory is the number of its children',
  program(async (w) => {
    await w.mkdir('/d');
    await w.mkdir('/d/e');
    await w.create('/d/f');
    const info = await w.status('/d');
    assert.equal(info.length, 2n);
    assert.equal(info.blockSizeBytes, 0n);
    assert.equal(info.cacheable, false);
  }),
);

test(
  'an empty file is wholly there',
  program(async (w) => {
    await w.write('/f', 0);
    assert.equal((await w.status('/f')).inAlluxioPercentage, 100);
  }),
);

test(
  'a missing path, a path below a file, a path that is none',
  program(async (w) => {
    await w.create('/f');
    await rejects('notFound', 'Path "/no" does not exist.', () => w.status('/no'));
    await rejects('notFound', 'Traversal failed for path /f/x. Component 1(f) is a file, not a directory.', () => w.status('/f/x'));
    await rejects('invalidArgument', 'Path "" is invalid.', () => w.status(''));
    await rejects('invalidArgument', 'Path "relative" is invalid.', () => w.status('relative'));
    assert.equal((await w.status('alluxio://h:1//./x/../f/')).path, '/f');
  }),
);

test(
  'an unknown path is looked for in the store once, whether it is there or not',
  program(async (w) => {
    w.store.file('d/old', '0123456789abc');
    const info = await w.status('/d/old');
    assert.equal(info.length, 13n);
    assert.equal(info.owner, 'ufs');
    assert.equal(info.mode, 0o640);
    assert.equal(info.persistenceState, 'PERSISTED');
    assert.equal(info.blockIds?.length, 2);
    assert.match(info.ufsFingerprint!, /^TYPE\|FILE UFS\|local OWNER\|ufs GROUP\|ufs MODE\|416 CONTENT_HASH\|/);
    assert.deepEqual(w.store.calls, ['status d', 'status d/old']);
    w.store.calls.length = 0;
    await w.status('/d/old');
    await rejects('notFound', /.*/, () => w.status('/no'));
    await rejects('notFound', /.*/, () => w.status('/no'));
    await rejects('notFound', /.*/, () => w.status('/no/below'));
    assert.deepEqual(w.store.calls, ['status no'], 'absence is remembered');
  }),
);

test(
  'NEVER asks nothing of the store, ALWAYS asks in spite of a remembered absence',
  program(async (w) => {
    await rejects('notFound', /.*/, () => w.status('/f', { loadMetadataType: ONCE }));
    w.store.file('f', 'x');
    w.store.calls.length = 0;
    await rejects('notFound', /.*/, () => w.status('/f', { loadMetadataType: NEVER }));
    await rejects('notFound', /.*/, () => w.status('/f', { loadMetadataType: ONCE }));
    assert.deepEqual(w.store.calls, []);
    assert.equal((await w.status('/f', { loadMetadataType: ALWAYS })).length, 1n);
    await w.rm('/f', { alluxioOnly: true });
    assert.equal((await w.status('/f')).length, 1n, 'what was seen is not absent any more');
  }),
);

test(
  'a wish for new files deletes nothing that a load finds',
  program(async (w) => {
    w.store.file('f', 'x');
    const { DELETE, DELETE_ALLUXIO } = common.TtlAction;
    assert.equal((await w.status('/f', { commonOptions: { ttl: 60n, ttlAction: DELETE } })).ttl, -1n);
    w.store.file('g', 'x');
    assert.equal((await w.status('/g', { commonOptions: { ttl: 60n, ttlAction: DELETE_ALLUXIO } })).ttl, 60n);
  }),
);

test(
  'a loaded path gets the ttl of the request',
  program(async (w) => {
    w.store.file('f', 'x');
    assert.equal((await w.status('/f', { commonOptions: { ttl: 60n, ttlAction: common.TtlAction.FREE } })).ttl, 60n);
    w.store.file('g', 'x');
    assert.equal((await w.status('/g')).ttl, -1n, 'absent means none');
  }),
);

test('many who ask for the same unknown path wait for one look', async () => {
  const w = new World();
  w.store.file('f', 'x');
  const gate = new Gate();
  w.store.before = () => gate.passed;
  const asked = [w.status('/f'), w.status('/f'), w.status('/f')];
  gate.open();
  for (const reply of await Promise.all(asked)) assert.equal(reply.length, 1n);
  assert.deepEqual(w.store.calls, ['status f']);
});

test(
  'what the store has but cannot be named is not loaded',
  program(async (w) => {
    w.store.file('.alluxio_ufs_persistence/1.tmp', 'x');
    w.store.file('f.alluxio.0x0123456789ABCDEF.tmp', 'x');
    w.store.file('ok', 'x');
    await rejects('notFound', /.*/, () => w.status('/.alluxio_ufs_persistence'));
    await rejects('notFound', /.*/, () => w.status('/f.alluxio.0x0123456789ABCDEF.tmp'));
    assert.deepEqual(await w.list('/'), [['/ok']]);
  }),
);

test(
  'a store that fails is an error, and the next request asks again',
  program(async (w) => {
    w.store.file('f', 'x');
    let failures = 1;
    w.store.before = () => {
      if (failures-- > 0) throw new Error('503');
    };
    await rejects('internal', '503', () => w.status('/f'));
    assert.equal((await w.status('/f')).length, 1n);
  }),
);

test('how exact access times are, and whether they are moved at all, can be said', async () => {
  for (const [options, moved] of [
    [{ enabled: true, precisionMs: 1000, flushDelayMs: 500 }, 2000],
    [{ enabled: false, precisionMs: 1000, flushDelayMs: 500 }, 0],
  ] as const) {
    const w = new World();
    const accessTimes = new AccessTimes(w.clock, w.c.committer, w.tree, silentLogger, options);
    await w.create('/f');
    const made = w.clock.nowMs();
    await w.clock.advance(2000);
    accessTimes.opened(w.inode('/f') as FileInode);
    await w.clock.advance(500);
    assert.equal(w.inode('/f')!.accessTimeMs - made, moved);
  }
});

test('an open moves the access time when it is older than a day, and journals it within the hour', async () => {
  const w = new World();
  await w.write('/f', 1);
  const made = w.clock.nowMs();
  const open = { accessMode: common.Bits.READ, updateTimestamps: true };
  await w.status('/f', open);
  await w.clock.advance(23 * 3_600_000);
  await w.status('/f', open);
  await w.clock.advance(3_600_000);
  assert.equal(w.inode('/f')?.accessTimeMs, made, 'younger than a day');
  await w.status('/f', { accessMode: common.Bits.READ, updateTimestamps: false });
  await w.status('/f');
  const operations = w.journal.lastSequence;
  const opened = w.clock.nowMs();
  await w.status('/f', open);
  await w.status('/f', open);
  assert.equal(w.journal.lastSequence, operations);
  await w.clock.advance(3_600_000);
  assert.equal(w.journal.lastSequence, operations + 1);
  assert.equal(w.inode('/f')?.accessTimeMs, opened);
});
