import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JobWorld } from './job-world.js';

async function furnished(): Promise<JobWorld> {
  const w = new JobWorld();
  for (const name of ['w1', 'w2', 'w3']) w.addWorker(name);
  for (const name of ['f1', 'f2']) w.store.file(`d/${name}`, 'x'.repeat(25));
  w.jobs.start();
  assert.equal((await w.done({ kind: 'load', path: '/d' })).state, 'SUCCEEDED');
  return w;
}

test('a replication makes copies until there are as many as wanted', async () => {
  const w = await furnished();
  const record = await w.done({ kind: 'replicate', path: '/d', replicas: 3 });
  assert.deepEqual([record.state, w.copies('/d/f1'), w.copies('/d/f2')], ['SUCCEEDED', [3, 3, 3], [3, 3, 3]]);
  assert.equal(record.figures.bytes, 100);
  const more = await w.done({ kind: 'replicate', path: '/d/f1', replicas: 4 });
  assert.match(more.failures.get('/d/f1')!, /has 3 copies, and no other worker takes orders; 4 wanted/);
  await w.jobs.stop();
});

test('a migration moves the copies that are elsewhere to the medium', async () => {
  const w = await furnished();
  const record = await w.done({ kind: 'migrate', path: '/d', medium: 'SSD' });
  assert.deepEqual([record.state, w.moves.length], ['SUCCEEDED', 6]);
  assert.ok(w.blocksOf('/d/f1').every((block) => w.blocks.locations(block).every(({ mediumType }) => mediumType === 'SSD')));
  await w.jobs.stop();
});

test('a free drops the copies of what is in a store, and of pinned files only when forced', async () => {
  const w = await furnished();
  await w.set('/d/f2', { pinned: true });
  const record = await w.done({ kind: 'free', path: '/d' });
  assert.deepEqual([record.state, w.copies('/d/f1'), w.copies('/d/f2')], ['SUCCEEDED', [0, 0, 0], [1, 1, 1]]);
  await w.done({ kind: 'free', path: '/d', forced: true });
  assert.deepEqual(w.copies('/d/f2'), [0, 0, 0]);
  await w.jobs.stop();
});

test('a persist asks for all files that are in the cache alone, and waits for them', async () => {
  const w = await furnished();
  await w.write('/d/cached', 7);
  const { id } = await w.submit({ kind: 'persist', path: '/d' });
  await w.clock.advance(2000);
  assert.equal(w.jobLedger.get(id)!.endedMs, undefined);
  assert.equal(w.inode('/d/cached')?.persistence, 'TO_BE_PERSISTED');
  await w.persistAll();
  const record = await w.ended(id);
  assert.deepEqual([record.state, record.figures.files, record.figures.bytes], ['SUCCEEDED', 1, 7]);
  await w.jobs.stop();
});
