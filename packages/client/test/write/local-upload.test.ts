import { fail } from '@alluvium/base';
import type { ClientOptions, FileSystem } from '@alluvium/client';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster } from '../fakes/fake-cluster.js';
import { FakeMachine } from '../fakes/fake-machine.js';
import type { FakeWorker } from '../fakes/fake-worker.js';
import { MIB, patterned } from '../suite/world.js';

const BLOCK = 5 * MIB;
const BYTES = patterned(BLOCK + 100);

interface World {
  readonly cluster: FakeCluster;
  readonly machine: FakeMachine;
  readonly near: FakeWorker;
  readonly far: FakeWorker;
  readonly fs: FileSystem;
}

async function world(options: Partial<ClientOptions> = {}): Promise<World> {
  const cluster = await FakeCluster.start();
  const machine = new FakeMachine();
  const [near, far] = [await cluster.worker('near'), await cluster.worker('far')];
  near.machine = machine;
  return { cluster, machine, near, far, fs: await cluster.connect({ localHost: 'near', machine, ...options }) };
}

async function write({ cluster, fs }: World, bytes = BYTES, blockSize = BLOCK): Promise<void> {
  const file = await cluster.run(fs.create('/f', { writeType: 'ASYNC_THROUGH', blockSizeBytes: BigInt(blockSize) }));
  await cluster.run(file.write(bytes));
  await cluster.run(file.close());
  await cluster.clock.advance(1);
}

function blocksOf(...workers: readonly FakeWorker[]): Buffer {
  const all = new Map(workers.flatMap(({ blocks }) => [...blocks]));
  return Buffer.concat([...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, bytes]) => bytes));
}

test('blocks go into files of the worker on this machine, with their space reserved before', async () => {
  const w = await world();
  await write(w);
  assert.ok(blocksOf(w.near).equals(BYTES));
  assert.deepEqual(
    w.near.localCreates.map(({ tier, spaceToReserve, pinOnCreate, mediumType, onlyReserveSpace }) => [
      tier,
      spaceToReserve,
      pinOnCreate,
      mediumType,
      onlyReserveSpace,
    ]),
    [BigInt(BLOCK), 100n].map((bytes) => [0, bytes, true, '', undefined]),
  );
  assert.deepEqual([w.near.uploads.length, w.machine.openNow], [0, 0]);
});

test('a block that outgrows its reservation asks for more', async () => {
  const w = await world();
  w.near.spaceBytes = BigInt(12 * MIB);
  w.far.spaceBytes = 0n;
  // Nobody has room for a whole block; for the first chunk there is, and for what it grows by.
  await write(w, patterned(9 * MIB), 16 * MIB);
  assert.ok(blocksOf(w.near).equals(patterned(9 * MIB)));
  assert.deepEqual(
    w.near.localCreates.map(({ spaceToReserve, onlyReserveSpace }) => [spaceToReserve, onlyReserveSpace]),
    [
      [BigInt(16 * MIB), undefined],
      [BigInt(MIB), undefined],
      [BigInt(8 * MIB), true],
    ],
  );
});

const STREAMED: readonly (readonly [string, Partial<ClientOptions>, ((w: World) => void)?])[] = [
  ['the worker lets nobody at its files', {}, (w) => (w.near.machine = undefined)],
  ['its files cannot be opened', {}, (w) => (w.machine.forbids = true)],
  ['it is switched off', { properties: { 'alluxio.user.short.circuit.enabled': 'false' } }],
];

for (const [why, options, prepare] of STREAMED)
  test(`blocks are streamed to the worker on this machine when ${why}`, async () => {
    const w = await world(options);
    prepare?.(w);
    await write(w);
    assert.ok(blocksOf(w.near).equals(BYTES));
    assert.deepEqual([w.far.uploads.length, w.machine.openNow], [0, 0]);
  });

for (const [what, prepare] of [
  ['its file cannot be written to', (w: World) => (w.machine.failsAt = (offset) => offset >= 3 * MIB)],
  ['it dies before it has taken the block', (w: World) => (w.near.commitFailure = fail('unavailable', 'the worker dies'))],
  ['it has no room', (w: World) => (w.near.spaceBytes = 10n)],
] as const)
  test(`a block goes to another worker, whole, when ${what}`, async () => {
    const w = await world();
    prepare(w);
    await write(w);
    assert.ok(blocksOf(w.near, w.far).equals(BYTES));
    assert.ok([...w.far.blocks.values()].some((block) => block.equals(BYTES.subarray(0, BLOCK))));
    assert.equal(w.machine.openNow, 0);
  });

test('what is given up is dropped by the worker', async () => {
  const w = await world();
  const file = await w.cluster.run(w.fs.create('/f', { writeType: 'MUST_CACHE' }));
  await w.cluster.run(file.write(patterned(3 * MIB)));
  assert.equal(w.machine.openNow, 1);
  await w.cluster.run(file.abort());
  await w.cluster.clock.advance(1);
  assert.deepEqual([w.machine.openNow, w.near.blocks.size], [0, 0]);
});
