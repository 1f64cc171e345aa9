import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MountId, NormalPath } from '@alluvium/base';
import { storePath, ufsUriOf, type Mount } from '@alluvium/master/mount/mount.js';
import { normalUfsUri, relativeUfsUri } from '@alluvium/master/mount/ufs-uri.js';

test('an address loses its trailing slashes, and nothing of its scheme', () => {
  for (const [given, normal] of [
    ['s3://b/', 's3://b'],
    ['s3://b/x//', 's3://b/x'],
    ['/', ''],
    ['/data/', '/data'],
    ['file:///', 'file://'],
    ['file:///data/', 'file:///data'],
    ['', ''],
  ] as const)
    assert.equal(normalUfsUri(given), normal, given);
});

test('what lies below an address, and what only looks like it', () => {
  for (const [uri, ancestor, below] of [
    ['s3://b/x/y', 's3://b/x', 'y'],
    ['s3://b/x', 's3://b/x/', ''],
    ['s3://b/xy', 's3://b/x', undefined],
    ['s3://bb', 's3://b', undefined],
    ['/data/x', '/', 'data/x'],
    ['file:///data/x', '/data', 'x'],
    ['/data/x', 'file:///data', 'x'],
    ['s3://b', '/', undefined],
    ['/data', '/data/x', undefined],
  ] as const)
    assert.equal(relativeUfsUri(uri, ancestor), below, `${uri} in ${ancestor}`);
});

test('a path as the store behind its mount knows it', () => {
  const mount = (path: string, ufsUri: string): Mount => ({ id: 1n as MountId, path: path as NormalPath, ufsUri }) as Mount;
  for (const [path, ufsUri, at, below, whole] of [
    ['/', 's3://b', '/', '', 's3://b'],
    ['/', 's3://b', '/x/y', 'x/y', 's3://b/x/y'],
    ['/', '', '/', '', '/'],
    ['/', '', '/x', 'x', '/x'],
    ['/m', 's3://b/c', '/m', '', 's3://b/c'],
    ['/m', 's3://b/c', '/m/x', 'x', 's3://b/c/x'],
  ] as const) {
    assert.equal(storePath(mount(path, ufsUri), at as NormalPath), below);
    assert.equal(ufsUriOf(mount(path, ufsUri), at as NormalPath), whole);
  }
});
