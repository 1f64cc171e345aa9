import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId, WorkerId } from '@alluvium/base';
import type { BlockMaster } from '@alluvium/master/block/block-master.js';
import type { WorkerRegistry } from '@alluvium/master/block/worker-registry.js';
import { methodsOf, type RpcChannel } from '@alluvium/net';
import { fileSystemMaster as fs } from '@alluvium/wire';
import { rejects } from '../file/world.js';
import { Machine } from '../machine.js';
import { end, FakeWorker, newBlock, placesOf, workerMethods } from './fake-worker.js';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);

async function running(settings: Record<string, string> = {}): Promise<{ machine: Machine; c: RpcChannel }> {
  const machine = new Machine(settings);
  return { machine, c: await machine.start() };
}

/** For what comes from inside the master. */
function registryOf(machine: Machine): WorkerRegistry {
  return (machine.master.journaled as unknown as { blocks: BlockMaster }).blocks.workers;
}

/** Frees a block: with the master that is done by removing its file. */
async function remove(c: RpcChannel, path: string): Promise<void> {
  await c.unary(files.remove, { path });
}

test('a stale report after a registration neither resurrects a freed block nor drops a live one', async (t) => {
  await t.test('heartbeats of an earlier registration, and of an earlier process at the address', async () => {
    const { c } = await running();
    const [a, b] = [await newBlock(c, '/a'), await newBlock(c, '/b')];
    const old = await new FakeWorker(c, 'w', 1n).register();
    await old.commit(a);
    const young = await new FakeWorker(c, 'w', 2n).register([b]);
    assert.equal(young.id, old.id);
    assert.equal(await old.beat({ removed: [b], added: [a] }), undefined, 'it would have to register');
    assert.deepEqual([await placesOf(c, a), await placesOf(c, b)], [[], [young.id]]);
    await young.register([b]);
    assert.deepEqual(await young.beat({ removed: [b], added: [a], registration: 1n }), { ids: [], generations: undefined });
    assert.deepEqual([await placesOf(c, a), await placesOf(c, b)], [[], [young.id]]);
    await young.beat({ removed: [b], added: [a] });
    assert.deepEqual([await placesOf(c, a), await placesOf(c, b)], [[young.id], []]);
  });

  await t.test('heartbeats that overtook each other', async () => {
    const { c } = await running();
    const a = await newBlock(c, '/a');
    const worker = await new FakeWorker(c, 'w', 1n).register();
    await worker.commit(a);
    await worker.beat({ number: 8n });
    await worker.beat({ number: 7n, removed: [a] });
    assert.deepEqual(await placesOf(c, a), [worker.id]);
    await worker.beat({ number: 9n, removed: [a] });
    assert.deepEqual(await placesOf(c, a), []);
  });

  await t.test('a removal that was told before the block was written anew', async () => {
    const { c } = await running();
    const a = await newBlock(c, '/a');
    const worker = await new FakeWorker(c, 'w', 1n).register();
    await worker.commit(a);
    const before = worker.sequence++;
    await worker.commit(a, { generation: 2n });
    await worker.beat({ removed: [a], sequence: before });
    assert.deepEqual(await placesOf(c, a), [worker.id], 'it was of the copy before');
    await worker.beat({ removed: [a] });
    assert.deepEqual(await placesOf(c, a), [], 'this one is later');
  });

  await t.test('commits of an earlier registration, and those that the worker has given up', async () => {
    const { c } = await running();
    const a = await newBlock(c, '/a');
    const worker = await new FakeWorker(c, 'w', 1n).register();
    await worker.register();
    await rejects('unavailable', /^Cannot commit a block of worker \d+: the report is of an earlier registration$/, () =>
      worker.commit(a, { registration: 1n }),
    );
    const given = worker.sequence++;
    await worker.beat({ removed: [a] });
    await rejects('unavailable', /earlier registration$/, () => worker.commit(a, { sequence: given }));
    assert.deepEqual(await placesOf(c, a), []);
    const open = worker.sequence++;
    await worker.beat({ openFrom: open });
    await worker.commit(a, { sequence: open });
    assert.deepEqual(await placesOf(c, a), [worker.id]);
  });

  await t.test('a registration stream of an earlier registration, or of an earlier process', async () => {
    const { machine, c } = await running();
    const [a, b] = [await newBlock(c, '/a'), await newBlock(c, '/b')];
    const old = new FakeWorker(c, 'w', 1n);
    const stream = await old.begin([a]);
    const young = await new FakeWorker(c, 'w', 2n).register([]);
    await young.commit(b);
    await stream.write(old.more([a]));
    await rejects('aborted', /another registration has taken the place of this one$/, () => stream.read());
    // One that begins late.
    const late = c.stream(workerMethods.registerWorkerStream);
    await late.write(old.first([a]));
    await rejects('aborted', /^Cannot register worker \d+: it has begun a later registration$/, () => late.read());
    assert.deepEqual(await placesOf(c, b), [young.id]);
    await young.register([b]);
    young.registration -= 1n;
    const again = c.stream(workerMethods.registerWorkerStream);
    await again.write(young.first([a]));
    await rejects('aborted', /later registration$/, () => again.read());
    await machine.clock.advance(1);
    assert.deepEqual([await placesOf(c, a), await placesOf(c, b)], [[], [young.id]]);
  });

  await t.test('for workers that do not number their reports, the registration that began last counts', async () => {
    const { c } = await running();
    const [a, b] = [await newBlock(c, '/a'), await newBlock(c, '/b')];
    const old = new FakeWorker(c, 'w');
    const stream = await old.begin([a]);
    const young = await new FakeWorker(c, 'w').register([b]);
    await stream.write(old.more([a]));
    await rejects('aborted', /another registration/, () => stream.read());
    assert.deepEqual([await placesOf(c, a), await placesOf(c, b)], [[], [young.id]]);
  });
});

