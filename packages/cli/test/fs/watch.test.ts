import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NamespaceChange, WatchUpdate } from '@alluvium/client';
import { FakeTerminal } from '../fakes/fake-terminal.js';

const timeMs = BigInt(Date.UTC(2026, 10, 21, 7, 25, 50, 123));
const change = (sequence: bigint, kind: NamespaceChange['kind'], path: string, more: Partial<NamespaceChange> = {}): NamespaceChange => ({
  sequence,
  kind,
  path,
  fileId: 7n,
  folder: false,
  timeMs,
  ...more,
});
const update = (...changes: NamespaceChange[]): WatchUpdate => ({ changes, sequence: 20n, missed: false });

test('watch prints a line for each change', async () => {
  const t = new FakeTerminal();
  t.fileSystem.updates = [
    update(),
    update(change(11n, 'CREATED', '/d', { folder: true }), change(12n, 'COMPLETED', '/d/f')),
    update(change(13n, 'RENAMED', '/d/g', { oldPath: '/d/f' })),
  ];
  assert.equal(await t.run('fs watch /d'), 0);
  assert.deepEqual(
    t.stdout.text.split('\n').map((line) => line.replace(/ +[\d-]+ [\d:]+ +/, ' ')),
    ['          11 CREATED   /d/', '          12 COMPLETED /d/f', '          13 RENAMED   /d/f -> /d/g', ''],
  );
  assert.equal(t.fileSystem.watchOptions?.recursive, true);
});

test('watch goes on from a sequence, of the children only, as many as are wanted, as JSON', async () => {
  const t = new FakeTerminal();
  t.fileSystem.updates = [update(change(11n, 'CREATED', '/a'), change(12n, 'REMOVED', '/a'), change(13n, 'CREATED', '/b'))];
  assert.equal(await t.run('fs watch --after 10 --children -n 2 --json /'), 0);
  const lines = t.stdout.text.trim().split('\n');
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { sequence: number; kind: string }).kind),
    ['CREATED', 'REMOVED'],
  );
  assert.deepEqual([t.fileSystem.watchOptions?.afterSequence, t.fileSystem.watchOptions?.recursive], [10n, false]);
});

test('watch says when changes were missed', async () => {
  const t = new FakeTerminal();
  t.fileSystem.updates = [{ changes: [], sequence: 20n, missed: true }];
  assert.equal(await t.run('fs watch /'), 0);
  assert.deepEqual(t.stderr.lines, ['alluvium fs watch: changes after 20 were missed; list again what you follow']);
});

test('watch takes no nonsense', async () => {
  for (const words of ['--after -1', '--after x', '-n 0']) assert.equal(await new FakeTerminal().run(`fs watch ${words} /`), 2, words);
});
