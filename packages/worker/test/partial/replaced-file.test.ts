import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE_BYTES } from '@alluvium/worker/store/pages.js';
import { readBlockMethod } from '@alluvium/worker/transfer/read-codec.js';
import { cluster } from '../fakes/cluster.js';
import { patterned, readBlock, ufsOptions } from '../fakes/client-calls.js';

const LENGTH = 10 * PAGE_BYTES;

test('a file that is replaced with one of the same length is read old whole or new whole', async (t) => {
  const { channel, store } = await cluster(t);
  const [old, now] = [patterned(LENGTH, 1), patterned(LENGTH, 2)];
  store.files.set('f', old);
  store.hashes.set('f', 'a');
  const ufs = ufsOptions('f', LENGTH);
  const read = (offset: number, length: number) => readBlock(channel, 9n, { offset, length, ufs, positionShort: true });
  await read(0, 2 * PAGE_BYTES);
  store.files.set('f', now);
  store.hashes.set('f', 'b');
  // Nothing of the old one was sent yet: the read begins again.
  assert.ok(now.subarray(4 * PAGE_BYTES, 6 * PAGE_BYTES).equals(await read(4 * PAGE_BYTES, 2 * PAGE_BYTES)));
  assert.ok(now.equals(await read(0, LENGTH)), 'and the pages of the old one are gone');
});

test('a file that is replaced while it is being sent fails the read, and the next one reads the new file', async (t) => {
  const { channel, store } = await cluster(t);
  const [old, now] = [patterned(LENGTH, 1), patterned(LENGTH, 2)];
  store.files.set('f', old);
  store.hashes.set('f', 'a');
  const ufs = ufsOptions('f', LENGTH);
  await readBlock(channel, 9n, { offset: 0, length: 2 * PAGE_BYTES, ufs, positionShort: true });
  store.files.set('f', now);
  store.hashes.set('f', 'b');
  const stream = channel.stream(readBlockMethod);
  await stream.write({ blockId: 9n, offset: 0n, length: BigInt(LENGTH), positionShort: true, openUfsBlockOptions: ufs });
  let position = 0;
  await assert.rejects(
    async () => {
      for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
        const bytes = Buffer.concat(chunk.parts);
        assert.ok(old.subarray(position, position + bytes.length).equals(bytes), 'what was here of the old one');
        position += bytes.length;
      }
    },
    { kind: 'unavailable', message: /was replaced in its store/ },
  );
  assert.equal(position, 2 * PAGE_BYTES);
  assert.ok(now.equals(await readBlock(channel, 9n, { length: LENGTH, ufs })));
});

test('pages of before a restart are not mixed with those of another file', async (t) => {
  const c = await cluster(t);
  const [old, now] = [patterned(LENGTH, 1), patterned(LENGTH, 2)];
  c.store.files.set('f', old);
  c.store.hashes.set('f', 'a');
  const ufs = ufsOptions('f', LENGTH);
  await readBlock(c.channel, 9n, { offset: 6 * PAGE_BYTES, length: 2 * PAGE_BYTES, ufs, positionShort: true });
  await c.restart();
  c.store.files.set('f', now);
  c.store.hashes.set('f', 'b');
  assert.ok(now.equals(await readBlock(c.channel, 9n, { length: LENGTH, ufs })));
});
