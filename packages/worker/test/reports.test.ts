// What a worker tells its master, and what it does with late orders.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, type BlockId } from '@alluvium/base';
import { addition, additionTo, common, workerReport, type blockMaster } from '@alluvium/wire';
import { BlockChanges } from '@alluvium/worker/master/block-changes.js';
import { cluster } from './fakes/cluster.js';
import { patterned, readBlock, writeBlock } from './fakes/client-calls.js';
import { MASTER } from './fakes/fake-master.js';

const beating = (beat: blockMaster.BlockHeartbeatPRequest): workerReport.Beating => additionTo(workerReport.Beating, beat.options)!;
const registering = (message: blockMaster.RegisterWorkerPRequest): workerReport.Registering =>
  additionTo(workerReport.Registering, message.options)!;

test('a worker asks for a lease before it registers, again and again until there is one', async (t) => {
  const c = await cluster(t, {
    start: false,
    configuration: { 'alluxio.worker.register.lease.retry.sleep.min': '1ms', 'alluxio.worker.register.lease.retry.sleep.max': '2ms' },
  });
  c.master.leasesRefused = 4;
  await c.worker.start();
  await c.master.until(() => c.master.registrations.length === 1);
  assert.equal(c.master.leaseRequests.length, 5);
});

test('a worker that is not to ask for leases does not', async (t) => {
  const { master } = await cluster(t, { configuration: { 'alluxio.worker.register.lease.enabled': 'false' } });
  assert.equal(master.leaseRequests.length, 0);
});

test('a registration goes in messages of bounded size, and says which one it is', async (t) => {
  const c = await cluster(t, { configuration: { 'alluxio.worker.register.stream.batch.size': '2' } });
  for (let id = 1n; id <= 5n; id++) await writeBlock(c.channel, id, patterned(10));
  const [first] = c.master.registerMessages.splice(0);
  assert.deepEqual([registering(first!).number, registering(first!).newestGeneration], [1n, 0n]);
  c.master.command = { commandType: common.CommandType.Register, data: [] };
  await c.master.until(() => c.master.registrations.length === 2);
  const ids = c.master.registerMessages.map(({ currentBlocks }) => currentBlocks!.flatMap(({ value }) => value!.blockId!));
  assert.deepEqual(
    ids.map((each) => each.length),
    [2, 2, 1],
  );
  assert.deepEqual(ids.flat().sort(), [1n, 2n, 3n, 4n, 5n]);
  const again = registering(c.master.registerMessages[0]!);
  assert.deepEqual([again.incarnation, again.number, again.newestGeneration], [registering(first!).incarnation, 2n, 5n]);
  const restarted = c.master.registerMessages.length;
  await c.restart();
  await c.master.until(() => c.master.registrations.length === 3);
  const another = registering(c.master.registerMessages[restarted]!);
  assert.deepEqual([another.number, another.newestGeneration], [1n, 5n]);
  assert.notEqual(another.incarnation, again.incarnation, 'it is another process');
});

test('a heartbeat tells of so many blocks and no more; nothing is lost when calls fail', async (t) => {
  const c = await cluster(t, { configuration: { 'alluxio.worker.block.heartbeat.report.size.threshold': '3' } });
  const ids = Array.from({ length: 10 }, (_, at) => BigInt(at + 1));
  for (const id of ids) await writeBlock(c.channel, id, patterned(10));
  let failing = 3;
  const removed = (): bigint[] => c.master.heartbeats.flatMap((beat) => beat.removedBlockIds ?? []);
  c.master.afterHeartbeat = () => {
    if (removed().length > 0 && failing-- > 0) throw fail('unavailable', 'not this time');
  };
  c.master.command = { commandType: common.CommandType.Free, data: ids };
  await c.master.until(() => new Set(removed()).size === 10);
  assert.ok(c.master.heartbeats.every((beat) => beat.removedBlockIds!.length <= 3));
  const after = c.master.heartbeats.length + 4;
  await c.master.until(() => c.master.heartbeats.length >= after);
  assert.deepEqual(c.master.heartbeats.at(-1)!.removedBlockIds, [], 'told until it was heard');
  const numbers = c.master.heartbeats.map((beat) => Number(beating(beat).number));
  assert.deepEqual(
    numbers,
    numbers.map((_, at) => at + 1),
    'each has a number of its own',
  );
});

