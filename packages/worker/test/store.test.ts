import assert from 'node:assert/strict';
import { readdir, readFile, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import type { BlockId } from '@alluvium/base';
import { nodeClock, nodeDisk, silentLogger } from '@alluvium/platform';
import type { Block } from '@alluvium/worker/store/block.js';
import { BlockStore } from '@alluvium/worker/store/block-store.js';
import type { RemovalReason } from '@alluvium/worker/store/resident.js';
import { StorageDirectory } from '@alluvium/worker/store/storage-directory.js';
import { patterned } from './fakes/client-calls.js';
import { temporaryDirectory } from './fakes/cluster.js';

const MIB = 1 << 20;

interface Opened {
  readonly store: BlockStore;
  readonly directory: StorageDirectory;
  readonly removed: [bigint, RemovalReason][];
}

async function open(path: string, capacityBytes = 64 * MIB, isProtected: (block: Block) => boolean = () => false): Promise<Opened> {
  const directory = new StorageDirectory({ path, tierAlias: 'MEM', mediumType: 'MEM', capacityBytes, dataFolder: 'alluxioworker' });
  const removed: [bigint, RemovalReason][] = [];
  const store = new BlockStore({
    clock: nodeClock,
    disk: nodeDisk(),
    log: silentLogger,
    directories: [directory],
    folderMode: 0o777,
    isProtected,
    workerName: () => 'here/<unresolved>:29999',
    listener: { committed() {}, recovered() {}, removed: (id, why) => removed.push([id, why]) },
  });
  await store.open();
  return { store, directory, removed };
}

async function put(store: BlockStore, id: number, bytes: Buffer, pinned = false): Promise<void> {
  const temp = await store.createTemp({ id: BigInt(id) as BlockId, session: 99n, reserveBytes: bytes.length, pinned });
  await temp.write([bytes]);
  store.release(await temp.commit());
}

async function content(store: BlockStore, id: number): Promise<Buffer> {
  const reader = await store.read(BigInt(id) as BlockId);
  try {
    const out = Buffer.alloc(reader.block.length);
    await reader.file.read(out, 0);
    return out;
  } finally {
    reader.close();
  }
}

const ids = (store: BlockStore): bigint[] => [...store.blocks()].map((block) => block.id);
const files = async (t: { path: string }): Promise<string[]> =>
  (await readdir(`${t.path}/alluxioworker`)).filter((name) => /^\d/.test(name)).sort();

async function fresh(t: TestContext, capacityBytes?: number, isProtected?: (block: Block) => boolean): Promise<Opened & { path: string }> {
  const path = await temporaryDirectory(t);
  return { ...(await open(path, capacityBytes, isProtected)), path };
}

test('a restart keeps committed blocks and drops what was being written', async (t) => {
  const a = await fresh(t);
  const bytes = patterned(2 * MIB + 3);
  await put(a.store, 1, bytes, true);
  const temp = await a.store.createTemp({ id: 2n as BlockId, session: 0x18cf09db513bfaecn, reserveBytes: 10 });
  await temp.write([Buffer.from('half')]);
  assert.equal(temp.path, `${a.path}/alluxioworker/.tmp_blocks/${0x18cf09db513bfaecn % 1024n}/18cf09db513bfaec-2`);
  const b = await open(a.path);
  assert.deepEqual(ids(b.store), [1n]);
  assert.ok(bytes.equals(await content(b.store, 1)));
  assert.equal(b.store.get(1n as BlockId)?.pinned, true, 'a pin by the writer lasts');
  assert.equal(b.directory.usedBytes, bytes.length);
  await assert.rejects(stat(temp.path), { code: 'ENOENT' });
});

test('generations grow over restarts', async (t) => {
  const a = await fresh(t);
  await put(a.store, 1, patterned(10));
  await put(a.store, 2, patterned(10));
  const b = await open(a.path);
  await put(b.store, 3, patterned(10));
  const generations = [1n, 2n, 3n].map((id) => b.store.get(id as BlockId)!.generation);
  assert.ok(generations[0]! < generations[1]! && generations[1]! < generations[2]!, generations.join());
});

test('a block whose sidecar does not vouch for it is dropped at start (D 26)', async (t) => {
  const a = await fresh(t);
  for (const id of [1, 2, 3, 4, 5]) await put(a.store, id, patterned(1000, id));
  const root = `${a.path}/alluxioworker`;
  const sidecar = await readFile(`${root}/.meta/1`);
  sidecar[9]! ^= 1;
  await writeFile(`${root}/.meta/1`, sidecar);
  await truncate(`${root}/2`, 999);
  await writeFile(`${root}/3`, patterned(1001, 3));
  await unlink(`${root}/.meta/4`);
  await writeFile(`${root}/notes.txt`, 'not ours');
  await writeFile(`${root}/.meta/77`, 'a sidecar of nothing');
  await writeFile(`${root}/6`, '');
  const b = await open(a.path);
  assert.deepEqual(ids(b.store), [5n]);
  assert.deepEqual(await files(a), ['5']);
  assert.deepEqual(await readdir(`${root}/.meta`), ['5']);
  assert.equal(await readFile(`${root}/notes.txt`, 'utf8'), 'not ours');
  assert.equal(b.directory.usedBytes, 1000);
});

test('the least recently used block makes room', async (t) => {
  const { store, directory, removed, path } = await fresh(t, 3 * MIB);
  for (const id of [1, 2, 3]) await put(store, id, patterned(MIB, id));
  await content(store, 1);
  await put(store, 4, patterned(MIB, 4));
  assert.deepEqual(removed, [[2n, 'evicted']]);
  assert.deepEqual(await files({ path }), ['1', '3', '4']);
  assert.equal(directory.usedBytes, 3 * MIB);
});

test('pinned, open and unfinished blocks are never victims; then the writer is refused in the words of Alluxio (D 20)', async (t) => {
  const { store, removed } = await fresh(t, 3 * MIB, (block) => block.id === 1n);
  await put(store, 1, patterned(MIB, 1));
  await put(store, 2, patterned(MIB, 2));
  const reader = await store.read(2n as BlockId);
  const temp = await store.createTemp({ id: 3n as BlockId, session: 1n, reserveBytes: MIB });
  await assert.rejects(store.createTemp({ id: 4n as BlockId, session: 1n, reserveBytes: 1 }), {
    kind: 'resourceExhausted',
    message:
      'Not enough space left on worker here/<unresolved>:29999 to store blockId 4. Please consult https://docs.alluxio.io/os/user/2.9/en/operation/Troubleshooting.html for common solutions to address this problem.',
  });
  assert.deepEqual(removed, []);
  await temp.write([patterned(MIB)]);
  await assert.rejects(temp.write([Buffer.alloc(1)]), { kind: 'resourceExhausted' });
  await temp.abort();
  reader.close();
  await put(store, 4, patterned(2 * MIB, 4));
  assert.deepEqual(removed, [[2n, 'evicted']]);
});

test('a request that cannot be met evicts nothing', async (t) => {
  const { store, removed } = await fresh(t, 3 * MIB);
  await put(store, 1, patterned(MIB));
  await assert.rejects(store.createTemp({ id: 2n as BlockId, session: 1n, reserveBytes: 4 * MIB }), { kind: 'resourceExhausted' });
  await assert.rejects(store.createTemp({ id: 2n as BlockId, session: 1n, reserveBytes: -1 }), { kind: 'invalidArgument' });
  assert.deepEqual(removed, []);
});

test('writers that race for the last room never get more than there is', async (t) => {
  const { store, directory } = await fresh(t, 4 * MIB);
  for (const id of [1, 2, 3, 4]) await put(store, id, patterned(MIB, id));
  const outcomes = await Promise.allSettled(
    [11, 12, 13].map((id) => store.createTemp({ id: BigInt(id) as BlockId, session: 1n, reserveBytes: 2 * MIB })),
  );
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status),
    ['fulfilled', 'fulfilled', 'rejected'],
  );
  assert.equal(directory.usedBytes, 4 * MIB);
  for (const outcome of outcomes) if (outcome.status === 'fulfilled') await outcome.value.abort();
  assert.equal(directory.usedBytes, 0);
});

