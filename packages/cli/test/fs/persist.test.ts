import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Interruption } from '@alluvium/cli';
import { FakeTerminal } from '../fakes/fake-terminal.js';

function terminal(): FakeTerminal {
  const t = new FakeTerminal();
  t.fileSystem.file('/data/kept', 'k');
  for (let n = 1; n <= 6; n++) t.fileSystem.file(`/data/new${n}`, 'new', { persisted: false, persistenceState: 'NOT_PERSISTED' });
  return t;
}

test('persist waits until every file is in the store', async () => {
  const t = terminal();
  t.fileSystem.file('/data/being-written', '', { completed: false, persisted: false });
  assert.equal(await t.run('fs persist /data'), 0);
  assert.equal(t.stdout.lines[0], 'Found 6 files to persist.');
  assert.deepEqual(
    t.stdout.lines.slice(1).sort(),
    [1, 2, 3, 4, 5, 6].map((n) => `persisted file /data/new${n} with size 3`),
  );
  assert.ok([...t.fileSystem.nodes.values()].every(({ status }) => status.folder || status.persisted || !status.completed));
  assert.ok(!t.fileSystem.calls.includes('persist /data/kept'), 'what is in the store already is left alone');
  assert.equal(t.clock.pending, 0);
});

test('persist --no-wait asks and goes', async () => {
  const t = terminal();
  assert.equal(await t.run('fs persist --no-wait /data/new1'), 0);
  assert.deepEqual(t.stdout.lines, ['Found 1 files to persist.', '/data/new1 will be persisted']);
  assert.equal(t.fileSystem.nodes.get('/data/new1')!.status.persistenceState, 'TO_BE_PERSISTED');
});

test('persist gives up on a file after its time, and goes on with the next', async () => {
  const t = terminal();
  t.fileSystem.persistAfterLooks = 1_000_000;
  assert.equal(await t.run('fs persist -p 1 -t 10s /data/new1 /data/new2'), 1);
  assert.deepEqual(t.stderr.lines, [
    'alluvium fs persist: Cannot persist "/data/new1": still TO_BE_PERSISTED after 10000 ms',
    'alluvium fs persist: Cannot persist "/data/new2": still TO_BE_PERSISTED after 10000 ms',
  ]);
});

test('persist says so when the bytes are lost', async () => {
  const t = terminal();
  const { fileSystem } = t;
  fileSystem.persist = async (path) => {
    fileSystem.nodes.get(path)!.status.persistenceState = 'LOST';
  };
  assert.equal(await t.run('fs persist /data/new1'), 1);
  assert.match(t.stderr.text, /its cached bytes are lost/);
});

test('persist shows how far it is, on a terminal only', async () => {
  const t = terminal();
  t.stderr.isTTY = true;
  t.fileSystem.persistAfterLooks = 8;
  assert.equal(await t.run('fs persist /data'), 0);
  assert.match(t.stderr.text, /\r\x1b\[K0 files of 6 files/);
  assert.ok(t.stderr.text.endsWith('\r\x1b[K'), 'the line goes away in the end');
});

test('persist stops at Ctrl-C', async () => {
  const t = terminal();
  t.fileSystem.persistAfterLooks = 1_000_000;
  const running = t.run('fs persist /data');
  t.clock.schedule(5000, () => t.abort.abort(new Interruption('SIGINT')));
  assert.equal(await running, 130);
  assert.equal(t.stderr.text, '');
  assert.equal(t.clock.pending, 0);
});

test('persist --status shows what waits, since when, and why', async () => {
  const t = terminal();
  const nowMs = BigInt(t.clock.nowMs());
  const entry = { fileId: 1n, lengthBytes: 10_000n, attempts: 0, lastError: undefined, lastAttemptMs: undefined, workerId: undefined };
  t.fileSystem.queue = {
    ...t.fileSystem.queue,
    entries: [
      {
        ...entry,
        path: '/data/a',
        state: 'WAITING',
        sinceMs: nowMs - 300_000n,
        attempts: 3,
        lastError: '503',
        nextAttemptMs: nowMs + 8000n,
      },
      { ...entry, path: '/data/b', state: 'RUNNING', sinceMs: nowMs - 5000n, nextAttemptMs: undefined },
    ],
    files: 3n,
    bytes: 30_000n,
    running: 1n,
    held: 1n,
    oldestSinceMs: nowMs - 300_000n,
    setAside: 1n,
    paused: [{ path: '/data', ufsUri: 's3://b', reason: 'the mode of the store of /data is READ_ONLY', waiting: 1n }],
  };
  assert.equal(await t.run('fs persist --status'), 0);
  assert.deepEqual(t.stdout.lines, [
    '3 files (29.30KB) to be persisted, the oldest for 5min',
    '1 on their way, 1 paused',
    "1 file of others set aside in .alluxio_ufs_persistence of their store; the master's log names them",
    '/data on s3://b: 1 waiting; the mode of the store of /data is READ_ONLY',
    '',
    'State    Size    Age   Attempts  Next try  Path     Last error',
    'WAITING  9.77KB  5min  3         in 8s     /data/a  503',
    'RUNNING  9.77KB  5s    0         -         /data/b',
    '1 more; --limit shows up to 10000',
  ]);
  assert.deepEqual(t.fileSystem.calls.at(-1), 'persistQueue 100 /');
});

test('persist --status --json says the same to programs', async () => {
  const t = terminal();
  t.fileSystem.queue = { ...t.fileSystem.queue, files: 9_007_199_254_740_993n };
  assert.equal(await t.run('fs persist --status --json --limit 5 /data'), 0);
  assert.match(t.stdout.text, /"files":"9007199254740993"/);
  assert.deepEqual(t.fileSystem.calls.at(-1), 'persistQueue 5 /data');
});

test('persist waits before it begins when it is told to, and wants a path', async () => {
  const t = terminal();
  assert.equal(await t.run('fs persist -w 5s /data/new1'), 0);
  assert.equal(await t.run('fs persist'), 2);
  assert.equal(await t.run('fs persist --status /a /b'), 2);
});

test('persistence to a mount is paused and resumed', async () => {
  const t = terminal();
  assert.equal(await t.run('fsadmin persist pause /data --reason maintenance'), 0);
  assert.equal(await t.run('fsadmin persist resume /data'), 0);
  assert.deepEqual(t.fileSystem.calls.slice(-2), ['pausePersist "maintenance" /data', 'resumePersist /data']);
});
