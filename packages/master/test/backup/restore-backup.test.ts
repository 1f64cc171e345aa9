import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalEntry } from '@alluvium/journal';
import { acl, journal } from '@alluvium/wire';
import { rejects } from '../file/world.js';
import { restoredFrom } from './backup-world.js';

const ROOT: JournalEntry = { inodeDirectory: { id: 0n, parentId: -1n, name: '' } };

function directory(id: bigint, parentId: bigint, name: string, more: NonNullable<JournalEntry['inodeDirectory']> = {}): JournalEntry {
  return { inodeDirectory: { id, parentId, name, ...more } };
}

function file(id: bigint, parentId: bigint, name: string, more: NonNullable<JournalEntry['inodeFile']> = {}): JournalEntry {
  return { inodeFile: { id, parentId, name, ...more } };
}

const mount = (alluxioPath: string, mountId: bigint): JournalEntry => ({ addMountPoint: { alluxioPath, ufsPath: 'mem://m', mountId } });

const NO_NAMESPACE: readonly (readonly [string, RegExp, readonly JournalEntry[]])[] = [
  ['no root', /it has no root directory/, [{ clusterInfo: { clusterId: 'x' } }]],
  ['two roots', /entry 2, inodeDirectory: the directory 0 "" has the id of another inode/, [ROOT, ROOT]],
  ['a root with another id', /entry 1, inodeDirectory: the directory 7 "" is no root: one directory with id 0/, [directory(7n, -1n, '')]],
  ['a root with a name', /entry 1.* is no root/, [directory(0n, -1n, 'r')]],
  ['a file as root', /entry 1, inodeFile: the file 0 "" is no root/, [file(0n, -1n, '')]],
  ['an inode without id', /entry 2, inodeFile: the file undefined "f" has no id/, [ROOT, { inodeFile: { parentId: 0n, name: 'f' } }]],
  ['two inodes with one id', /entry 3.*the file 5 "g" has the id of another inode/, [ROOT, file(5n, 0n, 'f'), file(5n, 0n, 'g')]],
  ['two inodes with one name', /entry 3.*has the name of another inode of directory 0/, [ROOT, file(5n, 0n, 'f'), directory(6n, 0n, 'f')]],
  ['a parent that is missing', /entry 2.*is in the directory 9, which did not come before it/, [ROOT, file(5n, 9n, 'f')]],
  ['a parent that comes later', /entry 2.*did not come before it/, [ROOT, file(5n, 9n, 'f'), directory(9n, 0n, 'd')]],
  ['a file as parent', /entry 3.*is in the inode 5, which is a file/, [ROOT, file(5n, 0n, 'f'), file(6n, 5n, 'g')]],
  ['a name that is none', /entry 2.*has no valid name/, [ROOT, file(5n, 0n, 'a/b')]],
  ['an empty name', /entry 2.*has no valid name/, [ROOT, directory(5n, 0n, '')]],
  [
    'an update of nothing',
    /entry 2, updateInode: .*updates the inode 5, which does not exist/,
    [ROOT, { updateInode: { id: 5n, pinned: true } }],
  ],
  ['two mounts at a path', /entry 3.*the mount 8 at "\/m" has the path of another/, [ROOT, mount('/m', 7n), mount('/m', 8n)]],
  ['two mounts with an id', /entry 3.*has the id of another/, [ROOT, mount('/m', 7n), mount('/n', 7n)]],
  ['a mount with the id of the root', /entry 2.*has the id of another/, [ROOT, mount('/m', 1n)]],
  ['a mount at no path', /entry 2.*the mount 7 at "m\/.." has no valid path/, [ROOT, mount('m/..', 7n)]],
  ['a block without id', /entry 2, blockInfo: it speaks of no block/, [ROOT, { blockInfo: { length: 5n } }]],
  [
    'a directory that is moved into itself',
    /entry 4, rename: .*gets into itself/,
    [ROOT, directory(5n, 0n, 'd'), directory(6n, 5n, 'e'), { rename: { id: 5n, newParentId: 6n, newName: 'x' } }],
  ],
  [
    'something moved onto another',
    /entry 4, rename: .*gets the name of another/,
    [ROOT, file(5n, 0n, 'f'), file(6n, 0n, 'g'), { rename: { id: 5n, newParentId: 0n, newName: 'g' } }],
  ],
  [
    'an update that moves into a file',
    /entry 4.*which is a file/,
    [ROOT, file(5n, 0n, 'f'), file(6n, 0n, 'g'), { updateInode: { id: 5n, parentId: 6n } }],
  ],
];

test('a backup that makes no namespace is refused, and the entry is named', async () => {
  for (const [what, message, entries] of NO_NAMESPACE)
    await rejects('invalidArgument', message, () => restoredFrom(entries)).catch((error: unknown) => {
      throw new Error(`${what}: ${String(error)}`);
    });
});

test('entries without meaning here are counted, those of later versions too', async () => {
  const later = journal.JournalEntry.decode(Buffer.of(0xba, 0x3e, 2, 8, 1));
  const entries: JournalEntry[] = [ROOT, { loadJob: {} }, { addSyncPoint: {} }, { addSyncPoint: {} }, { attachDb: {} }, later, {}];
  const { restored, warnings } = await restoredFrom(entries);
  const ignored = { loadJob: 1, addSyncPoint: 2, attachDb: 1, 'field 999': 1, empty: 1 };
  assert.deepEqual(Object.fromEntries(restored.ignored), ignored);
  assert.equal(restored.entries, 7);
  assert.deepEqual(warnings, [`entries of the backup have no meaning here ${JSON.stringify(ignored)}`]);
});

