import assert from 'node:assert/strict';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { test } from 'node:test';
import { methodsOf } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import { patterned, readBlock, writeBlock } from '../fakes/client-calls.js';
import { cluster, temporaryDirectory } from '../fakes/cluster.js';

const { moveBlock } = methodsOf(blockWorker.BlockWorkerDefinition);
const MIB = 1 << 20;

async function tiered(t: Parameters<typeof cluster>[0]) {
  const ssd = `${await temporaryDirectory(t)}/ssd`;
  const c = await cluster(t, {
    configuration: {
      'alluxio.worker.tieredstore.levels': '2',
      'alluxio.worker.tieredstore.level1.alias': 'SSD',
      'alluxio.worker.tieredstore.level1.dirs.path': ssd,
      'alluxio.worker.tieredstore.level1.dirs.quota': '64MB',
    },
  });
  return { c, ssd };
}

test('MoveBlock moves a block to another tier, and the master hears where it is', async (t) => {
  const { c, ssd } = await tiered(t);
  await c.master.until(() => c.master.registrations.length === 1);
  const bytes = patterned(2 * MIB + 5);
  await writeBlock(c.channel, 7n, bytes);
  await c.channel.unary(moveBlock, { blockId: 7n, mediumType: 'SSD' });
  assert.ok((await readdir(`${ssd}/alluxioworker`)).includes('7'));
  assert.ok(bytes.equals(await readBlock(c.channel, 7n, { length: bytes.length })));
  await c.master.until(() =>
    c.master.heartbeats.some(
      ({ addedBlocks }) =>
        addedBlocks?.some(
          ({ key, value }) => key?.tierAlias === 'SSD' && key.mediumType === 'SSD' && value?.blockId?.includes(7n) === true,
        ) === true,
    ),
  );
  await c.channel.unary(moveBlock, { blockId: 7n, mediumType: 'SSD' });
  await assert.rejects(c.channel.unary(moveBlock, { blockId: 7n, mediumType: 'HDD' }), { kind: 'failedPrecondition' });
  await assert.rejects(c.channel.unary(moveBlock, { blockId: 8n, mediumType: 'SSD' }), { kind: 'internal' });
});

test('a read that asks for promotion brings the block to the first tier', async (t) => {
  const { c } = await tiered(t);
  const bytes = patterned(MIB);
  await writeBlock(c.channel, 7n, bytes);
  await c.channel.unary(moveBlock, { blockId: 7n, mediumType: 'SSD' });
  await readBlock(c.channel, 7n, { length: MIB, promote: true });
  await c.master.until(() =>
    c.master.heartbeats.some(
      ({ addedBlocks }) =>
        addedBlocks?.some(({ key, value }) => key?.tierAlias === 'MEM' && value?.blockId?.includes(7n) === true) === true,
    ),
  );
  assert.ok((await readdir(`${c.directory}/alluxioworker`)).includes('7'));
});

test('a directory that is taken away is reported as lost storage with its blocks, and the worker serves on', async (t) => {
  const { c, ssd } = await tiered(t);
  await c.master.until(() => c.master.registrations.length === 1);
  await writeBlock(c.channel, 7n, patterned(MIB));
  await writeBlock(c.channel, 8n, patterned(MIB));
  await c.channel.unary(moveBlock, { blockId: 7n, mediumType: 'SSD' });
  await rename(ssd, `${ssd}-away`);
  await mkdir(ssd);
  await assert.rejects(c.channel.unary(moveBlock, { blockId: 8n, mediumType: 'SSD' }));
  await c.master.until(() =>
    c.master.heartbeats.some(
      ({ lostStorage, removedBlockIds }) => lostStorage?.['SSD']?.storage?.includes(ssd) === true && removedBlockIds?.includes(7n) === true,
    ),
  );
  await assert.rejects(readBlock(c.channel, 7n, { length: MIB }), { kind: 'notFound' });
  assert.ok(patterned(MIB).equals(await readBlock(c.channel, 8n, { length: MIB })));
});
