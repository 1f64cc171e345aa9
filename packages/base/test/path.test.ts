import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlluviumError, baseName, components, isWithin, joinPath, normalPath, parentPath } from '@alluvium/base';

test('paths are normalised as Alluxio does', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a/b/', '/a/b'],
    ['/p//x/y/../é', '/p/x/é'],
    ['/a/./b', '/a/b'],
    ['/.hidden/..x/x..', '/.hidden/..x/x..'],
    ['alluxio://h:1/x/y', '/x/y'],
    ['alluxio://h:1', '/'],
    ['/a/..', '/'],
  ];
  for (const [given, expected] of cases) assert.equal(normalPath(given), expected, given);
});

test('a path that is empty, relative, holds NUL or climbs above the root is refused', () => {
  for (const given of ['', 'a', 'a/b', '/..', '/a/../..', '/a\0b', '.']) {
    assert.throws(
      () => normalPath(given),
      (error) =>
        error instanceof AlluviumError &&
        error.kind === 'invalidArgument' &&
        /^Path ".*" is invalid\.$/s.test(error.message) &&
        !error.message.includes('\0'),
      given,
    );
  }
});

test('a component over 255 bytes and a path over 4096 bytes are refused', () => {
  assert.equal(normalPath(`/${'x'.repeat(255)}`).length, 256);
  assert.throws(() => normalPath(`/${'x'.repeat(256)}`), /component longer than 255 bytes/);
  assert.throws(() => normalPath(`/${'é'.repeat(128)}`), /component longer than 255 bytes/);
  const deep = '/abcdefghi'.repeat(409);
  assert.equal(normalPath(deep), deep);
  assert.throws(() => normalPath(`${deep}/abcdefg`), /path longer than 4096 bytes/);
});

test('parents, names and containment', () => {
  const path = normalPath('/a/b/c');
  assert.deepEqual(components(path), ['a', 'b', 'c']);
  assert.deepEqual(components(normalPath('/')), []);
  assert.equal(parentPath(path), '/a/b');
  assert.equal(parentPath(normalPath('/a')), '/');
  assert.equal(parentPath(normalPath('/')), '/');
  assert.equal(baseName(path), 'c');
  assert.equal(baseName(normalPath('/')), '');
  assert.equal(joinPath(normalPath('/'), 'x'), '/x');
  assert.equal(joinPath(path, 'x'), '/a/b/c/x');
  assert.ok(isWithin(path, normalPath('/a/b')));
  assert.ok(isWithin(path, path));
  assert.ok(isWithin(path, normalPath('/')));
  assert.ok(!isWithin(path, normalPath('/a/bb')));
  assert.ok(!isWithin(normalPath('/a/bc'), normalPath('/a/b')));
});
