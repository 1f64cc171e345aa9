import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodsOf, type RpcChannel } from '@alluvium/net';
import { blockMaster, common, fileSystemMaster as fs } from '@alluvium/wire';
import { rejects } from '../file/world.js';
import { Machine } from '../machine.js';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const blocks = methodsOf(blockMaster.BlockMasterClientServiceDefinition);
const worker = methodsOf(blockMaster.BlockMasterWorkerServiceDefinition);
const { WorkerRange, WorkerInfoField } = blockMaster;
const { CommandType } = common;

/** A worker that nobody writes to any more goes when it has handed over what it has. */
const LINGER = { 'alluvium.master.worker.drain.linger': '0' };

async function register(c: RpcChannel, host: string, held: readonly bigint[] = []): Promise<bigint> {
  const workerNetAddress = { host, rpcPort: 29999, dataPort: 29999, webPort: 30000 };
  const { workerId } = await c.unary(worker.getWorkerId, { workerNetAddress });
  await c.unary(worker.requestRegisterLease, { workerId: workerId!, blockCount: 0n });
  await c.unary(worker.registerWorker, {
    workerId: workerId!,
    storageTiers: ['MEM'],
    totalBytesOnTiers: { MEM: 1000n },
    usedBytesOnTiers: { MEM: 10n },
    currentBlocks: [{ key: { tierAlias: 'MEM', mediumType: 'MEM' }, value: { blockId: [...held] } }],
  });
  return workerId!;
}

const COMMIT = { length: 7n, tierAlias: 'MEM', mediumType: 'MEM', usedBytesOnTier: 17n };

/** A block of a new file, with copies on the workers. */
async function block(c: RpcChannel, path: string, ...workers: readonly bigint[]): Promise<bigint> {
  await c.unary(files.createFile, { path, options: { blockSizeBytes: 10n, writeType: fs.WritePType.MUST_CACHE } });
  const { id } = await c.unary(files.getNewBlockIdForFile, { path });
  for (const workerId of workers) await c.unary(worker.commitBlock, { ...COMMIT, workerId, blockId: id! });
  return id!;
}

const hosts = async (c: RpcChannel, workerRange: blockMaster.WorkerRange): Promise<unknown[]> =>
  (await c.unary(blocks.getWorkerReport, { workerRange, fieldRanges: [] })).workerInfos!.map(({ address, state }) => [
    address?.host,
    state,
  ]);

test('a decommissioned worker is out of the list and the sums, and back when it registers', async () => {
  const m = new Machine(LINGER);
  const c = await m.start();
  await register(c, 'w1');
  const w2 = await register(c, 'w2');
  await c.unary(blocks.decommissionWorker, { workerHostname: 'w2', workerWebPort: 30000n, canRegisterAgain: true });
  assert.deepEqual(await hosts(c, WorkerRange.LIVE), [['w1', 'ACTIVE']]);
  assert.deepEqual(await hosts(c, WorkerRange.DECOMMISSIONED), [['w2', 'Decommissioned']]);
  assert.deepEqual(await hosts(c, WorkerRange.ALL), [
    ['w1', 'ACTIVE'],
    ['w2', 'Decommissioned'],
  ]);
  assert.equal((await c.unary(blocks.getWorkerInfoList, {})).workerInfos?.length, 1);
  const report = await c.unary(blocks.getWorkerReport, { workerRange: WorkerRange.DECOMMISSIONED });
  assert.deepEqual([report.workerInfos![0]!.capacityBytes, report.workerInfos![0]!.capacityBytesOnTiers], [0n, { MEM: 0n }]);
  assert.equal((await c.unary(blocks.getCapacityBytes, {})).bytes, 1000n);
  const { blockMasterInfo } = await c.unary(blocks.getBlockMasterInfo, { filters: [] });
  assert.deepEqual([blockMasterInfo?.liveWorkerNum, blockMasterInfo?.decommissionedWorkerNum], [1, 1]);
  const beat = await c.unary(worker.blockHeartbeat, { workerId: w2, usedBytesOnTiers: {}, removedBlockIds: [] });
  assert.equal(beat.command?.commandType, CommandType.Nothing, 'it is not called back');
  await m.clock.advance(10_000);
  await c.unary(blocks.removeDisabledWorker, { workerHostname: 'w2', workerWebPort: 30000n });
  const called = await c.unary(worker.blockHeartbeat, { workerId: w2, usedBytesOnTiers: {}, removedBlockIds: [] });
  assert.equal(called.command?.commandType, CommandType.Register, 'an operator wants it back');
  assert.equal(await register(c, 'w2'), w2);
  assert.equal((await hosts(c, WorkerRange.LIVE)).length, 2);
});

