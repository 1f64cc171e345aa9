import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf } from '@alluvium/base';
import { methodsOf, type RpcChannel } from '@alluvium/net';
import { fileSystemMaster, metaMaster, metricMaster, namespaceService } from '@alluvium/wire';
import { Machine } from '../machine.js';

const { getJournalStatus } = methodsOf(namespaceService.NamespaceServiceDefinition);
const { checkpoint } = methodsOf(metaMaster.MetaMasterClientServiceDefinition);
const { getMetrics } = methodsOf(metricMaster.MetricsMasterClientServiceDefinition);
const { createDirectory, getStatus } = methodsOf(fileSystemMaster.FileSystemMasterClientServiceDefinition);
const { MUST_CACHE } = fileSystemMaster.WritePType;

const SECOND_MS = 1000;
const ROOM_BYTES = 64 << 20;

async function make(machine: Machine, c: RpcChannel, path: string): Promise<void> {
  await machine.clock.run(c.unary(createDirectory, { path, options: { writeType: MUST_CACHE } }));
}

/** Leaves no room on the disk, and makes directories until the master refuses. Answers those that were acknowledged. */
async function fill(machine: Machine, c: RpcChannel): Promise<string[]> {
  machine.disk.capacityBytes = machine.disk.usedBytes;
  const made: string[] = [];
  for (let i = 0; ; i++) {
    // One that takes more than the segment has grown ahead.
    const path = `/${'d'.repeat(200)}${i}`;
    try {
      await make(machine, c, path);
      made.push(path);
    } catch (error) {
      assert.equal(kindOf(error), 'resourceExhausted');
      return made;
    }
  }
}

test('the state of the journal is told to anybody: operations, segments, checkpoints, space', async () => {
  const machine = new Machine({ 'alluxio.master.journal.space.monitor.percent.free.threshold': '100' });
  machine.disk.capacityBytes = ROOM_BYTES;
  const c = await machine.start();
  await make(machine, c, '/a');
  const status = await machine.clock.run(machine.connect('nobody').unary(getJournalStatus, {}));
  assert.equal(status.state, 'SERVING');
  assert.equal(status.refusal, undefined);
  assert.equal(status.lastSequence, status.durableSequence);
  assert.ok(status.lastSequence! > 1n && status.segmentBytes! > 100n && status.bytesSinceCheckpoint! > 100n);
  assert.deepEqual([status.epoch, status.segments, status.inodes, status.blocks], [1n, 1n, 2n, 0n]);
  assert.deepEqual(status.checkpoints ?? [], []);
  assert.equal(status.diskCapacityBytes, BigInt(ROOM_BYTES));
  assert.equal(status.diskLow, true);
  await machine.clock.run(c.unary(checkpoint, {}));
  const { checkpoints, bytesSinceCheckpoint } = await machine.clock.run(c.unary(getJournalStatus, {}));
  assert.equal(bytesSinceCheckpoint, 0n);
  assert.deepEqual(
    checkpoints!.map(({ sequence }) => sequence),
    [status.lastSequence],
  );
  const { metrics } = await machine.clock.run(c.unary(getMetrics, {}));
  assert.equal(metrics!['Master.JournalSpaceLow']?.doubleValue, 1);
  assert.equal(metrics!['Master.JournalEntriesSinceCheckPoint']?.doubleValue, 0);
  assert.equal(metrics!['Master.JournalReadOnly']?.doubleValue, 0);
  await machine.stop();
});

test('a full disk makes the master read-only with a clear state: reads go on, nothing acknowledged is lost, and it comes back by itself', async () => {
  const machine = new Machine({ 'alluxio.master.journal.log.size.bytes.max': '64KB' });
  machine.disk.capacityBytes = ROOM_BYTES;
  let c = await machine.start();
  await make(machine, c, '/before');
  const made = await fill(machine, c);
  assert.ok(made.length > 10, 'the last ones with the reserve');
  assert.match(machine.master.health().detail!, /^read-only: .*disk of the journal is full; free some space/);
  const full = await machine.clock.run(c.unary(getJournalStatus, {}));
  assert.equal(full.state, 'READ_ONLY');
  assert.match(full.refusal!, /free some space/);
  await machine.clock.run(c.unary(getStatus, { path: '/before' }));

  // A restart does not help, and does no harm: it serves what it has.
  machine.disk.capacityBytes = machine.disk.usedBytes;
  c = await machine.restart('kill');
  for (const path of ['/before', ...made]) await machine.clock.run(c.unary(getStatus, { path }));
  assert.equal((await machine.clock.run(c.unary(getJournalStatus, {}))).state, 'READ_ONLY');
  await assert.rejects(make(machine, c, '/more'), (error) => kindOf(error) === 'resourceExhausted');

  machine.disk.capacityBytes = 2 * ROOM_BYTES;
  await machine.clock.advance(3 * SECOND_MS);
  assert.equal(machine.master.health().ready, true);
  await make(machine, c, '/after');
  c = await machine.restart('crash');
  for (const path of ['/before', ...made, '/after']) await machine.clock.run(c.unary(getStatus, { path }));
  await machine.stop();
});
