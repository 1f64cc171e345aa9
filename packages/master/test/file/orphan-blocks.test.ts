import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockIdOf, type BlockId, type ContainerId } from '@alluvium/base';
import { OrphanBlocks } from '@alluvium/master/file/orphan-blocks.js';
import { assertRebuilt, World } from './world.js';

const orphan = (index: number): BlockId => blockIdOf(77_777n as ContainerId, index);

async function withOrphans(count: number): Promise<World> {
  const w = new World();
  await w.write('/f', 25);
  await w.c.committer.commit(Array.from({ length: count }, (_, i) => ({ blockInfo: { blockId: orphan(i), length: 10n } })));
  return w;
}

test('blocks whose file is gone are removed after a start, others stay', async () => {
  const w = await withOrphans(2500);
  const service = new OrphanBlocks(w.c, w.blocks.state);
  service.start();
  await w.clock.run(service.ended);
  assert.equal(w.blocks.state.blockCount, 3);
  assert.equal(w.freed.length, 2500);
  assert.equal((await w.status('/f')).fileBlockInfos!.length, 3);
  assertRebuilt(w);
  const before = w.journal.lastSequence;
  service.start();
  await w.clock.run(service.stop());
  assert.equal(w.journal.lastSequence, before, 'nothing is journaled when there is none');
});

test('while the journal refuses, blocks without a file stay', async () => {
  const w = await withOrphans(3);
  w.journal.refusal = new Error('disk full');
  const service = new OrphanBlocks(w.c, w.blocks.state);
  service.start();
  await w.clock.run(service.ended);
  assert.equal(w.blocks.state.blockCount, 6);
});
