import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicating } from './replication-world.js';

test(
  'what was read most on a lost worker is loaded elsewhere, where there is free room, at a bounded rate',
  replicating(
    async (w) => {
      w.addWorker('w1');
      w.addWorker('w2', ['MEM'], 15n);
      w.addWorker('w3', ['MEM'], 9n);
      for (const name of ['a', 'b', 'c', 'd']) await w.writeThrough(`/${name}`, '0123456789');
      const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => w.blocksOf(`/${name}`)[0]!);
      for (const block of [a, b, c, d]) w.put('w1', block!);
      w.put('w2', d!);
      w.worker('w2').usedBytes.set('MEM', 0n);
      await w.rm('/c', { alluxioOnly: true });
      w.hot('w1', d!, c!, a!, b!);
      await w.run(5000);
      assert.equal(w.loads.length, 0);
      w.lose('w1');
      await w.run(5000);
      assert.deepEqual(
        w.loads.map(({ worker, block, request }) => [worker, block, request.budget, request.stored?.ufsPath]),
        [['w2', a, { name: 'warm', bytesPerSecond: 1024n }, 'mem://root/a']],
      );
      const { hot } = w.replication;
      assert.deepEqual([hot.warmed, hot.failed, hot.left], [3, 1, 0], 'b has no room; c is gone and d is elsewhere');
    },
    { 'alluvium.master.replication.warm.bandwidth.per.worker': '1KB', 'alluvium.master.replication.orders.per.worker': '1' },
  ),
);

test(
  'no hot set is warmed again where that is switched off',
  replicating(
    async (w) => {
      for (const name of ['w1', 'w2']) w.addWorker(name);
      await w.writeThrough('/a', '0123456789');
      w.put('w1', w.blocksOf('/a')[0]!);
      w.hot('w1', w.blocksOf('/a')[0]!);
      w.lose('w1');
      await w.run(5000);
      assert.equal(w.loads.length, 0);
    },
    { 'alluvium.master.replication.warm.bandwidth.per.worker': '0' },
  ),
);
