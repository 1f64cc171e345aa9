import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { readBlockMethod } from '@alluvium/worker/transfer/read-codec.js';
import { cluster } from './fakes/cluster.js';
import { patterned, readBlock, ufsOptions } from './fakes/client-calls.js';

const MIB = 1 << 20;

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

test('readers of the same uncached block share one fetch', async (t) => {
  const { channel, store, master } = await cluster(t);
  const bytes = patterned(5 * MIB + 1);
  store.files.set('f', bytes);
  const ufs = ufsOptions('f', bytes.length);
  const reads = await Promise.all([1, 2, 3, 4].map(() => readBlock(channel, 9n, { length: bytes.length, ufs })));
  for (const read of reads) assert.ok(bytes.equals(read));
  assert.equal(store.bytesRead, bytes.length);
  assert.equal(master.committed.get(9n), BigInt(bytes.length));
});

test('no_cache leaves no copy', async (t) => {
  const { channel, store, master } = await cluster(t);
  const bytes = patterned(2 * MIB);
  store.files.set('f', bytes);
  const ufs = { ...ufsOptions('f', bytes.length), noCache: true };
  for (let times = 1; times <= 2; times++) {
    assert.ok(bytes.equals(await readBlock(channel, 9n, { length: bytes.length, ufs })));
    assert.equal(store.bytesRead, times * bytes.length);
  }
  assert.equal(master.committed.size, 0);
});

for (const ramdisk of ['1KB', '3MB']) {
  test(`a block that the cache has no room for is read all the same (${ramdisk})`, async (t) => {
    const { channel, store, master } = await cluster(t, { ramdisk });
    const bytes = patterned(8 * MIB + 3);
    store.files.set('f', bytes);
    assert.ok(bytes.equals(await readBlock(channel, 9n, { length: bytes.length, ufs: ufsOptions('f', bytes.length) })));
    assert.equal(master.committed.size, 0);
  });
}

test('a read that ends early leaves no whole block, and stops the store', async (t) => {
  const { channel, store, master } = await cluster(t);
  const bytes = patterned(40 * MIB);
  store.files.set('f', bytes);
  const stream = channel.stream(readBlockMethod);
  const ufs = ufsOptions('f', bytes.length);
  await stream.write({ blockId: 9n, offset: 0n, length: BigInt(bytes.length), openUfsBlockOptions: ufs });
  await stream.read();
  stream.end();
  while ((await stream.read()) !== undefined);
  assert.equal(master.committed.size, 0);
  assert.ok(store.bytesRead < 4 * MIB, `${store.bytesRead} bytes fetched`);
  assert.ok(bytes.equals(await readBlock(channel, 9n, { length: bytes.length, ufs })), 'and the block can be read again');
});

test('a file that is shorter than its block gives what there is and is not cached', async (t) => {
  const { channel, store, master } = await cluster(t);
  const bytes = patterned(MIB + 5);
  store.files.set('f', bytes);
  assert.ok(bytes.equals(await readBlock(channel, 9n, { length: 3 * MIB, ufs: ufsOptions('f', 3 * MIB) })));
  assert.equal((await readBlock(channel, 9n, { length: 3 * MIB, ufs: ufsOptions('f', 3 * MIB, 50 * MIB) })).length, 0);
  assert.equal(master.committed.size, 0);
});

test('a store that fails in the middle fails the read, and the next one reads it whole', async (t) => {
  const { channel, store, master } = await cluster(t);
  const bytes = patterned(3 * MIB);
  store.files.set('f', bytes);
  let parts = 0;
  store.beforePart = () => {
    if (parts++ >= 5) throw fail('unavailable', '503 SlowDown');
  };
  const ufs = ufsOptions('f', bytes.length);
  await assert.rejects(readBlock(channel, 9n, { length: bytes.length, ufs }), { kind: 'unavailable', message: /503 SlowDown/ });
  assert.equal(master.committed.size, 0);
  store.beforePart = undefined;
  assert.ok(bytes.equals(await readBlock(channel, 9n, { length: bytes.length, ufs })));
  assert.equal(master.committed.size, 1);
});

test('a block whose commit the master refuses is served and not kept', async (t) => {
  const { channel, store, master } = await cluster(t);
  const bytes = patterned(3 * MIB);
  store.files.set('f', bytes);
  master.beforeCommit = () => {
    throw fail('internal', 'no');
  };
  const ufs = ufsOptions('f', bytes.length);
  assert.ok(bytes.equals(await readBlock(channel, 9n, { length: bytes.length, ufs })));
  await readBlock(channel, 9n, { length: bytes.length, ufs });
  assert.equal(store.bytesRead, 2 * bytes.length);
});

test('a slow reader does not make the fetch run away', async (t) => {
  const { channel, store } = await cluster(t);
  const bytes = patterned(40 * MIB);
  store.files.set('f', bytes);
  let parts = 0;
  const far = deferred();
  store.beforePart = () => {
    if (++parts > 300) far.resolve();
  };
  const stream = channel.stream(readBlockMethod);
  await stream.write({ blockId: 9n, offset: 0n, length: BigInt(bytes.length), openUfsBlockOptions: ufsOptions('f', bytes.length) });
  const received = [(await stream.read())!];
  // Eight MiB ahead of a reader that has been given at most a window and a few chunks.
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(parts < 200, `${parts} parts read ahead`);
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) received.push(chunk);
  await far.promise;
  assert.ok(bytes.equals(Buffer.concat(received.flatMap((chunk) => chunk.parts))));
});
