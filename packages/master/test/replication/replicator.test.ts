import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { Gate } from '../file/world.js';
import { replicating } from './replication-world.js';

const THREE = ['w1', 'w2', 'w3'];

test(
  'a file gets the copies of each block that its minimum asks for, and again those that are lost with a worker',
  replicating(async (w) => {
    for (const name of THREE) w.addWorker(name);
    const blocks = await w.cached('/f', 25, ['w1']);
    await w.run(100);
    assert.equal(w.loads.length, 0, 'nobody asked for more');
    await w.set('/f', { replicationMin: 2 });
    await w.run(100);
    for (const block of blocks) assert.equal(w.holders(block).length, 2);
    assert.deepEqual(
      w.loads.map(({ request }) => [request.length, request.sources?.map(({ host }) => host), request.stored, request.pinned]),
      [10n, 10n, 5n].map((length) => [length, ['w1'], undefined, true]),
    );
    w.lose('w1');
    await w.run(5000);
    for (const block of blocks) assert.deepEqual(w.holders(block), ['w2', 'w3']);
    assert.equal(w.replication.replicator.size, 0);
  }),
);

test(
  'a copy that is gone is made up for when it has had its time to come back',
  replicating(async (w) => {
    for (const name of THREE) w.addWorker(name);
    await w.run(2000);
    const [block] = await w.cached('/f', 10, ['w1', 'w2']);
    await w.set('/f', { replicationMin: 2 });
    await w.run(100);
    w.drop('w1', block!);
    await w.run(500);
    w.put('w1', block!);
    await w.run(5000);
    assert.equal(w.loads.length, 0);
    w.drop('w1', block!);
    await w.run(900);
    assert.equal(w.loads.length, 0);
    await w.run(1500);
    assert.equal(w.loads.length, 1);
  }),
);

test(
  'a file that is in its store is loaded from there when no worker has it',
  replicating(async (w) => {
    w.addWorker('w1');
    await w.writeThrough('/f', 'x'.repeat(15));
    await w.set('/f', { pinned: true });
    await w.run(100);
    assert.deepEqual(
      w.loads.map(({ request }) => [
        request.length,
        request.sources,
        request.stored?.ufsPath,
        request.stored?.offsetInFile,
        request.pinned,
      ]),
      [
        [10n, [], 'mem://root/f', 0n, false],
        [5n, [], 'mem://root/f', 10n, false],
      ],
    );
  }),
);

test(
  'copies beyond the maximum are ordered away, one by one and never below what is wanted',
  replicating(async (w) => {
    for (const name of [...THREE, 'w4']) w.addWorker(name);
    const blocks = await w.cached('/f', 20, [...THREE, 'w4']);
    await w.set('/f', { replicationMin: 1, replicationMax: 2 });
    await w.run(100);
    for (const block of blocks) assert.equal(w.holders(block).length, 2);
    const ordered = [...THREE, 'w4'].flatMap((name) => [...w.worker(name).removals]);
    assert.equal(ordered.length, 4);
    await w.run(120_000);
    for (const block of blocks) assert.equal(w.holders(block).length, 2);
    w.put('w1', blocks[0]!);
    w.put('w2', blocks[0]!);
    w.put('w3', blocks[0]!);
    await w.run(3000);
    assert.equal(w.holders(blocks[0]!).length, 2, 'a copy that a reader made goes too');
  }),
);

test(
  'copies on the wrong medium are moved, or made where the medium is',
  replicating(async (w) => {
    w.addWorker('w1', ['MEM', 'SSD']);
    w.addWorker('w2');
    const [one] = await w.cached('/one', 10, ['w1']);
    const [two] = await w.cached('/two', 10, ['w2']);
    for (const path of ['/one', '/two']) await w.set(path, { pinned: true, pinnedMedia: ['SSD'] });
    await w.run(100);
    assert.deepEqual(w.holders(one!), ['w1 SSD']);
    assert.deepEqual(w.holders(two!), ['w1 SSD', 'w2']);
    assert.deepEqual(w.moves, [{ worker: 'w1', block: one, medium: 'SSD' }]);
  }),
);

test(
  'what fails is tried again later and later, elsewhere first, and shows its error',
  replicating(
    async (w) => {
      for (const name of THREE) w.addWorker(name);
      const [block] = await w.cached('/f', 10, ['w1']);
      w.before = () => {
        throw fail('resourceExhausted', 'no room');
      };
      await w.set('/f', { replicationMin: 2 });
      await w.run(7500);
      assert.equal(w.loads.length, 4, 'at once, after 1, 3 and 7 seconds');
      assert.equal(new Set(w.loads.slice(0, 2).map(({ worker }) => worker)).size, 2);
      const [entry] = w.replication.replicator.entries();
      assert.deepEqual([entry!.attempts, entry!.lastError], [4, 'no room']);
      assert.equal(w.replication.replicator.failed, 4);
      w.before = undefined;
      await w.set('/f', { replicationMin: 3 });
      await w.run(100);
      assert.deepEqual(w.holders(block!), THREE, 'a change of the file makes it try at once');
    },
    { 'alluvium.master.replication.retry.initial': '1s', 'alluvium.master.replication.retry.max': '1min' },
  ),
);