test('an order to free a block that was written anew since leaves the new copy, and the master is told of it', async (t) => {
  const { channel, master } = await cluster(t);
  await writeBlock(channel, 1n, patterned(10));
  await writeBlock(channel, 2n, patterned(10));
  const order = (generations: bigint[]): common.Command => ({
    commandType: common.CommandType.Free,
    data: [1n, 2n],
    ...addition(workerReport.Freeing, { generations }),
  });
  const kept = (): bigint[] => master.heartbeats.flatMap((beat) => beating(beat).keptBlockIds ?? []);
  master.command = order([0n, 2n]);
  await master.until(() => kept().includes(1n) && master.heartbeats.some((beat) => beat.removedBlockIds?.includes(2n)));
  assert.equal((await readBlock(channel, 1n, { length: 10 })).length, 10);
  await assert.rejects(readBlock(channel, 2n, { length: 10 }), { kind: 'notFound' });
  const beat = master.heartbeats.find(({ options }) => additionTo(workerReport.Beating, options)!.keptBlockIds!.length > 0)!;
  assert.deepEqual(beat.addedBlocks![0]!.value!.blockId, [1n]);
  await master.order({ free: { blockIds: [1n], generations: [0n] } });
  const before = kept().length;
  await master.until(() => kept().length > before);
  await master.order({ free: { blockIds: [1n], generations: [1n] } });
  await master.until(() => master.heartbeats.some((each) => each.removedBlockIds?.includes(1n)));
});

test('an order that came before the block was written is not for it, also of a master that tells no generations', async (t) => {
  const { channel, master } = await cluster(t);
  master.command = { commandType: common.CommandType.Free, data: [1n] };
  master.beforeCommit = () => {
    // The order is on its way while the new block is told of: the worker has it before the answer.
    master.command = { commandType: common.CommandType.Free, data: [1n] };
    const seen = master.heartbeats.length;
    return master.until(() => master.heartbeats.length > seen + 3);
  };
  await writeBlock(channel, 1n, patterned(10));
  assert.equal((await readBlock(channel, 1n, { length: 10 })).length, 10);
});

test('a commit carries what tells it from a late one', async (t) => {
  const { channel, master } = await cluster(t);
  const told: workerReport.Committing[] = [];
  master.beforeCommit = ({ options }) => void told.push(additionTo(workerReport.Committing, options)!);
  await writeBlock(channel, 1n, patterned(10));
  await writeBlock(channel, 2n, patterned(10));
  assert.deepEqual(
    told.map(({ registration, generation }) => [registration, generation]),
    [
      [1n, 1n],
      [1n, 2n],
    ],
  );
  assert.ok(told[0]!.sequence! < told[1]!.sequence!);
  const { incarnation } = beating(master.heartbeats[0]!);
  assert.equal(told[0]!.incarnation, incarnation);
  await master.until(() => beating(master.heartbeats.at(-1)!).openFrom! > told[1]!.sequence!);
});

test('a worker without a master gives up only when it is told to, after so long', async (t) => {
  const c = await cluster(t, { start: false, configuration: { 'alluxio.worker.master.connect.retry.timeout': '20ms' } });
  c.network.cut(MASTER);
  await c.worker.start();
  const error = await c.worker.failed;
  assert.match(error.message, /^No master for 0\.02 s: /);
});

test('what the master has not heard is told within bounds, the newest state of each block', () => {
  const id = (n: number): BlockId => BigInt(n) as BlockId;
  const changes = new BlockChanges();
  changes.recovered({ id: id(1), generation: 9n });
  assert.deepEqual([changes.newestGeneration, changes.report(9).added], [9n, []]);
  changes.clear();
  for (let n = 0; n < 1000; n++) changes.removed(id(n));
  changes.added(id(5000));
  const first = changes.report(600);
  assert.deepEqual([first.removed.length, first.added.length, first.isFull], [600, 0, true]);
  changes.delivered(first, () => false);
  const second = changes.report(600);
  assert.deepEqual([second.removed.length, second.added, second.isFull], [400, [5000n], false]);
  // It moved again while the report was under way.
  changes.added(id(5000));
  changes.delivered(second, () => false);
  assert.deepEqual([changes.report(600).removed, changes.report(600).added], [[], [5000n]]);
  assert.deepEqual(changes.report(600, () => false).added, [], 'told by its commit first');
  const [a, b] = [changes.beginCommit(), changes.beginCommit()];
  assert.equal(changes.openFrom, a);
  changes.endCommit(a);
  assert.equal(changes.openFrom, b);
  changes.endCommit(b);
  assert.equal(changes.openFrom, changes.report(1).until);
});
