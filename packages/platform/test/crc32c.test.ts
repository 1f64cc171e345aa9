import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from '@alluvium/platform';
import { crc32cOfTables } from '@alluvium/platform/checksum/crc32c-tables.js';
import { nativeCrc32c } from '@alluvium/platform/node/crc32c.js';

const check = Buffer.from('123456789');

/** RFC 3720, appendix B.4. */
const VECTORS: readonly (readonly [Buffer, number])[] = [
  [Buffer.alloc(0), 0],
  [check, 0xe3069283],
  [Buffer.alloc(32), 0x8a9136aa],
  [Buffer.alloc(32, 0xff), 0x62a8ab43],
  [Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  [Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
];

test('both implementations know the published check values', { skip: false }, () => {
  for (const [bytes, sum] of VECTORS) {
    assert.equal(crc32cOfTables(bytes), sum);
    assert.equal(crc32c(bytes), sum);
    assert.equal(nativeCrc32c()?.(bytes) ?? sum, sum);
  }
});

test('both implementations agree at every length and alignment, and chain', () => {
  const bytes = Buffer.alloc(400);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 167 + (i >> 3)) & 255;
  const native = nativeCrc32c() ?? crc32cOfTables;
  for (let length = 0; length <= 300; length++) {
    const part = bytes.subarray(length % 9, (length % 9) + length);
    const sum = crc32cOfTables(part);
    assert.equal(native(part), sum, `length ${length}`);
    assert.equal(crc32c(part), sum);
    const cut = length >> 1;
    assert.equal(crc32c(part.subarray(cut), crc32c(part.subarray(0, cut))), sum);
    assert.equal(crc32cOfTables(part.subarray(cut), crc32cOfTables(part.subarray(0, cut))), sum);
  }
});
