import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InodeId } from '@alluvium/base';
import { completeFile } from '@alluvium/master/file/operations/complete-file.js';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { isSettled, operationId, rejects } from '../file/world.js';
import { replicating, ReplicationWorld } from './replication-world.js';

/** A file of two blocks that a client has written to w1 and is about to complete. */
async function written(w: ReplicationWorld, durable = 2): Promise<void> {
  await w.create('/f', { writeType: fs.WritePType.ASYNC_THROUGH, replicationDurable: durable });
  const { id } = w.inode('/f')!;
  await w.c.committer.commit([{ newBlock: { id } }, { newBlock: { id } }]);
  for (const blockId of w.blocksOf('/f')) {
    await w.c.committer.commit([{ blockInfo: { blockId, length: 10n } }]);
    w.put('w1', blockId);
  }
}

/** CompleteFile as a client that waits for the answer. */
const complete = (w: ReplicationWorld, options: fs.CompleteFilePOptions = {}) =>
  Promise.resolve(completeFile(waiting(w), { path: '/f', options: { asyncPersistOptions: {}, ...options } }, 'root'));

const waiting = (w: ReplicationWorld) => ({ ...w.c, whenDurable: (file: InodeId) => w.replication.whenDurable(file) });

const TEN_SECONDS = { 'alluvium.master.replication.durable.wait': '10s' };

test(
  'a file is complete for its writer when its durable copies are there',
  replicating(async (w) => {
    for (const name of ['w1', 'w2', 'w3']) w.addWorker(name);
    await written(w);
    const answers: (() => void)[] = [];
    w.before = () => new Promise((resolve) => answers.push(resolve));
    const completed = complete(w);
    await w.run(100);
    assert.equal(answers.length, 2);
    answers[0]!();
    await w.run(100);
    assert.equal(await isSettled(completed), false);
    assert.equal(w.replication.durable.size, 1);
    answers[1]!();
    await w.clock.run(completed);
    for (const block of w.blocksOf('/f')) assert.equal(w.holders(block).length, 2);
    assert.equal(w.replication.durable.size, 0);
  }, TEN_SECONDS),
);

test(
  'a writer whose durable copies do not come is told, also when it asks again, and the file stays',
  replicating(async (w) => {
    w.addWorker('w1');
    await written(w);
    const again = { commonOptions: { operationId: operationId() } };
    const text =
      'Cannot make "/f" durable within 10000 ms: block 0 has 1 copies; 2 wanted. The file is complete, and is copied and persisted further.';
    await rejects('deadlineExceeded', text, () => w.clock.run(complete(w, again)));
    await rejects('deadlineExceeded', text, () => w.clock.run(complete(w, again)));
    assert.equal((await w.status('/f')).completed, true);
    w.addWorker('w2');
    await w.clock.run(complete(w, again));
    assert.equal(w.holders(w.blocksOf('/f')[0]!).length, 2);
  }, TEN_SECONDS),
);

test(
  'nobody waits for copies of what is in its store, is removed, or asked for one copy',
  replicating(async (w) => {
    w.addWorker('w1');
    await written(w);
    const { id } = w.inode('/f')!;
    const stored = complete(w);
    await w.c.committer.commit([{ updateInode: { id, persistenceState: 'PERSISTED' } }]);
    await stored;
    await w.rm('/f', { alluxioOnly: true });
    await written(w);
    const removed = complete(w);
    await w.run(10);
    await w.rm('/f');
    await removed;
    await written(w, 1);
    await complete(w);
    assert.equal(w.clock.monotonicMs() < 1000, true);
  }, TEN_SECONDS),
);

test(
  'a copy on a worker that leaves, or that is lost meanwhile, does not make a file durable',
  replicating(async (w) => {
    for (const name of ['w1', 'w2']) w.addWorker(name);
    await written(w);
    w.before = (_worker, { blockId }) => (blockId === w.blocksOf('/f')[1] ? new Promise(() => undefined) : undefined);
    const completed = complete(w);
    await w.run(100);
    assert.equal(w.holders(w.blocksOf('/f')[0]!).length, 2);
    void w.replication.drain(w.blocks.workers.decommission('w2', undefined, true));
    w.put('w2', w.blocksOf('/f')[1]!);
    await w.run(100);
    assert.equal(await isSettled(completed), false);
    w.before = undefined;
    w.addWorker('w3');
    await w.clock.run(completed);
  }, TEN_SECONDS),
);

test(
  'by default a file is complete before its durable copies are there: they are made afterwards',
  replicating(async (w) => {
    for (const name of ['w1', 'w2']) w.addWorker(name);
    await written(w);
    await complete(w);
    assert.equal(w.holders(w.blocksOf('/f')[0]!).length, 1);
    await w.run(100);
    assert.equal(w.holders(w.blocksOf('/f')[0]!).length, 2);
  }),
);

test('a master that stops lets those go who wait for copies', async () => {
  const w = new ReplicationWorld(TEN_SECONDS);
  w.replication.start();
  w.addWorker('w1');
  await written(w);
  const completed = complete(w);
  await w.run(10);
  w.replication.stop();
  await rejects('unavailable', 'Cannot wait for the copies of "/f": the master stops', () => completed);
});
