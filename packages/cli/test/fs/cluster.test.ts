import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskReport } from '@alluvium/client';
import { FakeTerminal } from '../fakes/fake-terminal.js';

test('masters, space and sync points', async () => {
  const t = new FakeTerminal();
  for (const command of ['leader', 'masterInfo', 'getCapacityBytes', 'getUsedBytes', 'getSyncPathList'])
    assert.equal(await t.run(`fs ${command}`), 0, command);
  assert.deepEqual(t.stdout.lines, [
    'm1',
    'Current leader master: m1:19998',
    'All masters: [m1:19998, m2:19998]',
    'Capacity Bytes: 10737418240',
    'Used Bytes: 1073741824',
    'The following paths are under active sync',
    '/a',
  ]);
  assert.equal(await t.run('fs startSync /x'), 0);
  assert.equal(await t.run('fs stopSync /x'), 0);
  assert.deepEqual(t.fileSystem.admin.calls, ['startSync /x', 'stopSync /x']);
});

test('a worker is freed by its host, one that nobody knows is an error', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fs freeWorker w1'), 0);
  assert.deepEqual(t.fileSystem.admin.calls, ['freeWorker w1']);
  assert.equal(await t.run('fs freeWorker nosuch'), 1);
  assert.match(t.stderr.text, /Worker nosuch is not found/);
});

test('help explains a command, lists all, and refuses what is none', async () => {
  const t = new FakeTerminal();
  assert.equal(await t.run('fs help touch'), 0);
  assert.match(t.stdout.text, /^Usage: alluvium fs touch/);
  t.stdout.text = '';
  assert.equal(await t.run('fs help'), 0);
  assert.match(t.stdout.text, /\n {2}touch .*make empty files/);
  assert.equal(await t.run('fs help nosuch'), 2);
});

const TASK: TaskReport = {
  taskId: 7n,
  kind: 'sync',
  path: '/data',
  user: 'ann',
  state: 'RUNNING',
  startedMs: 0n,
  endedMs: undefined,
  done: 5n,
  total: 10n,
  figures: { created: 3n },
  currentPath: '/data/x',
  error: undefined,
  dryRun: true,
};

test('tasks are listed, shown with their directories, and cancelled', async () => {
  const t = new FakeTerminal();
  t.fileSystem.admin.running = [TASK];
  assert.equal(await t.run('fs tasks --all --kind sync'), 0);
  assert.deepEqual(
    t.stdout.lines.map((line) => line.replace(/\d\d-\d\d-\d{4} [\d:]+/, '<TIME>').replace(/ {2,}/g, ' ')),
    ['Id Kind State Done User Started Path', '7 sync RUNNING 5 of 10 ann <TIME> /data'],
  );
  t.stdout.text = '';
  const outcome = { path: '/data', listed: 9n, created: 3n, updated: 0n, removed: 0n, unchanged: 6n, skipped: 0n, failed: 1n };
  t.fileSystem.admin.details = { task: TASK, directories: [{ ...outcome, error: 'no answer', durationMs: 5n }], directoriesTotal: 3n };
  assert.equal(await t.run('fs task 7'), 0);
  assert.match(
    t.stdout.text,
    /^Task 7\n {2}kind: sync, as a dry run\n {2}path: \/data\n[^]* {2}done: 5 of 10\n {2}created: 3\n {2}now at: \/data\/x\n/,
  );
  assert.match(t.stdout.text, /\n9 +3 +0 +0 +0 +1 +\/data: no answer\nand 2 more\n$/);
  t.stdout.text = '';
  assert.equal(await t.run('fs cancel 7'), 0);
  assert.equal(await t.run('fs cancel 8'), 0);
  assert.deepEqual(t.stdout.lines, ['Task 7 ends', 'Task 8 had ended already']);
  t.fileSystem.admin.details = undefined;
  assert.equal(await t.run('fs task 9'), 1);
  assert.deepEqual(t.fileSystem.admin.calls, ['tasks true sync', 'cancelTask 7', 'cancelTask 8']);
});

test('checksum prints the MD5 of what is in files', async () => {
  const t = new FakeTerminal();
  t.fileSystem.file('/h', 'hello\n').directory('/d');
  assert.equal(await t.run('fs checksum /h'), 0);
  assert.deepEqual(t.stdout.lines, ['md5sum: b1946ac92492d2347c6235b4d2611184']);
  assert.equal(await t.run('fs checksum /d'), 1);
  assert.match(t.stderr.text, /must be a file/);
});

test('stat finds a file by its id', async () => {
  const t = new FakeTerminal();
  t.fileSystem.file('/a*', 'x').file('/ab', 'yy');
  t.fileSystem.admin.paths.set(5n, '/a*');
  assert.equal(await t.run(['fs', 'stat', '-f', '%N %z', '--file-id', '5']), 0);
  assert.deepEqual(t.stdout.lines, ['a* 1'], 'its name is no pattern');
  assert.equal(await t.run('fs stat --file-id 6'), 1);
  assert.equal(await t.run('fs stat'), 2);
  assert.equal(await t.run('fs stat /ab --file-id 5'), 2);
});

test('du shows memory and workers in the columns of Alluxio s shell', async () => {
  const t = new FakeTerminal();
  t.fileSystem.file('/f', 'hello', { inMemoryPercentage: 100 });
  assert.equal(await t.run('fs du -h -g -m /f'), 0);
  assert.deepEqual(t.stdout.lines, [
    'File Size     In Alluxio       In Memory        Worker Host Name          Path',
    '5B            5B (100%)        5B (100%)        total                     /f',
    '              5B                                w1',
  ]);
});

test('rm and ls hand on what Alluxio s flags say', async () => {
  const t = new FakeTerminal();
  t.fileSystem.directory('/d');
  assert.equal(await t.run('fs ls -m /d'), 0);
  assert.equal(t.fileSystem.listOptions?.omitMountInfo, true);
  assert.equal(await t.run('fs rm -R -U -m -s /d'), 0);
  const { unchecked, deleteMountPoints, syncParentNextTime } = t.fileSystem.removeOptions!;
  assert.deepEqual([unchecked, deleteMountPoints, syncParentNextTime], [true, true, true]);
});
