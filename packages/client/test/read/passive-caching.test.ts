import type { ClientOptions, FileSystem } from '@alluvium/client';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster } from '../fakes/fake-cluster.js';
import type { FakeWorker } from '../fakes/fake-worker.js';
import { bytesOf, MIB, patterned } from '../suite/world.js';

const BYTES = patterned(2 * MIB);
const PERSISTED = { persisted: true, persistenceState: 'PERSISTED', ufsPath: 's3://b/f', mountId: 5n };

interface World {
  readonly cluster: FakeCluster;
  readonly workers: Readonly<Record<'near' | 'far' | 'farther', FakeWorker>>;
  readonly fs: FileSystem;
}

/** A file of two blocks that `holders` have, and that each worker can get. */
async function world(holders: readonly string[], info: object = PERSISTED, options: Partial<ClientOptions> = {}): Promise<World> {
  const cluster = await FakeCluster.start();
  const workers = { near: await cluster.worker('near'), far: await cluster.worker('far'), farther: await cluster.worker('farther') };
  const ids = cluster.file('/f', BYTES, MIB, [holders, holders], info);
  ids.forEach((id, i) => Object.values(workers).forEach((worker) => worker.blocks.set(id, BYTES.subarray(i * MIB, (i + 1) * MIB))));
  return { cluster, workers, fs: await cluster.connect({ localHost: 'near', ...options }) };
}

async function read({ cluster, fs }: World, whole: boolean, readType: 'CACHE' | 'NO_CACHE' = 'CACHE'): Promise<void> {
  const file = await cluster.run(fs.open('/f', { readType }));
  if (whole) await cluster.run(bytesOf(file));
  else for (const at of [10n, 20n]) await cluster.run(file.readAt(at, new Uint8Array(10)));
  await cluster.clock.advance(1);
}

/** Who was asked to cache how many blocks, from whom. */
function asked({ workers }: World): string[] {
  return Object.entries(workers).flatMap(([host, { cacheRequests }]) => [
    ...new Set(cacheRequests.map(({ sourceHost }) => `${host} from ${sourceHost} ${cacheRequests.length}`)),
  ]);
}

test('the worker on this machine is asked to keep a copy of what was read from another one, once', async () => {
  for (const whole of [true, false]) {
    const w = await world(['far']);
    await read(w, whole);
    assert.deepEqual(asked(w), [`near from far ${whole ? 2 : 1}`]);
    const [request] = w.workers.near.cacheRequests;
    assert.deepEqual([request!.async, request!.length, request!.openUfsBlockOptions?.ufsPath], [true, BigInt(MIB), 's3://b/f']);
  }
});

test('so it is for a file that is nowhere but in the cache', async () => {
  const w = await world(['far'], {});
  await read(w, true);
  assert.deepEqual(asked(w), ['near from far 2']);
  assert.deepEqual(w.workers.near.cacheRequests[0]!.openUfsBlockOptions?.ufsPath, undefined);
});

test('nobody is asked when the worker on this machine was read from', async () => {
  const w = await world(['near', 'far']);
  await read(w, true);
  await read(w, false);
  assert.deepEqual(asked(w), []);
});

test('of a block that nobody has the worker on this machine, through which it is read, is asked for the rest only', async () => {
  const w = await world([]);
  await read(w, true);
  assert.deepEqual(asked(w), []);
  await read(w, false);
  assert.deepEqual(asked(w), ['near from near 1']);
});

for (const [why, info, options, readType] of [
  ['as many workers have it as may', { ...PERSISTED, replicationMax: 1 }, {}, 'CACHE'],
  ['it is not to be cached', PERSISTED, {}, 'NO_CACHE'],
  ['passive caching is off', PERSISTED, { properties: { 'alluxio.user.file.passive.cache.enabled': 'false' } }, 'CACHE'],
  ['there is no worker on this machine', PERSISTED, { localHost: 'elsewhere' }, 'CACHE'],
] as const)
  test(`no copy is asked for when ${why}`, async () => {
    const w = await world(['far'], info, options);
    await read(w, true, readType);
    await read(w, false, readType);
    assert.deepEqual(asked(w), []);
  });

test('a copy is asked for while fewer workers have the block than may', async () => {
  const w = await world(['far'], { ...PERSISTED, replicationMax: 2 });
  await read(w, true);
  assert.deepEqual(asked(w), ['near from far 2']);
});

test('without passive caching the worker that was read through is asked for the rest', async () => {
  const w = await world([], PERSISTED, {
    properties: {
      'alluxio.user.file.passive.cache.enabled': 'false',
      'alluxio.user.ufs.block.read.location.policy': 'alluxio.client.block.policy.SpecificHostPolicy',
      'alluxio.worker.hostname': 'farther',
    },
  });
  await read(w, false);
  assert.deepEqual(asked(w), ['farther from farther 1']);
  assert.deepEqual([w.workers.near.reads.length, w.workers.far.reads.length], [0, 0], 'the policy has its say');
});
