import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, type BlockId } from '@alluvium/base';
import { Gate } from '../file/world.js';
import { replicating, type ReplicationWorld } from './replication-world.js';

function drain(w: ReplicationWorld, name: string, mayRegister = true): void {
  void w.replication.drain(w.blocks.workers.decommission(name, undefined, mayRegister));
}

const now = (w: ReplicationWorld) => w.replication.drains.all()[0]!;

test(
  'a worker that is drained hands over what nobody else has, what a minimum counts on, and what is hot, and then it is out of service',
  replicating(async (w) => {
    for (const name of ['w1', 'w2', 'w3']) w.addWorker(name);
    const [only] = await w.cached('/only', 10, ['w1']);
    const [both] = await w.cached('/both', 10, ['w1', 'w2']);
    const [min] = await w.cached('/min', 10, ['w1', 'w2'], { replicationMin: 2, replicationMax: -1 });
    await w.writeThrough('/cold', 'cold');
    await w.writeThrough('/hot', 'hot');
    const [cold, hot] = [w.blocksOf('/cold')[0]!, w.blocksOf('/hot')[0]!];
    for (const block of [cold, hot]) w.put('w1', block);
    w.hot('w1', hot, both!, 12345n as BlockId);
    const gate = new Gate();
    w.before = () => gate.passed;
    drain(w, 'w1');
    await w.run(10);
    assert.deepEqual([now(w).state, now(w).blocksLeft, now(w).bytesLeft], ['HANDING_OVER', 2, 20]);
    assert.deepEqual(
      w.blocks.workers.live().map(({ address }) => address.host),
      ['w2', 'w3'],
    );
    assert.deepEqual(w.holders(cold), ['w1'], 'it serves what it has');
    gate.open();
    await w.run(3000);
    assert.deepEqual([now(w).state, now(w).blocksLeft, now(w).hotDone, now(w).failures], ['DONE', 0, 1, 0]);
    assert.equal(w.holders(only!).length, 1);
    assert.deepEqual(w.holders(min!), ['w2', 'w3']);
    assert.deepEqual(w.holders(both!), ['w2']);
    assert.equal(w.holders(hot).length, 1);
    assert.deepEqual(w.holders(cold), []);
    assert.equal(w.worker('w1').state, 'decommissioned');
    w.addWorker('w1');
    assert.equal(w.worker('w1').state, 'live', 'it comes back by registering');
  }),
);

test(
  'a drain goes on until somebody can take what is left, and says what is in the way',
  replicating(async (w) => {
    w.addWorker('w1');
    const [only] = await w.cached('/only', 10, ['w1']);
    drain(w, 'w1', false);
    await w.run(5000);
    assert.equal(now(w).state, 'HANDING_OVER');
    assert.equal(now(w).lastError, `no worker can take block ${only} of 10 bytes`);
    assert.deepEqual(w.holders(only!), ['w1']);
    assert.equal(w.addWorker('w1').state, 'decommissioned', 'a worker that registers meanwhile is drained further');
    w.put('w1', only!);
    let failures = 2;
    w.before = () => {
      if (failures-- > 0) throw fail('unavailable', 'not now');
    };
    w.addWorker('w2');
    await w.run(10_000);
    assert.equal(now(w).state, 'DONE');
    assert.deepEqual(w.holders(only!), ['w2']);
    assert.throws(() => w.addWorker('w1'), { kind: 'failedPrecondition' });
  }),
);

test(
  'what is written to a worker while it is drained is handed over too',
  replicating(
    async (w) => {
      for (const name of ['w1', 'w2']) w.addWorker(name);
      drain(w, 'w1');
      await w.run(9000);
      assert.equal(w.worker('w1').draining, true);
      const [late] = await w.cached('/late', 10, ['w1']);
      await w.run(4000);
      assert.equal(now(w).state, 'DONE');
      assert.deepEqual(w.holders(late!), ['w2']);
    },
    { 'alluvium.master.worker.drain.linger': '10s' },
  ),
);

test(
  'a drain that is called off leaves the worker in service with all that it has',
  replicating(async (w) => {
    for (const name of ['w1', 'w2']) w.addWorker(name);
    const [only] = await w.cached('/only', 10, ['w1']);
    w.before = () => new Promise(() => undefined);
    drain(w, 'w1');
    await w.run(100);
    w.blocks.workers.enable('w1', undefined);
    await w.run(5000);
    assert.equal(w.worker('w1').state, 'live');
    assert.deepEqual(w.holders(only!), ['w1']);
    await w.run(120_000);
    assert.equal(now(w).state, 'CANCELLED');
    w.before = undefined;
    drain(w, 'w1');
    await w.run(3000);
    assert.equal(now(w).state, 'DONE');
    w.blocks.workers.enable('w1', undefined);
    assert.equal(w.worker('w1').state, 'announced', 'one that is through is asked to register');
  }),
);

test(
  'a drain of a worker that falls silent ends when the worker is forgotten',
  replicating(async (w) => {
    for (const name of ['w1', 'w2']) w.addWorker(name);
    await w.cached('/only', 10, ['w1']);
    w.before = () => {
      throw fail('unavailable', 'not now');
    };
    drain(w, 'w1');
    await w.run(100);
    w.lose('w1');
    await w.run(3000);
    assert.equal(now(w).lastError, 'nothing is heard of the worker');
    w.blocks.workers.expire(1, 1);
    await w.run(3000);
    assert.equal(now(w).state, 'LOST');
  }),
);
