import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MountId, NormalPath } from '@alluvium/base';
import { choosePlace, placeOfFile, type PlaceParts } from '@alluvium/master/backup-service/choose-place.js';
import { MountTable } from '@alluvium/master/mount/mount-table.js';
import { updateUfsMode } from '@alluvium/master/mount/ufs-modes.js';
import { silentLogger } from '@alluvium/platform';
import { SeededRandom, SimDisk } from '@alluvium/testkit';
import { MemoryStore } from '../file/memory-store.js';
import { rejects } from '../file/world.js';

interface Opened extends PlaceParts {
  /** What stores were opened with. */
  readonly opened: (readonly [uri: string, key: string | undefined])[];
}

function world(rootUri: string): Opened {
  const opened: [string, string | undefined][] = [];
  const factory = {
    open(uri: string, properties: ReadonlyMap<string, string>) {
      opened.push([uri, properties.get('key')]);
      return new MemoryStore(uri);
    },
  };
  const root = { ufsUri: rootUri, readOnly: false, shared: false, properties: new Map([['key', 'of the root']]) };
  const mounts = new MountTable(root, factory, silentLogger);
  const mount = (id: bigint, path: string, ufsPath: string): boolean =>
    mounts.apply({
      addMountPoint: {
        mountId: id as MountId,
        alluxioPath: path as NormalPath,
        ufsPath,
        properties: [{ key: 'key', value: `of ${path}` }],
      },
    });
  mount(5n, '/a', 's3://bucket/a');
  mount(6n, '/b', 's3://bucket/a/b');
  return { disk: new SimDisk(new SeededRandom(1)).mount(), mounts, opened };
}

test('a store is opened with the options of the mount that shows the directory, of its store, or of the root', () => {
  const parts = world('s3://root/in');
  for (const directory of [
    's3://bucket/a/b/c/',
    's3://bucket/a/x',
    's3://bucket/elsewhere',
    's3://other/x',
    'gs://other/x',
    '/backups',
    '//',
  ])
    choosePlace(parts, directory, false);
  assert.deepEqual(parts.opened, [
    ['s3://bucket/a/b/c', 'of /b'],
    ['s3://bucket/a/x', 'of /a'],
    ['s3://bucket/elsewhere', 'of /b'],
    ['s3://other/x', 'of the root'],
    ['gs://other/x', undefined],
    ['s3://root/backups', 'of the root'],
    ['s3://root', 'of the root'],
  ]);
});

test('a path is one of the disk when the root store is, when it is to be local, and when a file is restored', () => {
  const local = world('/data/store');
  assert.equal(choosePlace(local, '/backups/', false).uri, 'file:///backups');
  assert.equal(choosePlace(world('file:///data'), '/', false).uri, 'file://');
  const remote = world('s3://root/in');
  assert.equal(choosePlace(remote, '/backups', true).uri, 'file:///backups');
  assert.equal(choosePlace(remote, 'file:///backups', false).uri, 'file:///backups');
  const { place, name } = placeOfFile(remote, '/var/x.gz');
  assert.deepEqual([place.uri, name, remote.opened], ['file:///var', 'x.gz', []]);
  assert.equal(placeOfFile(remote, 's3://bucket/a/x.gz').place.uri, 's3://bucket/a');
});

test('a store in maintenance takes no backup, and --local has nothing to do with it', async () => {
  const parts = world('/data/store');
  parts.mounts.apply(updateUfsMode('/', 'READ_ONLY'));
  await rejects('permissionDenied', /maintenance mode/, () => choosePlace(parts, '/backups', false));
  assert.equal(choosePlace(parts, '/backups', true).uri, 'file:///backups');
});
