import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Interruption } from '@alluvium/cli';
import { syncTask } from '../fakes/fake-store-sync.js';
import { FakeTerminal } from '../fakes/fake-terminal.js';

const FIGURES = { created: 2n, updated: 0n, removed: 1n, unchanged: 10n, skipped: 0n, failed: 0n, requests: 3n };
const QUIET = {
  listed: 9n,
  created: 0n,
  updated: 0n,
  removed: 0n,
  unchanged: 9n,
  skipped: 0n,
  failed: 0n,
  error: undefined,
  durationMs: 1n,
};

function terminal(): FakeTerminal {
  const t = new FakeTerminal();
  t.fileSystem.file('/data/a', 'a').file('/data/b', 'b');
  return t;
}

test('sync waits for its task and tells what came of each directory that has changed', async () => {
  const t = terminal();
  const directories = [
    { ...QUIET, path: '/data' },
    { ...QUIET, path: '/data/new', created: 2n },
    { ...QUIET, path: '/data/old', removed: 1n },
  ];
  const done = syncTask({ state: 'SUCCEEDED', endedMs: 3500n, figures: FIGURES }, { directories });
  t.fileSystem.sync.looks = [syncTask(), syncTask({ done: 5n }), done];
  assert.equal(await t.run('fs sync /data'), 0);
  assert.deepEqual(t.stdout.lines, [
    'Created  Updated  Removed  Skipped  Failed  Directory',
    '2        0        0        0        0       /data/new',
    '0        0        1        0        0       /data/old',
    '/data: 2 created, 1 removed, 10 unchanged; 3 requests in 2.5 s',
  ]);
  const { signal: _, ...options } = t.fileSystem.sync.options!;
  assert.deepEqual(options, { descendants: 'ALL', dryRun: false });
  assert.deepEqual(t.fileSystem.sync.calls, ['start /data', 'task 7', 'task 7', 'task 7']);
});

test('sync passes on how far, how fast, and that it is to be tried only', async () => {
  const t = terminal();
  t.fileSystem.sync.looks = [syncTask({ state: 'SUCCEEDED', dryRun: true })];
  assert.equal(await t.run('fs sync --depth one --dry-run --rate 2.5 /data'), 0);
  const { signal: _, ...options } = t.fileSystem.sync.options!;
  assert.deepEqual(options, { descendants: 'ONE', dryRun: true, requestsPerSecond: 2.5 });
  assert.deepEqual(t.stdout.lines, ['/data: nothing there (a dry run: nothing was changed); 0 requests in 0 s']);
});

test('sync in the background prints the task and goes', async () => {
  const t = terminal();
  assert.equal(await t.run('fs sync --background /data'), 0);
  assert.deepEqual(t.stdout.lines, ['7']);
  assert.deepEqual(t.fileSystem.sync.calls, ['start /data']);
});

test('sync that failed, in part too, says why and exits with 1', async () => {
  const t = terminal();
  t.fileSystem.sync.looks = [syncTask({ state: 'FAILED', error: 'Cannot sync all of "/data"' })];
  assert.equal(await t.run('fs sync /data'), 1);
  assert.deepEqual(t.stderr.lines, ['alluvium fs sync: Cannot sync all of "/data"']);
});

test('Ctrl-C ends the sync in the cluster too', async () => {
  const t = terminal();
  t.fileSystem.sync.looks = [syncTask()];
  t.fileSystem.admin.running = [syncTask().task];
  const { task } = t.fileSystem.sync.looks[0]!;
  Object.defineProperty(t.fileSystem.sync.looks[0]!, 'task', {
    get: () => {
      t.abort.abort(new Interruption('SIGINT'));
      return task;
    },
  });
  assert.equal(await t.run('fs sync /data'), 130);
  assert.ok(t.fileSystem.admin.calls.includes('cancelTask 7'));
});

test('syncs of late are listed, one of them is shown, one is cancelled', async () => {
  const t = terminal();
  t.fileSystem.admin.running = [syncTask().task];
  t.fileSystem.admin.details = syncTask({ state: 'SUCCEEDED' });
  assert.equal(await t.run('fs sync --status'), 0);
  assert.equal(await t.run('fs sync --status 7'), 0);
  assert.match(t.stdout.text, /Task 7\n {2}kind: sync/);
  assert.equal(await t.run('fs sync --cancel 7'), 0);
  assert.deepEqual(t.fileSystem.admin.calls, ['tasks true sync', 'cancelTask 7']);
});

test('sync without anything to do', async () => {
  const t = terminal();
  assert.equal(await t.run('fs sync'), 2);
  assert.equal(await t.run('fs sync --rate 0 /data'), 2);
  assert.deepEqual(t.fileSystem.sync.calls, []);
});

test('loadMetadata has the cluster load, and with -F compare', async () => {
  const t = terminal();
  assert.equal(await t.run('fs loadMetadata /data'), 0);
  const plain = t.fileSystem.listOptions!;
  assert.deepEqual([plain.loadOnly, plain.loadMetadata, plain.recursive, plain.syncIntervalMs], [true, 'ALWAYS', false, undefined]);
  assert.equal(await t.run('fs loadMetadata -R -F /data'), 0);
  assert.deepEqual([t.fileSystem.listOptions!.recursive, t.fileSystem.listOptions!.syncIntervalMs], [true, 0n]);
  assert.match(t.stdout.lines[0]!, /^Time elapsed \d+$/);
});

test('needsSync and syncDirNextTime mark paths', async () => {
  const t = terminal();
  assert.equal(await t.run('fs needsSync /data'), 0);
  assert.equal(await t.run('fs syncDirNextTime true /data'), 0);
  assert.equal(await t.run('fs syncDirNextTime false /data'), 0);
  assert.equal(await t.run('fs syncDirNextTime perhaps /data'), 2);
  assert.deepEqual(t.fileSystem.sync.calls, ['needsSync /data', 'loadNextTime /data true', 'loadNextTime /data false']);
  assert.deepEqual(t.stdout.lines, [
    'Successfully marked the dir /data to trigger metadata sync on next access',
    'Successfully marked the dir /data to skip metadata sync on next access',
  ]);
});

test('checkConsistency answers by its exit code, and repairs by a sync', async () => {
  const t = terminal();
  assert.equal(await t.run('fs checkConsistency /data'), 0);
  assert.deepEqual(t.stdout.lines, ['/data is consistent with the under storage system.']);
  t.fileSystem.sync.inconsistent = ['/data/a'];
  assert.equal(await t.run('fs checkConsistency /data'), 1);
  assert.deepEqual(t.stdout.lines.slice(1), ['The following files are inconsistent:', '/data/a']);
  t.fileSystem.sync.looks = [syncTask({ state: 'SUCCEEDED', figures: { removed: 1n, requests: 1n } })];
  assert.equal(await t.run('fs checkConsistency -r /data'), 0);
  assert.equal(t.stdout.lines.at(-1), '/data: 1 removed; 1 requests in 0 s');
});
