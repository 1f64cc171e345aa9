import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Interruption } from '@alluvium/cli';
import { FakeTerminal } from '../fakes/fake-terminal.js';

const DONE = { state: 'Completed', uri: 's3://b/alluxio-backup-2026-11-21-1.gz', host: 'm1', entries: 77n } as const;

test('backup waits for its end, and tells what the shell of Alluxio tells', async () => {
  const t = new FakeTerminal();
  t.stderr.isTTY = true;
  t.fileSystem.admin.ofBackups.steps = [{ entries: 30n }, { entries: 60n }, { entries: 60n }, { entries: 60n }, DONE];
  assert.equal(await t.run('fsadmin backup s3://b/ --allow-leader --bypass-delegation'), 0);
  assert.deepEqual(t.stdout.lines, [
    'Backup Host        : m1',
    'Backup URI         : s3://b/alluxio-backup-2026-11-21-1.gz',
    'Backup Entry Count : 77',
  ]);
  assert.match(t.stderr.text, /60 entries/);
  assert.deepEqual(t.fileSystem.admin.ofBackups.asked, [{ directory: 's3://b/', local: false }]);
});

test('backup to the disk of the master, without waiting', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fsadmin backup --local --async'), 0);
  assert.deepEqual(t.stdout.lines, ['id-1']);
  assert.deepEqual(t.fileSystem.admin.ofBackups.asked, [{ local: true }]);
});

test('a backup that fails tells why', async () => {
  const t = new FakeTerminal();
  const { ofBackups } = t.fileSystem.admin;
  ofBackups.steps = [{ state: 'Failed' }];
  const report = { backupId: 'id-1', state: 'Failed', uri: 's3://b', startedMs: 0n, endedMs: 1n, entries: 5n, bytes: undefined } as const;
  ofBackups.list = [{ ...report, error: 'the bucket is gone', scheduled: false }];
  assert.equal(await t.run('fsadmin backup'), 1);
  assert.match(t.stderr.text, /the bucket is gone/);
  ofBackups.steps = [{ state: 'None' }];
  assert.equal(await t.run('fsadmin backup'), 1);
  assert.match(t.stderr.text, /The backup id-1 is lost: the master was started again/);
});

test('a backup goes on when its command is interrupted', async () => {
  const t = new FakeTerminal();
  t.fileSystem.admin.ofBackups.steps = [{ entries: 30n }];
  const run = t.run('fsadmin backup');
  while (t.clock.pending === 0) await new Promise((resolve) => void setImmediate(resolve));
  t.abort.abort(new Interruption('SIGINT'));
  assert.equal(await run, 130);
  assert.equal(t.stderr.text, 'The backup id-1 goes on; alluvium fsadmin backups tells how far it is\n');
});

test('backups lists those that are known, and when the next one is', async () => {
  const t = new FakeTerminal();
  const { ofBackups } = t.fileSystem.admin;
  assert.equal(await t.run('fsadmin backups'), 0);
  assert.deepEqual(t.stdout.lines, ['Directory: /alluxio_backups', 'Daily backups: off', 'No backups are known.']);
  ofBackups.nextMs = 1n;
  const report = { startedMs: 0n, endedMs: 1n, entries: 5n, scheduled: true } as const;
  ofBackups.list = [
    { ...report, backupId: 'b', state: 'Failed', uri: 's3://b', bytes: undefined, error: 'full' },
    { ...report, backupId: 'a', state: 'Completed', uri: 's3://b/x.gz', bytes: 2048n, error: undefined, scheduled: false },
  ];
  t.stdout.text = '';
  assert.equal(await t.run('fsadmin backups'), 0);
  assert.deepEqual(
    t.stdout.lines.map((line) => line.replaceAll(/\d\d-\d\d-\d{4} [\d:]{12}/g, '<TIME>')),
    [
      'Directory: /alluxio_backups',
      'Next daily backup: <TIME>; 3 are kept',
      '',
      'Started                  State      Kind       Entries  Size   Where',
      '<TIME>  Failed     daily      5               s3://b: full',
      '<TIME>  Completed  asked for  5        2048B  s3://b/x.gz',
    ],
  );
  t.stdout.text = '';
  assert.equal(await t.run('fsadmin backups --json'), 0);
  const parsed = JSON.parse(t.stdout.text) as { backups: unknown[]; directory: string };
  assert.deepEqual([parsed.backups.length, parsed.directory], [2, '/alluxio_backups']);
});
