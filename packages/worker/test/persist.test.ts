import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceTable } from '@alluvium/net';
import { chunkOf, readBlockMethod } from '@alluvium/worker/transfer/read-codec.js';
import { cluster } from './fakes/cluster.js';
import { simple } from './fakes/simple.js';
import { patterned, writeBlock } from './fakes/client-calls.js';
import { fail } from '@alluvium/base';

const MIB = 1 << 20;

test('a file is persisted from its blocks, with owner, group and mode', async (t) => {
  const { channel, master, store } = await cluster(t);
  const blocks = [patterned(3 * MIB, 1), patterned(3 * MIB, 2), patterned(77, 3)];
  for (const [at, bytes] of blocks.entries()) await writeBlock(channel, BigInt(at + 1), bytes);
  const whole = Buffer.concat(blocks);
  await master.order({
    persist: {
      orderId: 42n,
      fileId: 9n,
      mountId: 1n,
      ufsPath: 'mem://bucket/dir/.tmp.42',
      length: BigInt(whole.length),
      blocks: blocks.map((bytes, at) => ({ blockId: BigInt(at + 1), length: BigInt(bytes.length), sources: [] })),
      owner: 'ann',
      group: 'staff',
      mode: 0o640,
    },
  });
  await master.until(() => master.results.length === 1);
  const { orderId, errorKind, length, contentHash } = master.results[0]!;
  assert.deepEqual(
    { orderId, errorKind, length, contentHash },
    { orderId: 42n, errorKind: undefined, length: BigInt(whole.length), contentHash: `hash-${whole.length}` },
  );
  assert.ok(whole.equals(store.files.get('dir/.tmp.42')!));
  const { owner, group, mode } = store.created.get('dir/.tmp.42')!;
  assert.deepEqual({ owner, group, mode }, { owner: 'ann', group: 'staff', mode: 0o640 });
});

test('a block that is not here comes from other workers, one going on where another failed', async (t) => {
  const { network, master, store } = await cluster(t);
  const bytes = patterned(3 * MIB);
  const asked: [string, bigint | undefined][] = [];
  const firstChunkWritten = new Promise<void>((resolve) => (store.afterWrite = resolve));
  const serve = (host: string, isFailing: boolean): Promise<unknown> =>
    network.serve(
      { host, port: 29999 },
      new ServiceTable().stream(readBlockMethod, async (stream) => {
        const request = await stream.read();
        asked.push([host, request?.offset]);
        for (let at = Number(request?.offset); at < bytes.length; at += MIB) {
          await stream.write(chunkOf(bytes.subarray(at, at + MIB)));
          if (!isFailing) continue;
          await firstChunkWritten;
          throw fail('unavailable', 'going down');
        }
      }),
      { authenticator: simple, maxInboundMessageBytes: MIB },
    );
  await serve('a', true);
  await serve('b', false);
  const sources = ['gone', 'a', 'b'].map((host) => ({ host, rpcPort: 29999 }));
  const blocks = [{ blockId: 1n, length: BigInt(bytes.length), sources }];
  await master.order({ persist: { orderId: 1n, mountId: 1n, ufsPath: 'mem://bucket/t', length: BigInt(bytes.length), blocks } });
  await master.until(() => master.results.length === 1);
  assert.equal(master.results[0]!.errorKind, undefined);
  assert.deepEqual(asked, [
    ['a', 0n],
    ['b', BigInt(MIB)],
  ]);
  assert.ok(bytes.equals(store.files.get('t')!));
});

