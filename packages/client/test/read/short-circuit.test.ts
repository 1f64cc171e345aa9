import { fail } from '@alluvium/base';
import type { ClientOptions, FileSystem } from '@alluvium/client';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster } from '../fakes/fake-cluster.js';
import { FakeMachine } from '../fakes/fake-machine.js';
import type { FakeWorker } from '../fakes/fake-worker.js';
import { bytesOf, MIB, patterned, rejectsWith } from '../suite/world.js';

const BLOCK = 2 * MIB;
const BYTES = patterned(2 * BLOCK + 1000);

interface World {
  readonly cluster: FakeCluster;
  readonly machine: FakeMachine;
  readonly near: FakeWorker;
  readonly far: FakeWorker;
  readonly ids: readonly bigint[];
  readonly fs: FileSystem;
}

/** A file of three blocks that a worker on this machine and one elsewhere have. */
async function world(options: Partial<ClientOptions> = {}): Promise<World> {
  const cluster = await FakeCluster.start();
  const machine = new FakeMachine();
  const [near, far] = [await cluster.worker('near'), await cluster.worker('far')];
  near.machine = machine;
  const holders = ['near', 'far'];
  const ids = cluster.file('/f', BYTES, BLOCK, [holders, holders, holders]);
  ids.forEach((id, i) => [near, far].forEach((worker) => worker.blocks.set(id, BYTES.subarray(i * BLOCK, (i + 1) * BLOCK))));
  return { cluster, machine, near, far, ids, fs: await cluster.connect({ localHost: 'near', machine, ...options }) };
}

async function read({ cluster, fs }: World): Promise<Buffer> {
  const file = await cluster.run(fs.open('/f'));
  const bytes = await cluster.run(bytesOf(file));
  await file.close();
  await cluster.clock.advance(1);
  return bytes;
}

test('blocks of a worker on this machine are read from their files', async () => {
  const w = await world();
  assert.ok((await read(w)).equals(BYTES));
  assert.deepEqual([w.near.reads.length, w.far.reads.length], [0, 0]);
  assert.deepEqual(
    w.near.localOpens.map(({ blockId, promote }) => [blockId, promote]),
    w.ids.map((id) => [id, false]),
  );
  assert.deepEqual([w.machine.openNow, w.near.held], [0, 0], 'a closed file holds nothing');
});

test('positioned reads share the open file of their block, which is let go when it lies idle', async () => {
  const w = await world();
  const file = await w.cluster.run(w.fs.open('/f', { readType: 'CACHE_PROMOTE' }));
  const at = async (offset: number): Promise<void> => {
    const into = new Uint8Array(100);
    assert.equal(await w.cluster.run(file.readAt(BigInt(offset), into)), 100);
    assert.deepEqual(Buffer.from(into), BYTES.subarray(offset, offset + 100));
  };
  await Promise.all([at(5), at(MIB), at(77)]);
  await at(1234);
  assert.deepEqual([w.near.localOpens.length, w.machine.opened, w.near.held], [1, 1, 1]);
  assert.equal(w.near.localOpens[0]!.promote, true);
  await w.cluster.clock.advance(10_001);
  assert.deepEqual([w.machine.openNow, w.near.held], [0, 0]);
  await at(9);
  assert.equal(w.near.localOpens.length, 2);
});

test('few blocks of a file are held at a time', async () => {
  const w = await world();
  const many = patterned(20 * 1000);
  const ids = w.cluster.file(
    '/many',
    many,
    1000,
    Array.from({ length: 20 }, () => ['near']),
  );
  ids.forEach((id, i) => w.near.blocks.set(id, many.subarray(i * 1000, (i + 1) * 1000)));
  w.machine.files.clear();
  const file = await w.cluster.run(w.fs.open('/many'));
  assert.deepEqual(await w.cluster.run(bytesOf(file)), many);
  await w.cluster.clock.advance(1);
  assert.ok(w.near.held <= 4, `${w.near.held} are held`);
  await w.cluster.run(file.close());
  await w.cluster.clock.advance(1);
  assert.deepEqual([w.machine.openNow, w.near.held], [0, 0]);
});

