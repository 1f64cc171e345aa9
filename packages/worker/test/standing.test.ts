import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileIdOfBlock, type BlockId, type InodeId } from '@alluvium/base';
import { common } from '@alluvium/wire';
import { nodeClock, silentLogger } from '@alluvium/platform';
import type { Block } from '@alluvium/worker/store/block.js';
import { BlockChanges } from '@alluvium/worker/master/block-changes.js';
import { Pins, type PinSource } from '@alluvium/worker/master/pins.js';
import { cluster } from './fakes/cluster.js';
import { FakeMaster, MASTER } from './fakes/fake-master.js';
import { patterned, readBlock, writeBlock } from './fakes/client-calls.js';

const MIB = 1 << 20;

test('a restarted worker registers with the blocks it kept, and serves them (D 27)', async (t) => {
  const c = await cluster(t);
  const bytes = patterned(3 * MIB);
  await writeBlock(c.channel, 1n, bytes);
  await writeBlock(c.channel, 2n, patterned(10));
  assert.deepEqual(c.master.registrations, [[]]);
  await c.restart();
  await c.master.until(() => c.master.registrations.length === 2);
  assert.deepEqual(c.master.registrations[1]!.sort(), [1n, 2n]);
  assert.ok(bytes.equals(await readBlock(c.channel, 1n, { length: bytes.length })));
});

test('blocks of another cluster are dropped before anybody can read them', async (t) => {
  const c = await cluster(t);
  await writeBlock(c.channel, 1n, patterned(10));
  c.master.clusterId = 'another cluster';
  await c.restart();
  await c.master.until(() => c.master.registrations.length === 2);
  assert.deepEqual(c.master.registrations[1], []);
  await assert.rejects(readBlock(c.channel, 1n, { length: 10 }), { kind: 'notFound' });
  await writeBlock(c.channel, 2n, patterned(10));
  await c.restart();
  await c.master.until(() => c.master.registrations.length === 3);
  assert.deepEqual(c.master.registrations[2], [2n], 'the directory belongs to the new cluster now');
});

test('a worker registers again when the master asks, with what it has', async (t) => {
  const { channel, master, worker } = await cluster(t);
  await writeBlock(channel, 1n, patterned(10));
  master.command = { commandType: common.CommandType.Register, data: [] };
  await master.until(() => master.registrations.length === 2 && worker.health().ready);
  assert.deepEqual(master.registrations[1], [1n]);
  assert.match(worker.health().detail, /^worker 8$/, 'under a new id');
});

test('a worker outlives its master', async (t) => {
  const c = await cluster(t);
  await writeBlock(c.channel, 1n, patterned(10));
  await c.master.stop();
  assert.equal((await readBlock(c.channel, 1n, { length: 10 })).length, 10, 'reads go on');
  const writing = writeBlock(c.channel, 2n, patterned(20));
  const next = new FakeMaster(100n);
  await next.start(c.network);
  await next.until(() => next.registrations.length === 1);
  await writing;
  assert.deepEqual(next.registrations, [[1n]], 'a block that no master knows yet is in no report');
  assert.equal(next.committed.get(2n), 20n);
  t.after(() => next.stop());
});

test('a master that is not there yet is waited for', async (t) => {
  const c = await cluster(t, { start: false });
  c.network.cut(MASTER);
  await c.worker.start();
  assert.equal(c.worker.health().ready, false);
  assert.match(c.worker.health().detail, /^not registered with the master/);
  c.network.heal(MASTER);
  await c.master.until(() => c.master.registrations.length === 1 && c.master.heartbeats.length > 0);
  assert.equal(c.worker.health().ready, true);
});

test('blocks that the master frees are removed and reported until it has heard', async (t) => {
  const { channel, master, network } = await cluster(t);
  await writeBlock(channel, 1n, patterned(10));
  master.command = { commandType: common.CommandType.Free, data: [1n, 99n] };
  await master.until(
    () =>
      master.heartbeats.some((beat) => beat.removedBlockIds?.includes(1n)) &&
      master.heartbeats.some((beat) => beat.removedBlockIds?.includes(99n)),
  );
  await assert.rejects(readBlock(channel, 1n, { length: 10 }), { kind: 'notFound' });
  await writeBlock(channel, 2n, patterned(10));
  await master.order({ free: { blockIds: [2n] } });
  network.reset(MASTER);
  await master.until(() => master.heartbeats.some((beat) => beat.removedBlockIds?.includes(2n)));
});

