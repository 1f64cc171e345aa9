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