test('a block that is freed stays so, unless it is written anew', async (t) => {
  await t.test('it is not back when a registration lists it that was begun before, and is ordered away', async () => {
    const { c } = await running();
    const a = await newBlock(c, '/a');
    const worker = await new FakeWorker(c, 'w', 1n).register([], 5n);
    await worker.commit(a, { generation: 6n });
    const stream = await worker.begin([], 6n);
    await remove(c, '/a');
    await stream.write(worker.more([a]));
    await stream.read();
    await end(stream);
    await rejects('invalidArgument', /not found/, () => placesOf(c, a));
    assert.deepEqual(await worker.beat({ newestGeneration: 6n }), { ids: [a], generations: [6n] });
  });

  await t.test('it stays ordered away through a registration, if it is still there', async () => {
    const { c } = await running();
    const [a, b] = [await newBlock(c, '/a'), await newBlock(c, '/b')];
    const worker = await new FakeWorker(c, 'w', 1n).register();
    await worker.commit(a, { generation: 3n });
    await worker.commit(b, { generation: 4n });
    await remove(c, '/a');
    await remove(c, '/b');
    await worker.register([a], 4n);
    assert.deepEqual(await worker.beat(), { ids: [a], generations: [4n] }, 'the other one is gone already');
  });

  await t.test('written anew meanwhile, it keeps its new copy', async () => {
    const { machine, c } = await running();
    const a = await newBlock(c, '/a');
    await c.unary(files.completeFile, { path: '/a', options: { ufsLength: 7n } });
    const registry = registryOf(machine);
    const worker = await new FakeWorker(c, 'w', 1n).register();
    await worker.commit(a, { generation: 3n });
    registry.free([a as BlockId]);
    assert.deepEqual(await placesOf(c, a), []);
    assert.deepEqual(await worker.beat(), { ids: [a], generations: [3n] });
    // A commit told twice, of the copy that is ordered away.
    await worker.commit(a, { generation: 3n });
    assert.deepEqual([await placesOf(c, a), (await worker.beat())?.ids], [[], [a]]);
    await worker.commit(a, { generation: 4n });
    assert.deepEqual([await placesOf(c, a), (await worker.beat())?.ids], [[worker.id], []]);
    // The order was late, and the worker has kept what is newer.
    registry.free([a as BlockId]);
    await worker.beat({ added: [a] });
    assert.deepEqual(await placesOf(c, a), [], 'moved, but still ordered away');
    await worker.beat({ added: [a], kept: [a] });
    assert.deepEqual([await placesOf(c, a), (await worker.beat())?.ids], [[worker.id], []]);
  });
});

