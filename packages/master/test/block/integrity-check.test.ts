import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockIdOf, type BlockId, type ContainerId } from '@alluvium/base';
import { BlockIntegrityCheck } from '@alluvium/master/block/integrity-check.js';
import { assertRebuilt, World } from '../file/world.js';

const HOUR_MS = 3_600_000;

const orphan = (index: number): BlockId => blockIdOf(77_777n as ContainerId, index);

async function withOrphans(count: number): Promise<World> {
  const w = new World();
  await w.write('/f', 25);
  await w.c.committer.commit(Array.from({ length: count }, (_, i) => ({ blockInfo: { blockId: orphan(i), length: 10n } })));
  return w;
}

function checkOf(w: World, options: { intervalMs?: number; repair?: boolean; copies?: () => BlockId[] } = {}): BlockIntegrityCheck {
  const { intervalMs = HOUR_MS, repair = true, copies = () => [] } = options;
  return new BlockIntegrityCheck(w.c, w.blocks.state, { located: copies }, { intervalMs, repair });
}

const figure = (check: BlockIntegrityCheck, name: string): number | undefined => Object.fromEntries(check.gauges())[`Master.${name}`];

test('blocks whose file is gone are removed after a start, others stay', async () => {
  const w = await withOrphans(2500);
  const check = checkOf(w);
  check.start();
  await w.clock.run(check.checked);
  assert.equal(w.blocks.state.blockCount, 3);
  assert.equal(w.freed.length, 2500);
  assert.equal((await w.status('/f')).fileBlockInfos!.length, 3);
  assertRebuilt(w);
  assert.deepEqual(
    ['BlockIntegrityChecks', 'BlocksWithoutFile', 'BlocksWithoutFileRemoved'].map((name) => figure(check, name)),
    [1, 2500, 2500],
  );
  const before = w.journal.lastSequence;
  await w.clock.advance(HOUR_MS);
  assert.equal(w.journal.lastSequence, before, 'nothing is journaled when there is none');
  assert.deepEqual([figure(check, 'BlockIntegrityChecks'), figure(check, 'BlocksWithoutFile')], [2, 0]);
  await w.clock.run(check.stop());
});

test('copies of blocks that nobody knows are ordered away, at each check', async () => {
  const w = await withOrphans(0);
  const known = (await w.status('/f')).fileBlockInfos![0]!.blockInfo!.blockId as BlockId;
  let copies = [known];
  const check = checkOf(w, { copies: () => copies });
  check.start();
  await w.clock.run(check.checked);
  assert.deepEqual(w.freed, []);
  const { workers } = w.blocks;
  const worker = workers.beginRegistration(workers.announce({ host: 'w', rpcPort: 1 }), {});
  workers.commitBlock(worker, orphan(1), 'MEM', 'MEM', 10n);
  workers.finishRegistration(worker);
  copies = [known, orphan(1)];
  await w.clock.advance(HOUR_MS);
  assert.deepEqual(w.freed, [orphan(1)]);
  assert.deepEqual([figure(check, 'CopiesWithoutBlock'), figure(check, 'CopiesWithoutBlockRemoved')], [1, 1]);
  await w.clock.run(check.stop());
});

test('a check that is not to repair counts alone', async () => {
  const w = await withOrphans(3);
  const check = checkOf(w, { repair: false });
  check.start();
  await w.clock.run(check.checked);
  assert.equal(w.blocks.state.blockCount, 6);
  assert.deepEqual([figure(check, 'BlocksWithoutFile'), figure(check, 'BlocksWithoutFileRemoved')], [3, 0]);
  await w.clock.run(check.stop());
});

test('while the journal refuses, blocks without a file stay', async () => {
  const w = await withOrphans(3);
  w.journal.refusal = new Error('disk full');
  const check = checkOf(w, { intervalMs: -1 });
  check.start();
  await w.clock.run(check.checked);
  assert.equal(w.blocks.state.blockCount, 6);
  w.journal.refusal = undefined;
  await w.clock.advance(2 * HOUR_MS);
  assert.equal(w.blocks.state.blockCount, 6, 'without an interval there is no other check');
  await w.clock.run(check.stop());
});