test('heartbeats carry space and what was counted', async (t) => {
  const { channel, master } = await cluster(t, { ramdisk: '8MB' });
  await writeBlock(channel, 1n, patterned(MIB));
  await readBlock(channel, 1n, { length: MIB });
  const counted = (name: string): number =>
    master.heartbeats
      .flatMap((beat) => beat.options?.metrics ?? [])
      .filter((metric) => metric.name === name)
      .reduce((sum, metric) => sum + (metric.value ?? 0), 0);
  await master.until(() => counted('BytesReadRemote') === MIB && counted('BytesWrittenRemote') === MIB);
  const last = master.heartbeats.at(-1)!;
  assert.equal(last.usedBytesOnTiers?.['MEM'], BigInt(MIB));
  assert.equal(last.options?.capacityBytesOnTiers?.['MEM'], BigInt(8 * MIB));
});

test('a removal is reported until delivered; what came back meanwhile is added again (D 29)', () => {
  const changes = new BlockChanges();
  const id = (n: bigint): BlockId => n as BlockId;
  changes.removed(id(1n));
  changes.removed(id(2n));
  changes.removed(id(3n));
  assert.deepEqual(changes.report(10).removed, [], 'before a registration there is nothing to be told');
  changes.clear();
  changes.removed(id(1n));
  changes.removed(id(2n));
  changes.removed(id(3n));
  assert.deepEqual(changes.report(10).removed, [1n, 2n, 3n]);
  const report = changes.report(10);
  changes.committed({ id: id(2n), generation: 1n });
  changes.committed({ id: id(3n), generation: 2n });
  changes.removed(id(3n));
  changes.delivered(report, (block) => block === 2n);
  const next = changes.report(10);
  assert.deepEqual([next.removed, next.added], [[3n], [2n]]);
  changes.delivered(next, () => false);
  assert.deepEqual([changes.report(10).removed, changes.report(10).added], [[], []]);
});

test('nothing is evicted before the master has said what is pinned', async (t) => {
  const c = await cluster(t, { ramdisk: '2MB', start: false });
  await c.worker.start();
  await c.master.until(() => c.master.heartbeats.length > 2);
  await writeBlock(c.channel, 1n, patterned(2 * MIB));
  c.master.beforePins = () => {
    throw new Error('not yet');
  };
  await c.restart();
  await c.master.until(() => c.master.registrations.length === 2);
  const later = c.master.heartbeats.length + 3;
  await c.master.until(() => c.master.heartbeats.length > later);
  await assert.rejects(writeBlock(c.channel, 2n, patterned(MIB)), { kind: 'resourceExhausted' });
  c.master.beforePins = undefined;
  const answered = c.master.heartbeats.length + 3;
  await c.master.until(() => c.master.heartbeats.length > answered);
  await writeBlock(c.channel, 2n, patterned(MIB));
});

test('a pin by the writer holds until the list has shown the file, or the file is settled (D 20)', async () => {
  let nowMs = 0;
  const pins = new Pins({ ...nodeClock, monotonicMs: () => nowMs }, silentLogger);
  const block = (id: bigint): Block => ({ id, pinned: true, committedMs: nowMs, leaving: undefined }) as unknown as Block;
  const [listed, asked, open] = [block(1n << 24n), block(2n << 24n), block(3n << 24n)] as const;
  for (const each of [listed, asked, open]) pins.track(each);
  let files: bigint[] = [fileIdOfBlock(listed.id)];
  const questions: InodeId[] = [];
  const source: PinSource = {
    pinnedFiles: async () => new Set(files as InodeId[]),
    isSettled: async (file) => {
      questions.push(file);
      return file === fileIdOfBlock(asked.id);
    },
  };
  const isProtected = (): boolean[] => [listed, asked, open].map((each) => pins.isProtected(each));
  await pins.refresh(source);
  assert.deepEqual(isProtected(), [true, true, true]);
  files = [];
  await pins.refresh(source);
  assert.deepEqual(isProtected(), [false, true, true], 'the list has shown it and does not any more: persisted');
  assert.deepEqual(questions, []);
  nowMs = 10_000;
  await pins.refresh(source);
  assert.deepEqual(isProtected(), [false, false, true]);
});