const STREAMED: readonly (readonly [string, Partial<ClientOptions>, ((w: World) => void)?])[] = [
  ['the worker lets nobody at its files', {}, (w) => (w.near.machine = undefined)],
  ['its files cannot be opened', {}, (w) => (w.machine.forbids = true)],
  ['it is switched off', { properties: { 'alluxio.user.short.circuit.enabled': 'false' } }],
  ['its file ends too early', {}, (w) => w.ids.forEach((id) => w.machine.files.set(`/tier/${id}`, Buffer.alloc(10)))],
  ['its file cannot be read to the end', {}, (w) => (w.machine.failsAt = (offset) => offset > 0)],
];

for (const [why, options, prepare] of STREAMED)
  test(`the worker on this machine streams the bytes when ${why}`, async () => {
    const w = await world(options);
    prepare?.(w);
    assert.ok((await read(w)).equals(BYTES));
    assert.ok(w.near.reads.length > 0);
    assert.equal(w.far.reads.length, 0, 'that is no failure of the worker');
    assert.deepEqual([w.machine.openNow, w.near.held], [0, 0]);
  });

test('a worker whose files could not be opened is not asked for the next one', async () => {
  const w = await world();
  w.machine.forbids = true;
  await read(w);
  assert.equal(w.near.localOpens.length, 1);
  await w.cluster.clock.advance(31_000);
  w.machine.forbids = false;
  await read(w);
  assert.ok(w.near.localOpens.length > 1, 'for a while');
});

test('no other file of this machine is opened on the word of a worker', async () => {
  const w = await world();
  const secret = '/etc/secret';
  w.machine.files.set(secret, patterned(BLOCK, 9));
  for (const id of w.ids) w.near.pathOf.set(id, secret);
  assert.ok((await read(w)).equals(BYTES));
  assert.equal(w.machine.opened, 0);
});

test('with a domain socket files are opened only when that is preferred', async () => {
  for (const preferred of ['false', 'true']) {
    const w = await world({ properties: { 'alluxio.user.short.circuit.preferred': preferred } });
    w.cluster.publish('/f', { domainSocketPath: '/run/worker.sock' });
    assert.ok((await read(w)).equals(BYTES));
    assert.equal(w.near.localOpens.length > 0, preferred === 'true');
  }
});

test('a worker that ends lets go of the block; who reads it reads on', async () => {
  const w = await world();
  const file = await w.cluster.run(w.fs.open('/f'));
  const reading = file.chunks()[Symbol.asyncIterator]();
  const got = [(await w.cluster.run(reading.next())).value!];
  w.near.letGo();
  await w.cluster.clock.advance(1);
  for (let next = await w.cluster.run(reading.next()); next.done !== true; next = await w.cluster.run(reading.next())) got.push(next.value);
  assert.ok(Buffer.concat(got).equals(BYTES));
  await file.close();
  await w.cluster.clock.advance(1);
  assert.equal(w.machine.openNow, 0);
});

test('a worker that cannot be asked for its file is a failed worker', async () => {
  const w = await world();
  w.cluster.network.cut({ host: 'near', port: 29_999 });
  assert.ok((await read(w)).equals(BYTES));
  assert.deepEqual([w.near.localOpens.length, w.far.reads.length], [0, 3]);
});

test('an aborted read ends, and gives the block back', async () => {
  const w = await world();
  const file = await w.cluster.run(w.fs.open('/f'));
  const abort = new AbortController();
  const reading = file.chunks({ signal: abort.signal })[Symbol.asyncIterator]();
  await w.cluster.run(reading.next());
  abort.abort(fail('cancelled', 'enough'));
  await rejectsWith('cancelled', w.cluster.run(reading.next()));
  await file.close();
  await w.cluster.clock.advance(1);
  assert.deepEqual([w.machine.openNow, w.near.held], [0, 0]);
});
