// Backups of a whole master in a simulation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { Backups } from '@alluvium/master/backup-service/backups.js';
import { StorePlace } from '@alluvium/master/backup-service/store-place.js';
import { methodsOf } from '@alluvium/net';
import { silentLogger } from '@alluvium/platform';
import { SeededRandom, SimClock } from '@alluvium/testkit';
import { metaMaster, namespaceService as ns } from '@alluvium/wire';
import { MemoryStore } from '../file/memory-store.js';
import { rejects } from '../file/world.js';
import { format, WRITER } from './places.js';
import { backedUp, create, ended, listed, running } from './whole-master.js';

const meta = methodsOf(metaMaster.MetaMasterClientServiceDefinition);
const namespace = methodsOf(ns.NamespaceServiceDefinition);
const { BackupState } = metaMaster;

const NAME = /^alluxio-backup-\d{4}-\d\d-\d\d-\d+\.gz$/;

test('a backup that runs by itself is Initiating, then Completed, in the default directory of the root store', async () => {
  const { machine, c } = await running();
  await create(c, '/a/f', '/a/g');
  const first = await c.unary(meta.backup, { options: { runAsync: true } });
  assert.deepEqual([first.backupState, first.entryCount], [BackupState.Initiating, 0n]);
  await rejects('internal', 'Backup in progress', () => c.unary(meta.backup, { options: { runAsync: true } }));
  const status = await ended(machine, c, first.backupId!);
  assert.deepEqual([status.backupState, status.backupHost], [BackupState.Completed, 'localhost']);
  assert.match(status.backupUri!, /^mem:\/\/root\/alluxio_backups\/alluxio-backup-\d{4}-\d\d-\d\d-\d+\.gz$/);
  assert.ok(status.entryCount! >= 4n);
  const [name, mark, ...others] = machine.stores.at('mem://root/alluxio_backups').paths();
  assert.match(name!, NAME);
  assert.deepEqual([mark, others], [`${name}.complete`, []]);
  const { backups, nextMs } = await c.unary(namespace.listBackups, {});
  assert.equal(nextMs, undefined);
  const [only] = backups!;
  assert.deepEqual(
    [backups!.length, only!.backupId, only!.state, only!.uri, only!.entries, only!.scheduled, only!.bytes! > 100n],
    [1, first.backupId, 'Completed', status.backupUri, status.entryCount, false, true],
  );
});

test('a backup goes where it is told: to a path of the root store, to another store, to the disk of the master', async () => {
  const { machine, c } = await running({ 'alluvium.master.backup.local.directory': '/var/backups' });
  const uri = async (targetDirectory: string, localFileSystem = false): Promise<string> =>
    (await backedUp(machine, c, { targetDirectory, options: { localFileSystem } })).backupUri!.replace(/alluxio-backup.*/, '');
  assert.equal(await uri('/other/directory/'), 'mem://root/other/directory/');
  assert.equal(await uri('mem://elsewhere/backups'), 'mem://elsewhere/backups/');
  assert.equal(await uri('/var/here', true), 'file:///var/here/');
  assert.equal(await uri('file:///var/there'), 'file:///var/there/');
  assert.equal(await uri('', true), 'file:///var/backups/');
  for (const directory of ['here', 'there', 'backups'])
    assert.equal(machine.disk.paths().filter((path) => path.startsWith(`/var/${directory}/`)).length, 2);
  await rejects('failedPrecondition', /is not a directory$/, () =>
    uri(
      machine.disk.paths().find((path) => path.endsWith('.gz'))!,
      true,
    ),
  );
});

test('a store that refuses fails the backup and nothing else, and clients are told why', async () => {
  const { machine, c } = await running();
  machine.stores.at('mem://root/alluxio_backups').before = (call) => {
    if (call.startsWith('create')) throw fail('permissionDenied', 'Cannot write there: the store refuses');
  };
  const { backupId } = await c.unary(meta.backup, { options: { runAsync: true } });
  await create(c, '/meanwhile');
  const status = await ended(machine, c, backupId!);
  assert.deepEqual([status.backupState, status.backupUri], [BackupState.Failed, undefined]);
  assert.ok(Buffer.from(status.backupError!).includes('Cannot write there: the store refuses'));
  await rejects('permissionDenied', 'Cannot write there: the store refuses', () => backedUp(machine, c));
  assert.ok((await listed(c)).some(({ path }) => path === '/meanwhile'));
});

test('a disk that is full fails the backup, and what was written of it goes', async () => {
  const { machine, c } = await running();
  await create(c, ...Array.from({ length: 50 }, (_, i) => `/d/file-${i}`));
  machine.disk.capacityBytes = machine.disk.usedBytes + 500;
  await rejects('resourceExhausted', /No space left/, () =>
    backedUp(machine, c, { targetDirectory: '/b', options: { localFileSystem: true } }),
  );
  assert.deepEqual(
    machine.disk.paths().filter((path) => path.startsWith('/b/')),
    [],
  );
});

test('a master that stops while a store hangs ends its backup and goes', async () => {
  const { machine, c } = await running();
  machine.stores.at('mem://root/alluxio_backups').before = (call) => (call.startsWith('create') ? new Promise<void>(() => {}) : undefined);
  await c.unary(meta.backup, { options: { runAsync: true } });
  await machine.clock.advance(100);
  await machine.stop();
});

test('the list of backups is bounded, and what runs stays in it', async () => {
  const clock = new SimClock();
  const store = new MemoryStore('mem://b');
  const backups = new Backups({
    clock,
    random: new SeededRandom(1),
    log: silentLogger,
    format,
    writer: WRITER,
    settled: () => undefined,
    open: () => new StorePlace(store),
  });
  const target = { directory: undefined, local: false, scheduled: false };
  const first = await clock.run(backups.begin(target).ended);
  for (let i = 0; i < 104; i++) {
    await clock.advance(1);
    await clock.run(backups.begin(target).ended);
  }
  assert.deepEqual([backups.all().length, backups.get(first.id)], [100, undefined]);
  const { record } = backups.begin(target);
  assert.equal(backups.get(record.id)?.state, 'Initiating');
  await clock.run(backups.stop());
  assert.equal(backups.get(record.id)?.state, 'Failed');
  await rejects('cancelled', 'The master stops', () => backups.begin(target));
});