test('an entry may hold a batch', async () => {
  const { world } = await restoredFrom([
    { journalEntries: [ROOT, directory(1n, 0n, 'd'), { journalEntries: [file(16777215n, 1n, 'f')] }] },
  ]);
  assert.ok(world.inode('/d/f'));
});

test('kinds that older versions wrote mean what they meant', async () => {
  const entries: JournalEntry[] = [
    ROOT,
    directory(1n, 0n, 'd', { owner: 'alice', group: 'users', mode: 0o751, lastModificationTimeMs: 5n }),
    directory(2n, 0n, 'e'),
    file(33554431n, 1n, 'f', { blockSizeBytes: 10n, creationTimeMs: 1n }),
    { completeFile: { id: 33554431n, length: 15n, blockIds: [16777216n, 16777217n], opTimeMs: 77n, ufsFingerprint: 'print' } },
    { persistDirectory: { id: 1n } },
    { asyncPersistRequest: { fileId: 33554431n } },
    { inodeLastModificationTime: { id: 1n, lastModificationTimeMs: 99n } },
    {
      setAttribute: {
        id: 33554431n,
        pinned: true,
        ttl: 9_223_372_036_854_775_807n,
        ttlAction: 1,
        owner: 'bob',
        permission: 0o640,
        replicationMin: 2,
      },
    },
    { rename: { id: 33554431n, dstPath: '/e/moved', opTimeMs: 100n } },
  ];
  const { world, restored } = await restoredFrom(entries);
  assert.deepEqual(restored.ignored, new Map());
  const moved = world.inode('/e/moved')!;
  assert.ok(moved.kind === 'file' && moved.completed);
  const { length, blocks, modificationTimeMs, fingerprint, persistence, pinned, ttlMs, ttlAction, owner, mode, replicationMin } = moved;
  assert.deepEqual(
    { length, blocks, modificationTimeMs, fingerprint, persistence, pinned, ttlMs, ttlAction, owner, mode, replicationMin },
    {
      length: 15,
      blocks: [16777216n, 16777217n],
      modificationTimeMs: 77,
      fingerprint: 'print',
      persistence: 'TO_BE_PERSISTED',
      pinned: true,
      ttlMs: Number.MAX_SAFE_INTEGER,
      ttlAction: 'FREE',
      owner: 'bob',
      mode: 0o640,
      replicationMin: 2,
    },
  );
  const d = world.inode('/d')!;
  assert.deepEqual([d.owner, d.group, d.mode, d.persistence, d.modificationTimeMs], ['alice', 'users', 0o751, 'PERSISTED', 100]);
  await rejects('invalidArgument', /entry 3, rename: there is no directory that "\/x\/y" could be in/, () =>
    restoredFrom([ROOT, file(33554431n, 0n, 'f'), { rename: { id: 33554431n, dstPath: '/x/y' } }]),
  );
});

test('a file that a backup of Alluxio has as to be persisted is persisted from now on', async () => {
  const { READ, WRITE } = acl.AclAction;
  const waiting = file(33554431n, 0n, 'f', {
    persistenceState: 'TO_BE_PERSISTED',
    completed: true,
    persistJobId: 12n,
    tempUfsPath: '/t',
    acl: {
      owningUser: 'alice',
      owningGroup: 'users',
      userActions: [{ name: '', actions: { actions: [READ, WRITE] } }],
      groupActions: [{ name: '', actions: { actions: [READ] } }],
      otherActions: {},
    },
  });
  const { world } = await restoredFrom([ROOT, waiting, file(50331647n, 0n, 'g', { completed: true })]);
  assert.deepEqual([...world.tree.toBePersisted()], [[33554431n, 0]]);
  const inode = world.inode('/f')!;
  assert.ok(inode.kind === 'file' && inode.persistJobId === -1n && inode.tempUfsPath === '');
  assert.deepEqual([inode.owner, inode.group, inode.mode], ['alice', 'users', 0o640]);
  assert.equal((world.inode('/g') as { shouldPersistTimeMs: number }).shouldPersistTimeMs, -1);
});

test('generators that are missing, or behind, are moved past every id', async () => {
  for (const generators of [
    [],
    [{ inodeDirectoryIdGenerator: { containerId: 0n, sequenceNumber: 3n } }, { blockContainerIdGenerator: { nextContainerId: 2n } }],
  ]) {
    const { world } = await restoredFrom([ROOT, directory(7n, 0n, 'd'), file((9n << 24n) + 16777215n, 7n, 'f'), ...generators]);
    await world.mkdir('/e');
    await world.write('/e/g', 1);
    assert.equal(world.inode('/e')!.id, 8n);
    assert.equal(world.inode('/e/g')!.id >> 24n, 10n);
  }
});

test('a mount without its directory is told and stops nobody', async () => {
  const { world, warnings } = await restoredFrom([ROOT, directory(1n, 0n, 'm', { mountPoint: true }), mount('/m', 7n), mount('/n', 8n)]);
  assert.equal(world.mounts.at('/n' as never)?.id, 8n);
  assert.deepEqual(warnings, ['a mount of the backup has no directory {"path":"/n"}']);
});
