// What operators ask of a cluster, with the client library against master and worker in this process.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileIdOfBlock, kindOf, type BlockId } from '@alluvium/base';
import { connect, type FileSystem } from '@alluvium/client';
import { Cluster } from './support/cluster.js';

let cluster: Cluster;
let fs: FileSystem;

before(async () => {
  cluster = new Cluster();
  await cluster.start();
  fs = await connect(cluster.master, { writeType: 'MUST_CACHE' });
  await write('/f', 'hello');
});

after(async () => {
  await fs.close();
  await cluster.remove();
});

async function write(path: string, text: string): Promise<void> {
  const file = await fs.create(path);
  await file.write(new TextEncoder().encode(text));
  await file.close();
}

async function fails(kind: string, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error: unknown) => kindOf(error) === kind);
}

test('the master, its workers and their space', async () => {
  const master = await fs.admin.master();
  assert.deepEqual(
    master.masters.map(({ state }) => state),
    ['PRIMARY'],
  );
  const capacity = await fs.admin.capacity();
  assert.deepEqual([capacity.liveWorkers, capacity.capacityBytes], [1, 16n << 20n]);
  assert.deepEqual(capacity.capacityBytesByTier, { MEM: 16n << 20n });
  const [worker] = await fs.admin.workers('LIVE');
  assert.deepEqual([worker!.state, worker!.capacityBytes], ['ACTIVE', 16n << 20n]);
  assert.deepEqual(await fs.admin.workers('LOST'), []);
  assert.equal((await fs.admin.workers([worker!.host])).length, 1);
  await fails('invalidArgument', fs.admin.workers(['nosuch']));
  assert.deepEqual(await fs.admin.proxies(), []);
});

test('servers of one process are configured alike, and no storage is lost', async () => {
  assert.deepEqual(await fs.admin.configurationCheck(), { status: 'PASSED', errors: [], warnings: [] });
  assert.deepEqual(await fs.admin.lostStorage(), []);
  assert.deepEqual(await fs.admin.lockHolders(), []);
});

test('a checkpoint is written, and a file found by the id of its block', async () => {
  assert.equal(await fs.admin.checkpoint(), 'localhost');
  const { fileId, blocks } = await fs.status('/f');
  assert.equal(await fs.admin.pathOf(fileIdOfBlock(blocks[0]!.blockId as BlockId)), '/f');
  assert.equal(await fs.admin.pathOf(fileId), '/f');
  await fails('notFound', fs.admin.pathOf(12345n));
});

test('what is read from the worker is counted by the master, and the counters can be cleared', async () => {
  const file = await fs.open('/f');
  for await (const chunk of file.chunks()) assert.equal(chunk.length, 5);
  await file.close();
  let read = 0;
  // The worker tells with its next heartbeat.
  for (let looks = 0; read === 0 && looks < 200; looks++) {
    read = Number((await fs.admin.metrics()).get('Cluster.BytesReadRemote'));
    if (read === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(read, 5);
  const [worker] = await fs.admin.workers('LIVE');
  await fs.admin.clearWorkerMetrics(worker!);
  await fs.admin.clearMetrics();
  assert.equal((await fs.admin.metrics()).get('Cluster.BytesReadRemote'), 0);
});

test('tasks are none, and none is cancelled', async () => {
  assert.deepEqual(await fs.admin.tasks(), []);
  await fails('notFound', fs.admin.task(99n));
  await fails('notFound', fs.admin.cancelTask(99n));
});

test('the namespace is examined as a task, and is healthy', async () => {
  const taskId = await fs.admin.doctor({ repair: true, checksPerSecond: 100_000 });
  let { task } = await fs.admin.task(taskId);
  while (task.state === 'RUNNING') ({ task } = await fs.admin.task(taskId));
  assert.deepEqual([task.kind, task.state, task.error], ['doctor', 'SUCCEEDED', undefined]);
  assert.ok(task.figures['inode-without-edge checked']! >= 1n);
  assert.ok(task.figures['location-of-unknown-block checked']! >= 1n, 'what the worker has too');
  assert.deepEqual(await fs.admin.findings(taskId), { findings: [], total: 0n, dropped: 0n });
  await fails('notFound', fs.admin.findings(taskId + 1n));
});

test('a file is replaced by a rename in one step, when it may be', async () => {
  await write('/old', 'old');
  await write('/new', 'newer');
  await fails('alreadyExists', fs.rename('/new', '/old'));
  await fs.rename('/new', '/old', { overwrite: true });
  assert.equal((await fs.status('/old')).lengthBytes, 5n);
  assert.equal(await fs.exists('/new'), false);
});

test('a worker that is out of service serves what only it has, is freed, and is nobody that can be written to', async () => {
  const [worker] = await fs.admin.workers('LIVE');
  await fs.admin.decommissionWorker(worker!.host, worker!.webPort);
  const [gone] = await fs.admin.workers('DECOMMISSIONED');
  assert.equal(gone!.state, 'Decommissioned');
  assert.equal((await fs.status('/f')).blocks[0]!.locations.length, 1);
  await fs.admin.decommissionWorker(worker!.host, worker!.webPort, { mayRegisterAgain: false });
  assert.equal((await fs.admin.workers('ALL'))[0]!.state, 'Disabled');
  await fs.admin.freeWorker(worker!);
  // There is nobody to hand anything over to, so it goes on until it is called off.
  await fs.admin.enableWorker(worker!.host, worker!.webPort);
  assert.equal((await fs.admin.workers('ALL'))[0]!.state, 'ACTIVE');
  await fails('notFound', fs.admin.decommissionWorker('nosuch', 30000));
});
