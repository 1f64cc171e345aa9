import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetadataCache } from '@alluvium/client/cache/metadata-cache.js';
import type { FileStatus } from '@alluvium/client';

const status = (path: string): FileStatus => ({ path }) as FileStatus;

function live(entries = 10): MetadataCache {
  const cache = new MetadataCache(entries);
  cache.resume();
  return cache;
}

test('a status is answered until its name, its parent, or a directory above changes', () => {
  for (const [path, below, stays] of [
    ['/a/b', false, false],
    ['/a/b/child', false, false],
    ['/a', false, true],
    ['/a', true, false],
    ['/', true, false],
    ['/a/other/x', true, true],
  ] as const) {
    const cache = live();
    cache.put('/a/b', status('/a/b'), cache.now);
    assert.equal(cache.get('/a/b')?.path, '/a/b');
    cache.forget(path, below);
    assert.equal(cache.get('/a/b') !== undefined, stays, path);
  }
});

test('an answer that a change has overtaken is not taken', () => {
  const cache = live();
  const askedAt = cache.now;
  cache.forget('/a', false);
  cache.put('/a', status('/a'), askedAt);
  assert.equal(cache.get('/a'), undefined);
  cache.put('/a', status('/a'), cache.now);
  assert.equal(cache.get('/a')?.path, '/a');
});

test('nothing is known while changes are not heard of, nor what was asked for then', () => {
  const cache = live();
  cache.put('/a', status('/a'), cache.now);
  cache.suspend();
  assert.equal(cache.get('/a'), undefined);
  const askedAt = cache.now;
  cache.put('/a', status('/a'), askedAt);
  cache.resume();
  cache.put('/a', status('/a'), askedAt);
  assert.equal(cache.get('/a'), undefined);
});

test('the least recently used go first, and names remembered as changed are bounded too', () => {
  const cache = live(2);
  for (const path of ['/a', '/b']) cache.put(path, status(path), cache.now);
  cache.get('/a');
  cache.put('/c', status('/c'), cache.now);
  assert.deepEqual([cache.get('/a')?.path, cache.get('/b'), cache.size], ['/a', undefined, 2]);
  const askedAt = cache.now;
  for (let i = 0; i < 20_000; i++) cache.forget(`/n/${i}`, false);
  cache.put('/z', status('/z'), askedAt);
  assert.equal(cache.get('/z'), undefined);
});