test(
  'a worker that does not answer has failed, and its order is called off',
  replicating(
    async (w) => {
      for (const name of THREE) w.addWorker(name);
      const [block] = await w.cached('/f', 10, ['w1']);
      const signals: AbortSignal[] = [];
      w.before = (_worker, _request, signal) => {
        signals.push(signal!);
        return signals.length === 1 ? new Promise(() => undefined) : undefined;
      };
      await w.set('/f', { replicationMin: 2 });
      await w.run(14_000);
      assert.equal(signals[0]!.aborted, true);
      assert.equal(w.holders(block!).length, 2);
    },
    { 'alluvium.master.replication.order.timeout': '10s' },
  ),
);

test(
  'orders are bounded for each worker and in all, and a large file keeps them all busy',
  replicating(
    async (w) => {
      for (const name of ['w1', 'w2', 'w3', 'w4']) w.addWorker(name);
      const blocks = await w.cached('/f', 200, ['w1']);
      const gate = new Gate();
      w.before = () => gate.passed;
      await w.set('/f', { replicationMin: 2 });
      await w.run(100);
      assert.equal(w.loads.length, 5);
      const perWorker = ['w2', 'w3', 'w4'].map((name) => w.loads.filter(({ worker }) => worker === name).length);
      assert.ok(Math.max(...perWorker) <= 2, String(perWorker));
      gate.open();
      await w.run(100);
      assert.equal(w.mostAtOnce, 5);
      for (const block of blocks) assert.equal(w.holders(block).length, 2);
    },
    { 'alluvium.master.replication.orders.per.worker': '2', 'alluvium.master.replication.orders.max': '5' },
  ),
);

test(
  'what no worker can take does not stay in the queue, and is done when a worker comes',
  replicating(async (w) => {
    w.addWorker('w1');
    const [block] = await w.cached('/f', 10, ['w1']);
    await w.set('/f', { replicationMin: 2 });
    await w.run(61_000);
    assert.equal(w.replication.replicator.size, 0);
    assert.equal(w.replication.replicator.lastPass?.lacking, 1);
    w.addWorker('w2');
    await w.run(3000);
    assert.deepEqual(w.holders(block!), ['w1', 'w2']);
  }),
);

test(
  'a file that is lost is left alone until a worker has its bytes again, and a Java worker is given no orders',
  replicating(async (w) => {
    for (const name of THREE) w.addWorker(name);
    w.disconnect('w3');
    const [block] = await w.cached('/f', 10, []);
    await w.set('/f', { replicationMin: 3 });
    await w.run(70_000);
    assert.equal(w.loads.length, 0);
    assert.equal(w.replication.replicator.lastPass?.lost, 1);
    w.put('w1', block!);
    await w.run(70_000);
    assert.deepEqual(w.holders(block!), ['w1', 'w2']);
  }),
);

test(
  'durable copies are made while a file is in no store yet, and not asked for afterwards',
  replicating(async (w) => {
    for (const name of THREE) w.addWorker(name);
    await w.create('/f', { writeType: fs.WritePType.ASYNC_THROUGH, replicationDurable: 2 });
    await w.c.committer.commit([]);
    const inode = w.inode('/f')!;
    await w.c.committer.commit([{ newBlock: { id: inode.id } }]);
    const [block] = w.blocksOf('/f');
    await w.c.committer.commit([{ blockInfo: { blockId: block!, length: 7n } }]);
    w.put('w1', block!);
    await w.run(3000);
    assert.equal(w.loads.length, 0, 'it is not complete');
    const { completeFile } = await import('@alluvium/master/file/operations/complete-file.js');
    await completeFile(w.c, { path: '/f', options: { asyncPersistOptions: {} } }, 'root');
    await w.run(10);
    assert.equal(w.holders(block!).length, 2);
    assert.ok(w.tree.demanding.has(inode.id));
    await w.c.committer.commit([{ updateInode: { id: inode.id, persistenceState: 'PERSISTED' } }]);
    assert.ok(!w.tree.demanding.has(inode.id));
    w.lose('w1');
    await w.run(70_000);
    assert.equal(w.loads.length, 1);
  }),
);

test(
  'thousands of files are looked at, and none is forgotten',
  replicating(async (w) => {
    for (const name of THREE) w.addWorker(name, ['MEM'], 1_000_000n);
    for (let file = 0; file < 2000; file++) {
      await w.cached(`/f${file}`, 10, ['w1'], { replicationMin: 2, replicationMax: -1 });
    }
    await w.run(200_000);
    assert.equal(w.replication.copies.done.copied, 2000);
    assert.equal(w.replication.replicator.size, 0);
    assert.equal(w.replication.replicator.lastPass?.looked, 2000);
  }),
);
