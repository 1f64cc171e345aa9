import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { FakeTerminal } from './fakes/fake-terminal.js';

function terminal(): FakeTerminal {
  const t = new FakeTerminal();
  t.fileSystem.file('/data/alpha', '').file('/data/also/x', '').file('/data/beta', '');
  return t;
}

async function complete(words: readonly string[], t = terminal()): Promise<string[]> {
  assert.equal(await t.run(['complete', '--', ...words]), 0);
  assert.equal(t.stderr.text, '');
  return t.stdout.lines;
}

test('commands are completed', async () => {
  assert.deepEqual(await complete(['fs', 'copy']), ['copyFromLocal', 'copyToLocal']);
  assert.deepEqual(await complete(['co']), ['conf', 'completion']);
  assert.deepEqual(await complete(['--master', 'fs', 'fs', 'chm']), ['chmod'], 'the value of an option is no command');
});

test('options and their values are completed', async () => {
  assert.deepEqual(await complete(['fs', 'ls', '--re']), ['--recursive', '--reverse']);
  assert.deepEqual(await complete(['fs', 'ls', '--sort', 'last']), ['lastAccessTime', 'lastModificationTime']);
  assert.deepEqual(await complete(['fs', 'mount', '--option', '/']), [], 'nobody knows them');
});

test('paths of the cluster are completed, directories with a slash', async () => {
  const t = terminal();
  assert.deepEqual(await complete(['fs', 'ls', '/data/al'], t), ['/data/alpha', '/data/also/']);
  assert.equal(t.clock.pending, 0);
  assert.deepEqual(await complete(['fs', 'rm', '-R', '/']), ['/data/']);
  assert.deepEqual(await complete(['fs', 'ls', '/nowhere/x']), []);
});

test('a cluster that does not answer is no error and no long wait', async () => {
  const t = terminal();
  t.fileSystem.list = async function* (_, options) {
    await new Promise((_resolve, reject) => options!.signal!.addEventListener('abort', () => reject(options!.signal!.reason as Error)));
    yield* [];
  };
  assert.deepEqual(await complete(['fs', 'ls', '/data/al'], t), []);
  assert.ok(t.clock.timeMs <= 1_000_000 + 2000);
  assert.equal(t.clock.pending, 0);
});

test('the scripts are ones that the shells accept', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const t = new FakeTerminal();
    assert.equal(await t.run(['completion', shell]), 0);
    assert.match(t.stdout.text, /alluvium complete -- /);
    const checked = spawnSync(shell, ['-n'], { input: t.stdout.text, encoding: 'utf8' });
    // Not every machine has every shell.
    if (checked.error === undefined) assert.equal(checked.status, 0, checked.stderr);
  }
});