test('a disabled worker may not register until it is enabled', async () => {
  const m = new Machine(LINGER);
  const c = await m.start();
  await register(c, 'w1');
  await c.unary(blocks.decommissionWorker, { workerHostname: 'w1', workerWebPort: 30000n, canRegisterAgain: false });
  await m.clock.advance(10_000);
  assert.deepEqual(await hosts(c, WorkerRange.ALL), [['w1', 'Disabled']]);
  await rejects('failedPrecondition', /^Worker w1:30000 is disabled/, () => register(c, 'w1'));
  await c.unary(blocks.removeDisabledWorker, { workerHostname: 'other' });
  await rejects('failedPrecondition', /is disabled/, () => register(c, 'w1'));
  await c.unary(blocks.removeDisabledWorker, { workerHostname: 'w1', workerWebPort: 30000n });
  await register(c, 'w1');
  await c.unary(blocks.decommissionWorker, { workerHostname: 'w1', canRegisterAgain: false });
  const older = { ...blocks.removeDisabledWorker, path: '/alluxio.grpc.block.BlockMasterClientService/RemoveDecommissionedWorker' };
  await c.unary(older, { workerHostname: 'w1' });
  await register(c, 'w1');
});

test('a decommissioned worker keeps what nobody else has, and takes nothing new', async () => {
  const m = new Machine(LINGER);
  const c = await m.start();
  const w1 = await register(c, 'w1');
  const w2 = await register(c, 'w2');
  const both = await block(c, '/both', w1, w2);
  const only = await block(c, '/only', w2);
  await c.unary(blocks.decommissionWorker, { workerHostname: 'w2', workerWebPort: 30000n, canRegisterAgain: true });
  await m.clock.advance(5000);
  const places = async (blockId: bigint): Promise<unknown[]> =>
    ((await c.unary(blocks.getBlockInfo, { blockId })).blockInfo?.locations ?? []).map(({ workerId }) => workerId);
  assert.deepEqual(await places(only), [w2], 'its file is in no store');
  assert.deepEqual(await places(both), [w1, w2], 'it serves what it has');
  assert.deepEqual(
    (await c.unary(blocks.getWorkerInfoList, {})).workerInfos?.map(({ id }) => id),
    [w1],
  );
  // A writer that knew it before is not failed: what it writes is handed over too.
  const late = await block(c, '/late', w2);
  for (const blockId of [only, late]) await c.unary(worker.commitBlock, { ...COMMIT, workerId: w1, blockId });
  await m.clock.advance(5000);
  for (const id of [both, only, late]) assert.deepEqual(await places(id), [w1]);
  await rejects('failedPrecondition', /is decommissioned$/, () => block(c, '/new', w2));
});

test('a drain goes on after a restart of the master, and who was kept out stays out', async () => {
  const m = new Machine(LINGER);
  let c = await m.start();
  await register(c, 'w1');
  const w2 = await register(c, 'w2');
  const only = await block(c, '/only', w2);
  await c.unary(blocks.decommissionWorker, { workerHostname: 'w2', canRegisterAgain: false });
  await m.clock.advance(3000);
  c = await m.restart('crash');
  const again = await register(c, 'w2', [only]);
  const w1 = await register(c, 'w1');
  await m.clock.advance(10_000);
  assert.deepEqual(await hosts(c, WorkerRange.ALL), [
    ['w1', 'ACTIVE'],
    ['w2', 'Disabled'],
  ]);
  const places = async (): Promise<unknown[]> =>
    ((await c.unary(blocks.getBlockInfo, { blockId: only })).blockInfo?.locations ?? []).map(({ workerId }) => workerId);
  assert.deepEqual(await places(), [again]);
  await c.unary(worker.commitBlock, { ...COMMIT, workerId: w1, blockId: only });
  await m.clock.advance(3000);
  assert.deepEqual(await places(), [w1]);
  c = await m.restart('crash');
  await rejects('failedPrecondition', /^Worker w2:30000 is disabled/, () => register(c, 'w2'));
  await c.unary(blocks.removeDisabledWorker, { workerHostname: 'w2' });
  c = await m.restart('crash');
  await register(c, 'w2');
  assert.deepEqual(await hosts(c, WorkerRange.ALL), [['w2', 'ACTIVE']]);
});

test('who is not known cannot be decommissioned', async () => {
  const c = await new Machine().start();
  await register(c, 'w1');
  await rejects('notFound', 'Worker w1:7 not found', () => c.unary(blocks.decommissionWorker, { workerHostname: 'w1', workerWebPort: 7n }));
  await rejects('notFound', 'Worker w9:30000 not found', () =>
    c.unary(blocks.decommissionWorker, { workerHostname: 'w9', workerWebPort: 30000n }),
  );
  assert.deepEqual(await hosts(c, WorkerRange.ALL), [['w1', 'ACTIVE']]);
});

test('a report has the fields that are asked for', async () => {
  const c = await new Machine().start();
  await register(c, 'w1');
  const report = await c.unary(blocks.getWorkerReport, {
    workerRange: WorkerRange.LIVE,
    fieldRanges: [WorkerInfoField.STATE, WorkerInfoField.WORKER_USED_BYTES],
  });
  const [info] = report.workerInfos!;
  assert.deepEqual(
    [info!.state, info!.usedBytes, info!.id, info!.address, info!.capacityBytes],
    ['ACTIVE', 10n, undefined, undefined, undefined],
  );
});