test('an order that cannot be done is answered with why, and leaves nothing', async (t) => {
  const { channel, master, store } = await cluster(t);
  await writeBlock(channel, 1n, patterned(10));
  const block = { blockId: 1n, length: 10n, sources: [] };
  const order = { orderId: 1n, mountId: 1n, ufsPath: 'mem://bucket/t', length: 10n, blocks: [block] };
  await master.order({ persist: { ...order, blocks: [{ ...block, blockId: 2n }] } });
  await master.order({ persist: { ...order, orderId: 2n, length: 11n } });
  await master.order({ persist: { ...order, orderId: 3n, mountId: 5n } });
  await master.order({ persist: { ...order, orderId: 4n, ufsPath: 'mem://elsewhere/t' } });
  await master.until(() => master.results.length === 4);
  assert.deepEqual(
    master.results.sort((a, b) => Number(a.orderId! - b.orderId!)).map((result) => result.errorKind),
    ['notFound', 'dataLoss', 'unavailable', 'invalidArgument'],
  );
  assert.equal(store.files.size, 0);
  assert.equal(store.aborted, 2);
});

test('a cancelled order ends', async (t) => {
  const { network, master, store } = await cluster(t);
  let begun = false;
  await network.serve(
    { host: 'slow', port: 29999 },
    new ServiceTable().stream(readBlockMethod, async (stream) => {
      await stream.read();
      begun = true;
      await stream.read();
    }),
    { authenticator: simple, maxInboundMessageBytes: MIB },
  );
  const sources = [{ host: 'slow', rpcPort: 29999 }];
  await master.order({
    persist: { orderId: 1n, mountId: 1n, ufsPath: 'mem://bucket/t', length: 10n, blocks: [{ blockId: 1n, length: 10n, sources }] },
  });
  await master.until(() => begun);
  await master.order({ cancel: { orderId: 1n } });
  await master.until(() => master.results.length === 1);
  assert.equal(master.results[0]!.errorKind, 'cancelled');
  assert.equal(store.aborted, 1);
});

test('row 21: an order executed twice makes the same file', async (t) => {
  const { channel, master, store } = await cluster(t);
  const bytes = patterned(100_000);
  await writeBlock(channel, 1n, bytes);
  const blocks = [{ blockId: 1n, length: 100_000n, sources: [] }];
  const persist = { orderId: 1n, mountId: 1n, ufsPath: 'mem://bucket/t', length: 100_000n, blocks };
  for (const results of [1, 2]) {
    await master.order({ persist });
    await master.until(() => master.results.length === results);
  }
  assert.deepEqual(master.results[0], master.results[1]);
  assert.deepEqual([...store.files.keys()], ['t']);
  assert.ok(bytes.equals(store.files.get('t')!));
});

test('a file that the store makes while its order is called off is removed', async (t) => {
  const { channel, master, store } = await cluster(t);
  await writeBlock(channel, 1n, patterned(10));
  const create = store.create.bind(store);
  store.create = async (path, options) => {
    const writer = await create(path, options);
    const commit = async (): ReturnType<typeof writer.commit> => {
      const made = await writer.commit();
      await master.order({ cancel: { orderId: 1n } });
      await new Promise((resolve) => options!.signal!.addEventListener('abort', resolve));
      return made;
    };
    return { ...writer, commit };
  };
  const blocks = [{ blockId: 1n, length: 10n, sources: [] }];
  await master.order({ persist: { orderId: 1n, mountId: 1n, ufsPath: 'mem://bucket/t', length: 10n, blocks } });
  await master.until(() => master.results.length === 1);
  assert.equal(master.results[0]!.errorKind, 'cancelled');
  assert.equal(store.files.size, 0);
});

test('a result tells whether it was the store that failed', async (t) => {
  const { channel, master, store } = await cluster(t);
  await writeBlock(channel, 1n, patterned(10));
  const blocks = [{ blockId: 1n, length: 10n, sources: [] }];
  const order = { mountId: 1n, ufsPath: 'mem://bucket/t', length: 10n, blocks };
  await master.order({ persist: { ...order, orderId: 1n, blocks: [{ ...blocks[0]!, blockId: 2n }] } });
  await master.until(() => master.results.length === 1);
  store.create = () => Promise.reject(fail('unavailable', 'slow down'));
  await master.order({ persist: { ...order, orderId: 2n } });
  await master.until(() => master.results.length === 2);
  assert.deepEqual(
    master.results.map(({ errorKind, storeFailed }) => [errorKind, storeFailed]),
    [
      ['notFound', false],
      ['unavailable', true],
    ],
  );
});