test('a commit gives back what was reserved and not used', async (t) => {
  const { store, directory } = await fresh(t);
  const temp = await store.createTemp({ id: 1n as BlockId, session: 1n, reserveBytes: 10 * MIB });
  assert.equal(directory.usedBytes, 10 * MIB);
  await temp.write([Buffer.from('abc')]);
  store.release(await temp.commit());
  assert.equal(directory.usedBytes, 3);
});

test('one id has one writer and one copy', async (t) => {
  const { store } = await fresh(t);
  const temp = await store.createTemp({ id: 1n as BlockId, session: 1n, reserveBytes: 1 });
  await assert.rejects(store.createTemp({ id: 1n as BlockId, session: 2n, reserveBytes: 1 }), {
    kind: 'internal',
    message: 'Temp blockId 1 is not available, because it already exists',
  });
  store.release(await temp.commit());
  await assert.rejects(store.createTemp({ id: 1n as BlockId, session: 2n, reserveBytes: 1 }), {
    kind: 'internal',
    message: 'Temp blockId 1 is not available, because it is already committed',
  });
});

test('removal waits for readers; new readers find nothing', async (t) => {
  const { store, directory, path } = await fresh(t);
  const bytes = patterned(1000);
  await put(store, 1, bytes);
  const reader = await store.read(1n as BlockId);
  let isGone = false;
  const gone = store.remove(1n as BlockId).then(() => (isGone = true));
  await assert.rejects(store.read(1n as BlockId), { kind: 'notFound', message: 'BlockMeta not found for blockId 1' });
  const out = Buffer.alloc(1000);
  await reader.file.read(out, 0);
  assert.ok(bytes.equals(out));
  assert.deepEqual(await files({ path }), ['1']);
  assert.equal(isGone, false);
  reader.close();
  reader.close();
  await gone;
  assert.deepEqual(await files({ path }), []);
  assert.equal(directory.usedBytes, 0);
  await put(store, 1, bytes);
});

