import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@alluvium/testkit';
import { blockWorker } from '@alluvium/wire';
import { chunkOf, readResponseCodec } from '@alluvium/worker/transfer/read-codec.js';
import { writeRequestCodec } from '@alluvium/worker/transfer/write-codec.js';
import { decodeSidecar, encodeSidecar } from '@alluvium/worker/store/sidecar.js';
import { allPages, LARGE_PAGE_BYTES, PAGE_BYTES, PageSummer } from '@alluvium/worker/store/pages.js';
import { crc32c } from '@alluvium/platform';
import type { BlockId } from '@alluvium/base';
import { patterned } from './fakes/client-calls.js';

const LENGTHS = [0, 1, 10, 126, 127, 128, 129, 16_381, 16_384, 70_000, 1 << 20, 2 << 20];

function cut(bytes: Buffer, random: SeededRandom): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const take = 1 + random.below(random.chance(0.5) ? 4 : 70_000);
    out.push(bytes.subarray(at, at + take));
    at += take;
  }
  return out;
}

test('a chunk of a read is the bytes that a protobuf library makes, its payload not copied', () => {
  for (const length of LENGTHS) {
    const data = patterned(length);
    const parts = readResponseCodec.encode(chunkOf(data)) as readonly Uint8Array[];
    const expected = Buffer.from(blockWorker.ReadResponse.encode({ chunk: { data } }).finish());
    // An empty chunk is written out in full: Java's parser wants both length fields.
    if (length > 0) assert.ok(expected.equals(Buffer.concat(parts)), `${length} bytes`);
    assert.equal(parts[1], data);
  }
  assert.equal(Buffer.concat(readResponseCodec.encode(chunkOf(Buffer.alloc(0))) as Uint8Array[]).toString('hex'), '0a020a00');
  const whole = readResponseCodec.encode(chunkOf(Buffer.alloc(1 << 20))) as readonly Uint8Array[];
  assert.equal(whole[0]!.length, 8);
});

test('chunks are read in place however they were received', () => {
  const random = new SeededRandom(5);
  for (const length of LENGTHS) {
    const data = patterned(length);
    for (let round = 0; round < 20; round++) {
      const message = Buffer.concat([Buffer.alloc(3), blockWorker.WriteRequest.encode({ chunk: { data } }).finish()]).subarray(3);
      const parts = cut(message, random);
      const chunk = writeRequestCodec.decode(parts, message.length).chunk;
      assert.equal(chunk?.length, length);
      assert.ok(data.equals(Buffer.concat(chunk.parts)));
      for (const part of chunk.parts) if (length > 200) assert.equal(part.buffer, message.buffer, 'a view, not a copy');
    }
  }
});

test('commands, odd layouts and malformed messages', () => {
  const command = { type: blockWorker.RequestType.UFS_FILE, id: -1n, offset: 5n, flush: true };
  const encoded = blockWorker.WriteRequest.encode({ command }).finish();
  assert.equal(writeRequestCodec.decode([encoded], encoded.length).command?.offset, 5n);
  assert.deepEqual(writeRequestCodec.decode([], 0), {});
  const unknownField = Buffer.concat([
    Buffer.from(blockWorker.ReadResponse.encode({ chunk: { data: Buffer.from('abc') } }).finish()),
    Buffer.from([0x78, 1]),
  ]);
  assert.equal(Buffer.concat(readResponseCodec.decode([unknownField], unknownField.length).parts).toString(), 'abc');
  for (const bad of ['12', '12ff', '1205', '12050a', '12050a09', '0aff01', '1205ffffffffff', '120affffffffffffffffff01']) {
    const bytes = Buffer.from(bad, 'hex');
    assert.throws(() => writeRequestCodec.decode([bytes], bytes.length), Error, bad);
  }
});

test('a sidecar of version 1 is read for ever', () => {
  const recorded = '414c5642010001000700000000000000010010000000000009000000000000000000100002000000030d0c0b0a78563412';
  const sidecar = {
    blockId: 7n as BlockId,
    length: LARGE_PAGE_BYTES + 1,
    generation: 9n,
    pinned: true,
    pages: allPages(Uint32Array.from([0x0a0b0c0d, 0x12345678]), LARGE_PAGE_BYTES),
  };
  const encoded = encodeSidecar(sidecar);
  assert.equal(encoded.subarray(0, -4).toString('hex'), recorded);
  assert.deepEqual(decodeSidecar(encoded, 'file'), sidecar);
});

test('a sidecar of version 2 is read for ever', () => {
  const recorded = '414c5642020001000700000000000000010001000000000009000000000000000000010002000000030d0c0b0a78563412';
  const sidecar = {
    blockId: 7n as BlockId,
    length: PAGE_BYTES + 1,
    generation: 9n,
    pinned: true,
    pages: allPages(Uint32Array.from([0x0a0b0c0d, 0x12345678])),
  };
  const encoded = encodeSidecar(sidecar);
  assert.equal(encoded.subarray(0, -4).toString('hex'), recorded);
  assert.deepEqual(decodeSidecar(encoded, 'file'), sidecar);
});

test('no damaged sidecar is believed', () => {
  const good = encodeSidecar({ blockId: 7n as BlockId, length: 3, generation: 9n, pinned: false, pages: allPages(Uint32Array.from([5])) });
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bad = Buffer.from(good);
    bad[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(decodeSidecar(bad, 'file'), undefined, `bit ${bit}`);
  }
  for (let length = 0; length < good.length; length++) assert.equal(decodeSidecar(good.subarray(0, length), 'file'), undefined);
  assert.equal(decodeSidecar(Buffer.concat([good, Buffer.alloc(1)]), 'file'), undefined);
});

test('page sums do not depend on how the bytes come', () => {
  const bytes = patterned(2 * PAGE_BYTES + 77);
  const random = new SeededRandom(3);
  const expected = [0, 1, 2].map((page) => crc32c(bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES)));
  for (let round = 0; round < 5; round++) {
    const summer = new PageSummer();
    for (const part of cut(bytes, random)) summer.update(part);
    assert.deepEqual([...summer.sums()], expected);
    assert.equal(summer.length, bytes.length);
  }
  assert.equal(new PageSummer().sums().length, 0);
});
