import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalPath } from '@alluvium/base';
import { componentPattern, expandPath, hasWildcard } from '@alluvium/cli/paths/glob.js';
import { parseClusterPath } from '@alluvium/cli/paths/resolve.js';
import { FakeFileSystem } from './fakes/fake-file-system.js';
import { FakeTerminal } from './fakes/fake-terminal.js';

function matches(pattern: string, names: readonly string[]): string[] {
  return names.filter((name) => componentPattern(pattern).test(name));
}

test('a component matches by *, ?, sets and escapes', () => {
  const names = ['a', 'ab', 'abc', 'b', 'a.c', 'a*c', '.a', '[a]', 'é', '😀', 'a\nb'];
  assert.deepEqual(matches('*', names), names);
  assert.deepEqual(matches('a*', names), ['a', 'ab', 'abc', 'a.c', 'a*c', 'a\nb']);
  assert.deepEqual(matches('?', names), ['a', 'b', 'é', '😀']);
  assert.deepEqual(matches('[ab]', names), ['a', 'b']);
  assert.deepEqual(matches('[!a]', names), ['b', 'é', '😀']);
  assert.deepEqual(matches('[^a]', names), ['b', 'é', '😀']);
  assert.deepEqual(matches('[a-b]?', names), ['ab']);
  assert.deepEqual(matches('a\\*c', names), ['a*c']);
  assert.deepEqual(matches('a.c', names), ['a.c']);
  assert.deepEqual(matches('\\[a\\]', names), ['[a]']);
  assert.deepEqual(matches('[]]', [']', 'a']), [']']);
  assert.deepEqual(matches('[', ['[']), ['['], 'a bracket that nothing closes is itself');
  assert.deepEqual(matches('(a|b)+', ['a', '(a|b)+']), ['(a|b)+']);
});

test('a set out of order is an error, not a crash', () => {
  assert.throws(() => componentPattern('[z-a]'), { kind: 'invalidArgument' });
});

test('only characters that are not escaped are wildcards', () => {
  for (const path of ['/a*', '/?', '/[x', '/a\\\\*']) assert.equal(hasWildcard(path), true, path);
  for (const path of ['/a', '/a\\*', '/a\\?b\\[']) assert.equal(hasWildcard(path), false, path);
});

async function expand(fileSystem: FakeFileSystem, pattern: string): Promise<readonly string[]> {
  return expandPath(fileSystem, normalPath(pattern), new AbortController().signal);
}

test('wildcards are expanded in every component, by name', async () => {
  const fileSystem = new FakeFileSystem();
  for (const path of ['/d/2026/b.csv', '/d/2026/a.csv', '/d/2025/a.csv', '/d/2025/a.txt', '/d/note']) fileSystem.file(path, '');
  assert.deepEqual(await expand(fileSystem, '/d/*/*.csv'), ['/d/2025/a.csv', '/d/2026/a.csv', '/d/2026/b.csv']);
  assert.deepEqual(await expand(fileSystem, '/d/202[6-9]'), ['/d/2026']);
  assert.deepEqual(await expand(fileSystem, '/*/2025/a.txt'), ['/d/2025/a.txt']);
  fileSystem.file('/d/2025/sub/x', '');
  assert.deepEqual(await expand(fileSystem, '/d/*/sub/*'), ['/d/2025/sub/x'], 'not every directory has a sub');
  assert.deepEqual(await expand(fileSystem, '/d/*/b.csv'), ['/d/2026/b.csv'], 'only what is there');
  await assert.rejects(expand(fileSystem, '/d/*.pdf'), { kind: 'notFound', message: 'Path "/d/*.pdf" does not exist.' });
  await assert.rejects(expand(fileSystem, '/nowhere/*'), { kind: 'notFound' });
});

test('matches are sorted, whatever order the master has', async () => {
  const fileSystem = new FakeFileSystem();
  for (const path of ['/a', '/b', '/c']) fileSystem.file(path, '');
  const list = fileSystem.list.bind(fileSystem);
  fileSystem.list = async function* (path, options) {
    yield* (await statuses(list(path, options))).toReversed();
  };
  assert.deepEqual(await expand(fileSystem, '/*'), ['/a', '/b', '/c']);
});

async function statuses<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of items) out.push(item);
  return out;
}

test('a path without wildcards stands for itself, without a question', async () => {
  const fileSystem = new FakeFileSystem();
  assert.deepEqual(await expand(fileSystem, '/not/there'), ['/not/there']);
  assert.deepEqual(await expand(fileSystem, '/a\\*b'), ['/a*b']);
  assert.deepEqual(fileSystem.calls, []);
});

test('commands expand wildcards, and take an escaped star for a star', async () => {
  const t = new FakeTerminal();
  t.fileSystem.file('/x/1', '').file('/x/2', '').file('/x/*', 'star');
  assert.equal(await t.run(['fs', 'cat', '/x/\\*']), 0);
  assert.equal(t.stdout.text, 'star');
  assert.equal(await t.run(['fs', 'rm', '/x/?']), 0);
  assert.deepEqual(t.fileSystem.paths, ['/', '/x']);
  assert.equal(await t.run('fs ls /y*'), 1);
  assert.equal(t.stderr.text, 'alluvium fs ls: /y*: does not exist\n');
});

test('paths are normalised, and may name the master', () => {
  assert.deepEqual(parseClusterPath('/a//b/./c/'), { path: '/a/b/c', master: undefined });
  assert.deepEqual(parseClusterPath('alluxio://h:1/a'), { path: '/a', master: 'h:1' });
  assert.deepEqual(parseClusterPath('alluvium://h:1'), { path: '/', master: 'h:1' });
  assert.throws(() => parseClusterPath('/a/../..'), { kind: 'invalidArgument' });
  for (const wrong of ['', 'a', 'file:///a', 's3://b/a']) assert.throws(() => parseClusterPath(wrong), { name: 'UsageError' }, wrong);
});