test('a block file that went away or changed its length is not served (D 26, 31)', async (t) => {
  const { store, removed, path } = await fresh(t);
  for (const id of [1, 2]) await put(store, id, patterned(100_000, id));
  await unlink(`${path}/alluxioworker/1`);
  await truncate(`${path}/alluxioworker/2`, 99_999);
  for (const id of [1n, 2n]) await assert.rejects(store.read(id as BlockId), { kind: 'notFound' });
  assert.deepEqual(removed, [
    [1n, 'damaged'],
    [2n, 'damaged'],
  ]);
});

test('one flipped bit does not make the blocks those of another cluster', async (t) => {
  const { store, path } = await fresh(t);
  await store.belongTo('0b54c2f2-a0f8-4b29-a2a6-2bd0b1b4a001');
  await put(store, 1, patterned(100));
  const note = `${path}/alluxioworker/.meta/cluster`;
  const whole = await readFile(note);
  for (let at = 0; at < whole.length * 8; at++) {
    const flipped = Buffer.from(whole);
    flipped[at >> 3]! ^= 1 << (at & 7);
    await writeFile(note, flipped);
    const { store: again } = await open(path);
    await again.belongTo('0b54c2f2-a0f8-4b29-a2a6-2bd0b1b4a001');
    assert.deepEqual(ids(again), [1n], `bit ${at}`);
  }
  await writeFile(note, whole.fill('x'));
  const { store: damaged, removed } = await open(path);
  await damaged.belongTo('0b54c2f2-a0f8-4b29-a2a6-2bd0b1b4a001');
  assert.deepEqual([ids(damaged), removed], [[], [[1n, 'directoryLost']]], 'a damaged note sets its directory aside');
  assert.deepEqual(await files({ path }), ['1'], 'and nothing in it is touched');
  await writeFile(note, 'another\n');
  const { store: former } = await open(path);
  await former.belongTo('0b54c2f2-a0f8-4b29-a2a6-2bd0b1b4a001');
  assert.deepEqual(ids(former), [], 'of another cluster, as the first versions noted it');
});
