import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileIdOfBlock, type BlockId } from '@alluvium/base';
import { cluster, type Cluster } from '../fakes/cluster.js';
import { patterned, writeBlock } from '../fakes/client-calls.js';

const MIB = 1 << 20;
const FAST = { configuration: { 'alluvium.worker.scrub.bytes.per.second': '10GB' } };

/** The first block of the nth file, which the store has under the name `f<n>`. */
const blockOf = (n: number): bigint => BigInt(n) << 24n;

async function storedBlocks(c: Cluster, count: number): Promise<Buffer[]> {
  const contents = Array.from({ length: count }, (_, i) => patterned(MIB + 77 * i, i + 1));
  for (const [i, bytes] of contents.entries()) {
    const n = i + 1;
    await writeBlock(c.channel, blockOf(n), bytes);
    c.store.files.set(`f${n}`, bytes);
    c.master.files.set(fileIdOfBlock(blockOf(n) as BlockId), {
      persisted: true,
      mountId: 1n,
      ufsPath: `mem://bucket/f${n}`,
      blockSizeBytes: 64n,
    });
  }
  return contents;
}

/** A pass that begins after this call has gone through everything. */
async function wholePass(c: Cluster): Promise<void> {
  await c.restart();
  const beats = c.master.heartbeats.length;
  await c.master.until(() => c.master.heartbeats.length > beats && c.worker.scrub.passes > 0);
}

const fileOf = (c: Cluster, n: number): string => `${c.directory}/alluxioworker/${blockOf(n)}`;

test('a scrub finds flipped bits that nobody reads, and mends them', async (t) => {
  const c = await cluster(t, FAST);
  const contents = await storedBlocks(c, 8);
  const damaged = [1, 3, 4, 8];
  for (const n of damaged) {
    const bytes = Buffer.from(contents[n - 1]!);
    bytes[(n * 131_071) % bytes.length]! ^= 1 << (n % 8);
    await writeFile(fileOf(c, n), bytes);
  }
  await wholePass(c);
  assert.equal(c.worker.counters.pagesDamaged, damaged.length);
  assert.equal(c.worker.counters.pagesRepaired, damaged.length);
  for (const [i, bytes] of contents.entries()) assert.ok(bytes.equals(await readFile(fileOf(c, i + 1))), `block ${i + 1}`);
  assert.deepEqual(c.worker.scrub, { passes: 1, blocks: 8, blocksDone: 8 });
  assert.equal(
    c.worker.counters.bytesScrubbed,
    contents.reduce((sum, bytes) => sum + bytes.length, 0),
  );
});

test('a block whose file vanished is dropped by a scrub, and the others are looked at', async (t) => {
  const c = await cluster(t, { configuration: { ...FAST.configuration, 'alluvium.worker.scrub.interval': '0' } });
  await storedBlocks(c, 3);
  await rm(fileOf(c, 2));
  await c.master.until(() => c.master.heartbeats.some((beat) => beat.removedBlockIds?.includes(blockOf(2)) === true));
  const { passes } = c.worker.scrub;
  await c.master.until(() => c.worker.scrub.passes > passes + 1);
  assert.equal(c.worker.scrub.blocks, 2);
  assert.equal(c.worker.counters.pagesDamaged, 0);
});

test('a slow scrub ends at once when the worker stops', async (t) => {
  const c = await cluster(t, { configuration: { 'alluvium.worker.scrub.bytes.per.second': '1' } });
  await storedBlocks(c, 2);
  await c.restart();
  await c.master.until(() => c.worker.counters.bytesScrubbed > 0);
  await c.worker.stop();
  assert.deepEqual(c.worker.scrub, { passes: 0, blocks: 2, blocksDone: 0 });
});
