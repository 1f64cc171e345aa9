import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalPath } from '@alluvium/base';
import { PathProperties } from '@alluvium/master/meta/path-properties.js';
import { program, rejects, World } from '../file/world.js';

const WRITE_TYPE = 'alluxio.user.file.writetype.default';
const READ_TYPE = 'alluxio.user.file.readtype.default';
const SYNC = 'alluxio.user.file.metadata.sync.interval';
const EMPTY = 'd41d8cd98f00b204e9800998ecf8427e';

async function set(w: World, path: string, properties: Record<string, string>): Promise<void> {
  await w.c.committer.commit(w.pathProperties.planSet(normalPath(path), properties));
}

async function remove(w: World, path: string, ...names: string[]): Promise<void> {
  await w.c.committer.commit(w.pathProperties.planRemove(normalPath(path), names));
}

function at(w: World, path: string, name = WRITE_TYPE): string | undefined {
  return w.pathProperties.valueAt(normalPath(path), name);
}

function intervals(w: World, ...paths: string[]): unknown[] {
  return paths.map((path) => w.c.sync.pathIntervalMs?.(normalPath(path)));
}

test(
  'the longest path that sets a property counts, by whole components',
  program(async (w) => {
    await set(w, '/a', { [WRITE_TYPE]: 'THROUGH', [READ_TYPE]: 'NO_CACHE' });
    await set(w, '/a/b', { [WRITE_TYPE]: 'MUST_CACHE' });
    assert.equal(at(w, '/a'), 'THROUGH');
    assert.equal(at(w, '/a/x'), 'THROUGH');
    assert.equal(at(w, '/a/b'), 'MUST_CACHE');
    assert.equal(at(w, '/a/b/c/d'), 'MUST_CACHE');
    assert.equal(at(w, '/a/b/c', READ_TYPE), 'NO_CACHE');
    assert.equal(at(w, '/a/bc'), 'THROUGH');
    assert.equal(at(w, '/ab'), undefined);
    await set(w, '/', { [WRITE_TYPE]: 'CACHE_THROUGH' });
    assert.equal(at(w, '/ab'), 'CACHE_THROUGH');
  }),
);

test(
  'setting adds to what a path has, removing takes some or all of it',
  program(async (w) => {
    await set(w, '/a', { [WRITE_TYPE]: 'THROUGH' });
    await set(w, '/a', { [READ_TYPE]: 'NO_CACHE' });
    assert.equal(at(w, '/a'), 'THROUGH');
    await remove(w, '/a', WRITE_TYPE, 'nosuch');
    assert.deepEqual([at(w, '/a'), at(w, '/a', READ_TYPE)], [undefined, 'NO_CACHE']);
    await remove(w, '/nothing');
    await set(w, '/b', { [WRITE_TYPE]: 'THROUGH' });
    await remove(w, '/b');
    await remove(w, '/a', READ_TYPE);
    assert.deepEqual([...w.pathProperties.all()], []);
  }),
);

test('what is no property of a client is refused, and so is what this master cannot read', async () => {
  const paths = new PathProperties();
  const root = normalPath('/');
  for (const name of ['nosuch.property', 'alluxio.master.hostname', 's3a.secretKey', ''])
    await rejects('internal', `Invalid property key ${name}`, () => paths.planSet(root, { [name]: 'x' }));
  await rejects('invalidArgument', /./, () => paths.planSet(root, { [SYNC]: 'soon' }));
  await rejects('resourceExhausted', /at most 1048576 wanted/, () => paths.planSet(root, { [WRITE_TYPE]: 'x'.repeat(2 ** 20) }));
});

test(
  'the hash changes with the properties and only with them',
  program(async (w) => {
    const hashes = [w.pathProperties.hash];
    assert.equal(hashes[0], EMPTY);
    await set(w, '/a', { [WRITE_TYPE]: 'THROUGH' });
    hashes.push(w.pathProperties.hash);
    await set(w, '/a', { [WRITE_TYPE]: 'THROUGH' });
    assert.equal(w.pathProperties.hash, hashes[1]);
    await set(w, '/a', { [WRITE_TYPE]: 'MUST_CACHE' });
    hashes.push(w.pathProperties.hash);
    await set(w, '/b', { [WRITE_TYPE]: 'MUST_CACHE' });
    hashes.push(w.pathProperties.hash);
    assert.equal(new Set(hashes).size, 4);
    await remove(w, '/a');
    await remove(w, '/b');
    assert.equal(w.pathProperties.hash, EMPTY);
  }),
);

test(
  'the interval of syncs is that of the path',
  program(async (w) => {
    assert.ok(w.c.sync.pathIntervalMs === undefined, 'nobody is asked while nothing is set');
    await set(w, '/a', { [SYNC]: '10s' });
    assert.deepEqual(intervals(w, '/a', '/a/b', '/b'), [10_000, 10_000, -1]);
    w.c.live.update({ [SYNC]: '1min' });
    assert.deepEqual(intervals(w, '/a', '/b'), [10_000, 60_000]);
    const again = new World({ entries: w.journal.entries() });
    assert.deepEqual(intervals(again, '/a', '/b'), [10_000, -1], 'after a restart too');
    await remove(w, '/a');
  }),
);