test('a lost worker that is heard of again is back at once with all it had, and without what was removed meanwhile', async () => {
  const { machine, c } = await running();
  const [a, b] = [await newBlock(c, '/a'), await newBlock(c, '/b')];
  const worker = await new FakeWorker(c, 'w', 1n).register();
  await worker.commit(a);
  await worker.commit(b);
  await machine.clock.advance(5 * 60_000 + 20_000);
  assert.deepEqual(await placesOf(c, a), [], 'unavailable at once');
  await remove(c, '/b');
  const beat = await worker.beat({ removed: [] });
  assert.deepEqual(beat?.ids, [b]);
  assert.deepEqual(await placesOf(c, a), [worker.id]);
  await machine.clock.advance(5 * 60_000 + 20_000);
  const again = new FakeWorker(c, 'w', 2n);
  await again.register([a]);
  assert.equal(again.id, worker.id, 'under its id');
  assert.deepEqual(await placesOf(c, a), [worker.id]);
});

test('a lost worker that does not number its reports registers, since some of them may be missing', async () => {
  const { machine, c } = await running({ 'alluxio.master.worker.timeout': '1min', 'alluxio.master.lost.worker.deletion.timeout': '2min' });
  const a = await newBlock(c, '/a');
  const worker = await new FakeWorker(c, 'w').register();
  await worker.commit(a);
  await machine.clock.advance(80_000);
  assert.equal(await worker.beat(), undefined);
  await worker.register([a]);
  assert.deepEqual(await placesOf(c, a), [worker.id]);
  await machine.clock.advance(4 * 60_000);
  const { id } = worker;
  await worker.register([]);
  assert.notEqual(worker.id, id, 'forgotten after a while');
});

test('storage that a worker has lost is told as long as it is', async () => {
  const { machine, c } = await running();
  const worker = await new FakeWorker(c, 'w', 1n).register();
  const workers = registryOf(machine);
  const heard: string[] = [];
  workers.listen({ directoryLost: (_, tier, path) => heard.push(`${tier} ${path}`) });
  await worker.beat({ lost: { MEM: ['/m1'] } });
  await worker.beat({ lost: { MEM: ['/m1', '/m2'] } });
  assert.deepEqual(heard, ['MEM /m1', 'MEM /m2']);
  assert.deepEqual([...workers.live()[0]!.lostStorage], [['MEM', ['/m1', '/m2']]]);
  await worker.beat();
  assert.deepEqual([...workers.live()[0]!.lostStorage], []);
  const java = await new FakeWorker(c, 'java').register();
  await java.beat({ lost: { MEM: ['/m1'] } });
  await java.beat({ lost: { MEM: ['/m2'] } });
  await java.beat();
  assert.deepEqual([...workers.get(java.id as WorkerId).lostStorage], [['MEM', ['/m1', '/m2']]], 'they tell of each once');
});

test('a worker out of service that was lost, or is called back, registers before it serves', async () => {
  const { machine, c } = await running({ 'alluxio.master.worker.timeout': '1min' });
  const a = await newBlock(c, '/a');
  const worker = await new FakeWorker(c, 'w', 1n).register();
  await worker.commit(a);
  const registry = registryOf(machine);
  const [state] = registry.decommission('w', undefined, true);
  registry.endDrain(state!);
  assert.notEqual(await worker.beat(), undefined, 'it is not called back');
  await machine.clock.advance(80_000);
  assert.equal(await worker.beat(), undefined);
  assert.deepEqual([registry.live().length, await placesOf(c, a)], [0, []]);
  await worker.register([a]);
  assert.deepEqual(await placesOf(c, a), [worker.id]);
  registry.endDrain(registry.decommission('w', undefined, false)[0]!);
  registry.enable('w', undefined);
  assert.equal(await worker.beat(), undefined, 'called back');
  // What is silent for long while it hands over what it has goes on with that.
  await worker.register([a]);
  registry.decommission('w', undefined, true);
  await machine.clock.advance(80_000);
  assert.deepEqual(await placesOf(c, a), []);
  assert.notEqual(await worker.beat(), undefined);
  assert.deepEqual([registry.decommissioned().length, await placesOf(c, a)], [1, [worker.id]]);
});
