import assert from 'node:assert/strict';
import { cp, open, readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { methodsOf } from '@alluvium/net';
import { nodeDisk, type Disk } from '@alluvium/platform';
import { blockWorker } from '@alluvium/wire';
import { PAGE_BYTES } from '@alluvium/worker/store/pages.js';
import { readBlockMethod } from '@alluvium/worker/transfer/read-codec.js';
import { cluster, temporaryDirectory, type Cluster } from '../fakes/cluster.js';
import { patterned, readBlock, ufsOptions } from '../fakes/client-calls.js';

const MIB = 1 << 20;
const PAGES = 12;
const { cache } = methodsOf(blockWorker.BlockWorkerDefinition);

interface Setup extends Cluster {
  readonly bytes: Buffer;
  readonly ufs: ReturnType<typeof ufsOptions>;
  /** Reads a range by itself, as positioned reads are, and compares it. */
  readonly range: (offset: number, length: number) => Promise<void>;
}

async function setup(
  t: Parameters<typeof cluster>[0],
  options: Parameters<typeof cluster>[1] = {},
  length = PAGES * PAGE_BYTES - 5,
): Promise<Setup> {
  const c = await cluster(t, options);
  const bytes = patterned(length);
  c.store.files.set('f', bytes);
  const ufs = ufsOptions('f', length);
  const range = async (offset: number, n: number): Promise<void> => {
    const read = await readBlock(c.channel, 9n, { offset, length: n, ufs, positionShort: true });
    assert.ok(bytes.subarray(offset, offset + n).equals(read), `bytes ${offset} to ${offset + n}`);
  };
  return Object.assign(c, { bytes, ufs, range });
}

test('a positioned read fetches the pages that it touches and no others, and they stay', async (t) => {
  const { store, range, master } = await setup(t);
  await range(3 * PAGE_BYTES + 7, PAGE_BYTES);
  assert.deepEqual(store.reads, [{ path: 'f', offset: 3 * PAGE_BYTES, length: 2 * PAGE_BYTES }]);
  await range(3 * PAGE_BYTES, 2 * PAGE_BYTES);
  assert.equal(store.bytesRead, 2 * PAGE_BYTES);
  await range(2 * PAGE_BYTES, 4 * PAGE_BYTES);
  assert.equal(store.bytesRead, 4 * PAGE_BYTES);
  assert.equal(store.looks, 1);
  assert.equal(master.committed.size, 0);
});

test('a few bytes somewhere are fetched by themselves, and their page when it is asked for again', async (t) => {
  const { store, range } = await setup(t);
  await range(5 * PAGE_BYTES + 100, 4096);
  assert.deepEqual(store.reads, [{ path: 'f', offset: 5 * PAGE_BYTES + 100, length: 4096 }]);
  await range(5 * PAGE_BYTES + 9000, 4096);
  await range(5 * PAGE_BYTES + 20_000, 4096);
  assert.equal(store.bytesRead, 4096 + PAGE_BYTES);
});

test('a block whose pages are all here is committed, whatever order they came in', async (t) => {
  const { channel, store, range, master, bytes, ufs } = await setup(t);
  for (const page of [7, 0, 11, 3, 1, 2, 4, 5, 10, 9, 8, 6])
    await range(page * PAGE_BYTES, Math.min(PAGE_BYTES, bytes.length - page * PAGE_BYTES));
  await master.until(() => master.committed.has(9n));
  assert.equal(master.committed.get(9n), BigInt(bytes.length));
  assert.equal(store.bytesRead, bytes.length);
  assert.ok(bytes.equals(await readBlock(channel, 9n, { length: bytes.length, ufs })));
  assert.equal(store.bytesRead, bytes.length);
});

test('readers of the same missing pages share one request for them', async (t) => {
  const { store, range } = await setup(t);
  const gate = Promise.withResolvers<void>();
  store.beforePart = () => gate.promise;
  const reads = [0, 1, 2, 3, 4].map(() => range(2 * PAGE_BYTES, 3 * PAGE_BYTES));
  reads.push(range(4 * PAGE_BYTES, 3 * PAGE_BYTES));
  gate.resolve();
  await Promise.all(reads);
  assert.equal(store.bytesRead, 5 * PAGE_BYTES);
});

test('a request to cache a block fetches what is missing of it', async (t) => {
  const { channel, store, range, master, bytes, ufs } = await setup(t);
  await range(2 * PAGE_BYTES, 3 * PAGE_BYTES);
  await range(7 * PAGE_BYTES, 20_000);
  await channel.unary(cache, {
    blockId: 9n,
    length: BigInt(bytes.length),
    openUfsBlockOptions: ufs,
    sourceHost: 'localhost',
    sourcePort: 29999,
  });
  assert.equal(store.bytesRead, bytes.length);
  assert.equal(master.committed.get(9n), BigInt(bytes.length));
  await range(0, bytes.length);
  assert.equal(store.bytesRead, bytes.length);
});

test('a client that has read a part and asks for the rest in the background keeps what it has read', async (t) => {
  const { channel, store, range, bytes, ufs } = await setup(t);
  const request = { blockId: 9n, length: BigInt(bytes.length), openUfsBlockOptions: ufs, sourceHost: 'localhost', sourcePort: 29999 };
  await range(2 * PAGE_BYTES, 3 * PAGE_BYTES);
  await channel.unary(cache, { ...request, async: true });
  await range(2 * PAGE_BYTES, 3 * PAGE_BYTES);
  await range(7 * PAGE_BYTES, PAGE_BYTES);
  assert.equal(store.bytesRead, 4 * PAGE_BYTES);
});

test('a read with no_cache uses the pages that are here and keeps none', async (t) => {
  const { channel, store, range, bytes, ufs } = await setup(t);
  await range(2 * PAGE_BYTES, 2 * PAGE_BYTES);
  const noCache = { ...ufs, noCache: true };
  const read = (offset: number, length: number) => readBlock(channel, 9n, { offset, length, ufs: noCache, positionShort: true });
  assert.ok(bytes.subarray(2 * PAGE_BYTES, 4 * PAGE_BYTES).equals(await read(2 * PAGE_BYTES, 2 * PAGE_BYTES)));
  assert.equal(store.bytesRead, 2 * PAGE_BYTES);
  for (const times of [1, 2]) {
    assert.ok(bytes.subarray(5 * PAGE_BYTES, 7 * PAGE_BYTES).equals(await read(5 * PAGE_BYTES, 2 * PAGE_BYTES)));
    assert.equal(store.bytesRead, (2 + 2 * times) * PAGE_BYTES);
  }
});

test('a client that reads in order and stops early costs little more than what it took', async (t) => {
  const length = 64 * MIB;
  const { channel, store, bytes, ufs } = await setup(t, { ramdisk: '200MB' }, length);
  const from = 10 * MIB;
  const taken = await takeInOrder(channel, { from, bytes: 12 * MIB, ufs, length });
  assert.ok(bytes.subarray(from, from + taken.length).equals(taken));
  assert.ok(store.bytesRead <= 1.2 * taken.length + 2 * PAGE_BYTES, `${store.bytesRead} bytes fetched for ${taken.length}`);
});

test('a client that takes runs of one length gets the next ones in few requests', async (t) => {
  const length = 64 * MIB;
  const { channel, store, ufs } = await setup(t, { ramdisk: '200MB' }, length);
  const requests: number[] = [];
  let fetched = 0;
  for (let run = 0; run < 6; run++) {
    const before = store.reads.length;
    fetched += (await takeInOrder(channel, { from: (10 * run + 1) * MIB, bytes: 4 * MIB, ufs, length })).length;
    requests.push(store.reads.length - before);
  }
  assert.ok(requests.at(-1)! * 2 < requests[0]!, `requests by run: ${requests.join()}`);
  assert.ok(store.bytesRead <= 1.2 * fetched + 12 * PAGE_BYTES, `${store.bytesRead} bytes fetched for ${fetched}`);
});

test('pages are found again after a restart, and only what is missing is fetched', async (t) => {
  const c = await setup(t);
  await c.range(PAGE_BYTES, 3 * PAGE_BYTES);
  await c.range(9 * PAGE_BYTES, 2 * PAGE_BYTES);
  await c.restart();
  await c.range(PAGE_BYTES, 3 * PAGE_BYTES);
  assert.equal(c.store.bytesRead, 5 * PAGE_BYTES);
  assert.ok(c.bytes.equals(await readBlock(c.channel, 9n, { length: c.bytes.length, ufs: c.ufs })));
  assert.equal(c.store.bytesRead, c.bytes.length);
  await c.master.until(() => c.master.committed.has(9n));
  assert.deepEqual(await readdir(`${c.directory}/alluxioworker/.partial`), []);
});

test('what a killed worker leaves of pages is served as what was fetched, or fetched again', async (t) => {
  const c = await setup(t);
  await c.range(PAGE_BYTES, 3 * PAGE_BYTES);
  await c.restart();
  // What is on the disk now says less than what is here a moment later.
  await c.range(6 * PAGE_BYTES, 2 * PAGE_BYTES);
  const left = await temporaryDirectory(t);
  await cp(c.directory, left, { recursive: true });
  const folder = `${left}/alluxioworker/.partial`;
  const pages = (await readdir(folder)).find((name) => !name.endsWith('.meta'))!;
  // The power went before this page reached the disk, and an end of the file with it.
  await using file = await open(`${folder}/${pages}`, 'r+');
  await file.write(Buffer.alloc(PAGE_BYTES), 0, PAGE_BYTES, 2 * PAGE_BYTES);
  await file.truncate(3 * PAGE_BYTES + 100);
  const other = await setup(t, { directory: left });
  await other.range(PAGE_BYTES, PAGE_BYTES);
  assert.equal(other.store.bytesRead, 0);
  await other.range(0, c.bytes.length);
  assert.equal(other.store.bytesRead, c.bytes.length - PAGE_BYTES);
  assert.equal(other.worker.counters.pagesDamaged, 2);
});

for (const failing of ['read', 'write'] as const)
  test(`a disk that fails to ${failing} pages costs their readers nothing`, async (t) => {
    const disk = nodeDisk();
    let isFailing = false;
    const fails = (): boolean => isFailing;
    const failingDisk: Disk = {
      ...bound(disk),
      open: async (path, access, mode) => {
        const file = await disk.open(path, access, mode);
        if (!path.includes('/.partial/')) return file;
        const use = file[failing].bind(file) as (...args: unknown[]) => Promise<unknown>;
        Object.defineProperty(file, failing, {
          value: async (...args: unknown[]) => {
            if (fails()) throw fail('dataLoss', 'EIO');
            return use(...args);
          },
        });
        return file;
      },
    };
    const { range, bytes } = await setup(t, { disk: failingDisk });
    await range(0, 3 * PAGE_BYTES);
    isFailing = true;
    await range(0, bytes.length);
    await range(2 * PAGE_BYTES, PAGE_BYTES);
    isFailing = false;
    await range(0, bytes.length);
  });

test('pages of files that are freed or deleted go, where the worker hears of it', async (t) => {
  const { store, range, master, directory } = await setup(t);
  await range(2 * PAGE_BYTES, 3 * PAGE_BYTES);
  await master.order({ free: { blockIds: [9n, 10n], pagesOnly: true } });
  const folder = `${directory}/alluxioworker/.partial`;
  while ((await readdir(folder)).length > 0) await new Promise((resolve) => setImmediate(resolve));
  await range(2 * PAGE_BYTES, 3 * PAGE_BYTES);
  assert.equal(store.bytesRead, 6 * PAGE_BYTES);
});

test('pages make room for others, and are fetched again', async (t) => {
  const c = await setup(t, { ramdisk: `${6 * PAGE_BYTES}` });
  await c.range(0, 4 * PAGE_BYTES);
  const other = patterned(5 * PAGE_BYTES, 3);
  c.store.files.set('g', other);
  const read = await readBlock(c.channel, 33n, { length: other.length, ufs: ufsOptions('g', other.length) });
  assert.ok(other.equals(read));
  await c.master.until(() => c.master.committed.has(33n));
  const before = c.store.bytesRead;
  await c.range(0, PAGE_BYTES);
  assert.ok(c.store.bytesRead > before);
});

test('a store that is slow, fails or ends a body early costs the reader no wrong byte', async (t) => {
  const { store, range } = await setup(t);
  let calls = 0;
  store.beforePart = () => {
    if (++calls % 3 === 0) throw fail('unavailable', '503 SlowDown');
  };
  for (let page = 0; page < 8; page += 2)
    await range(page * PAGE_BYTES + 3, PAGE_BYTES).catch((error: unknown) => assert.match(String(error), /503/));
  store.beforePart = undefined;
  store.truncate = 10;
  await assert.rejects(range(8 * PAGE_BYTES, 3 * PAGE_BYTES), { kind: 'unavailable', message: /gave/ });
  store.truncate = PAGE_BYTES + 10;
  await range(8 * PAGE_BYTES, 3 * PAGE_BYTES);
  store.truncate = undefined;
  await range(0, 12 * PAGE_BYTES - 5);
});

test('a file that goes while it is read is not found, and its pages are not kept', async (t) => {
  const { store, range, bytes } = await setup(t);
  await range(0, 2 * PAGE_BYTES);
  store.files.delete('f');
  await assert.rejects(range(4 * PAGE_BYTES, PAGE_BYTES), { kind: 'notFound' });
  store.files.set('f', bytes);
  await range(0, 12 * PAGE_BYTES - 5);
});

/** The methods of a disk as an object of their own. */
function bound(disk: Disk): Disk {
  const names = [
    'makeDirectory',
    'list',
    'stat',
    'open',
    'readFile',
    'rename',
    'remove',
    'removeDirectory',
    'syncDirectory',
    'space',
  ] as const;
  return Object.fromEntries(names.map((name) => [name, (disk[name] as (...args: never[]) => unknown).bind(disk)])) as unknown as Disk;
}

interface Taking {
  readonly from: number;
  readonly bytes: number;
  readonly ufs: ReturnType<typeof ufsOptions>;
  readonly length: number;
}

/** As Java clients read: asked for up to the end of the block, each chunk acknowledged, closed when there is enough. */
async function takeInOrder(channel: Cluster['channel'], { from, bytes, ufs, length }: Taking): Promise<Buffer> {
  const stream = channel.stream(readBlockMethod);
  const request = { blockId: 9n, offset: BigInt(from), length: BigInt(length - from), openUfsBlockOptions: ufs };
  await stream.write(request);
  const parts: Uint8Array[] = [];
  let taken = 0;
  while (taken < bytes) {
    const chunk = await stream.read();
    if (chunk === undefined) break;
    parts.push(...chunk.parts);
    taken += chunk.length;
    if (taken < bytes) await stream.write({ ...request, offsetReceived: BigInt(from + taken) });
  }
  stream.end();
  while ((await stream.read()) !== undefined);
  return Buffer.concat(parts);
}
