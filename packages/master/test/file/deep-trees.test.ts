import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalPath } from '@alluvium/base';
import { free } from '@alluvium/master/file/operations/free.js';
import { unmount } from '@alluvium/master/file/operations/unmount.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { Pace } from '@alluvium/master/task/pace.js';
import { assertHealthy, assertRebuilt, program, rejects, replayed, World } from './world.js';

const { NEVER } = fs.LoadMetadataPType;

/** Names of eleven bytes: the path of two such chains is longer than a request may say. */
const HALF = '/0123456789'.repeat(300);
const TOO_DEEP = /^Cannot rename "\/.*" to "\/.*": what is below would be more than 2048 levels deep$/;

test(
  'operations on trees deeper than a path can say',
  program(async (w) => {
    await w.mkdir(HALF, { recursive: true });
    await w.write(`${HALF}/f`, 1);
    for (let i = 0; i < 4; i++) {
      await w.mkdir(`/b${HALF}`, { recursive: true });
      await w.clock.run(w.mv('/0123456789', `/b${HALF}/0123456789`));
      await w.clock.run(w.mv('/b/0123456789', '/0123456789'));
    }
    let deepest = 0;
    for (const [, path] of w.tree.within(w.inode('/0123456789')!, normalPath('/0123456789'))) deepest = Math.max(deepest, path.length);
    assert.equal(deepest, 5 * HALF.length + 2);
    await w.mkdir(`/b${HALF}${'/x'.repeat(300)}`, { recursive: true });
    await rejects('invalidArgument', TOO_DEEP, () => w.clock.run(w.mv('/0123456789', `/b${HALF}${'/x'.repeat(300)}/y`)));
    const listed = await w.clock.run(w.list('/0123456789', { recursive: true, loadMetadataType: NEVER }));
    assert.equal(listed.flat().length, 1500);
    await w.clock.run(w.set('/0123456789', { pinned: true }));
    await w.clock.run(w.mv('/0123456789', '/u', { persist: true }));
    assert.equal(w.requested.length, 1);
    await rejects('unknown', /which is not persisted$/, () => w.clock.run(free(w.c, { path: '/u', options: { recursive: true } }, 'root')));
    await w.clock.run(w.rm('/u', { recursive: true }));
    await w.clock.run(w.rm('/b', { recursive: true }));
    assert.equal(w.tree.size, 1);
  }),
);

test('how deep a tree is has been heard of by the time it matters, whatever is journaled in which order', async () => {
  const deep = '/d'.repeat(2000);
  const w = new World();
  await w.mkdir(deep, { recursive: true });
  await w.mkdir('/a'.repeat(48), { recursive: true });
  await w.mkdir('/a'.repeat(49), { recursive: true });
  const entries = w.journal.entries();
  for (const world of [w, replayed(w), new World({ entries: [...entries].reverse(), stores: w.stores })]) {
    await rejects('invalidArgument', TOO_DEEP, () => world.clock.run(world.mv('/d', `${'/a'.repeat(49)}/d`)));
    await world.clock.run(world.mv('/d', `${'/a'.repeat(48)}/d`));
  }
});

test(
  'what has gone from a tree does not count for ever',
  program(async (w) => {
    await w.mkdir(`/d${'/x'.repeat(2000)}`, { recursive: true });
    await w.mkdir('/a'.repeat(100), { recursive: true });
    await rejects('invalidArgument', TOO_DEEP, () => w.clock.run(w.mv('/d', `${'/a'.repeat(100)}/d`)));
    await w.clock.run(w.rm('/d/x', { recursive: true }));
    await w.clock.run(w.mv('/d', `${'/a'.repeat(100)}/d`));
  }),
);

test('a mount that holds a deep tree is unmounted', async () => {
  const w = new World();
  await w.mount('/m', 'mem://b');
  await w.mkdir(`/m${'/d'.repeat(2000)}`, { recursive: true });
  await w.clock.run(unmount(w.c, { alluxioPath: '/m' }, 'root'));
  assert.equal(w.tree.size, 1);
  assertRebuilt(w);
});

test('a tree that was measured when it was low is known to be higher when it has grown', async () => {
  const w = new World();
  await w.mkdir('/p/d/1/2/3', { recursive: true });
  await w.rm('/p/d/1', { recursive: true });
  const [p, d] = [w.inode('/p')!.id, w.inode('/p/d')!.id];
  assert.deepEqual([w.tree.levelsAtMost(p), w.tree.levelsAtMost(d)], [4, 3], 'it does not shrink by itself');
  await w.clock.run(w.tree.measure(p, new Pace(w.clock)));
  assert.deepEqual([w.tree.levelsAtMost(p), w.tree.levelsAtMost(d)], [1, 0]);
  await w.mkdir('/p/d/x/y', { recursive: true });
  assert.deepEqual([w.tree.levelsAtMost(p), w.tree.levelsAtMost(d)], [3, 2]);
  assertHealthy(w);
});
