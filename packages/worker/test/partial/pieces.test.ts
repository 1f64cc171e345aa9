import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockId, MountId } from '@alluvium/base';
import { crc32c } from '@alluvium/platform';
import { AccessPatterns } from '@alluvium/worker/partial/access-pattern.js';
import { PageMap } from '@alluvium/worker/partial/page-map.js';
import { decodePartialSidecar, encodePartialSidecar } from '@alluvium/worker/partial/partial-sidecar.js';
import { TouchedPages } from '@alluvium/worker/partial/touched-pages.js';
import { PAGE_BYTES } from '@alluvium/worker/store/pages.js';

const MIB = 1 << 20;
const block = (offsetInFile: number, length = 64 * MIB) => ({
  id: 7n as BlockId,
  length,
  mount: 1n as MountId,
  ufsPath: 's3://b/f',
  offsetInFile,
});

test('the sidecar of a partly cached block is read for ever', () => {
  const map = new PageMap(2 * PAGE_BYTES + 1);
  map.set(2, 0x0a0b0c0d);
  map.set(0, 0x12345678);
  const sidecar = { source: block(5, 2 * PAGE_BYTES + 1), version: 'etag', pages: map.pages };
  const encoded = encodePartialSidecar(sidecar);
  const recorded =
    '414c565001000000070000000000000001000200000000000100000000000000' +
    '0500000000000000000001000300000008000000040000007333' +
    '3a2f2f622f666574616705785634120000' +
    '00000d0c0b0a';
  assert.equal(encoded.subarray(0, -4).toString('hex'), recorded);
  assert.deepEqual(decodePartialSidecar(encoded, 'file'), sidecar);
});

test('no damaged sidecar of a partly cached block is believed, and none of a later version', () => {
  const good = encodePartialSidecar({ source: block(0, 10), version: 'v', pages: new PageMap(10).pages });
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bad = Buffer.from(good);
    bad[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(decodePartialSidecar(bad, 'file'), undefined, `bit ${bit}`);
  }
  const later = Buffer.from(good);
  later[4] = 2;
  later.writeUInt32LE(crc32c(later.subarray(0, -4)), later.length - 4);
  assert.throws(() => decodePartialSidecar(later, 'file'), { kind: 'failedPrecondition', message: /"file": it has format 2/ });
});

test('a scan from the start of a file is run ahead of by as much as it has read, over the borders of blocks', () => {
  const patterns = new AccessPatterns();
  const first = patterns.stream(block(0), 0);
  assert.equal(first.aheadOf(0), 512 << 10);
  assert.equal(first.aheadOf(4 * MIB), 4 * MIB);
  first.ended(64 * MIB, false);
  assert.equal(patterns.stream(block(64 * MIB), 0).aheadOf(64 * MIB), 16 * MIB);
});

test('a read that begins elsewhere is run ahead of by an eighth, and by what others like it took', () => {
  const patterns = new AccessPatterns();
  for (let i = 1; i <= 3; i++) {
    const run = patterns.stream(block(0), 10 * i * MIB);
    if (i < 3) assert.equal(run.aheadOf(10 * i * MIB), 128 << 10);
    else assert.equal(run.aheadOf(10 * i * MIB), 4 * MIB, 'the last two took as much');
    assert.equal(run.aheadOf((10 * i + 4) * MIB), 512 << 10);
    run.ended((10 * i + 4) * MIB, true);
  }
  // One that takes little makes the guess small again.
  patterns.stream(block(0), 50 * MIB).ended(50 * MIB + 1000, true);
  assert.equal(patterns.stream(block(0), 55 * MIB).aheadOf(55 * MIB), 128 << 10);
});

test('ranges in order, in steps and at random are told apart', () => {
  const patterns = new AccessPatterns();
  assert.equal(patterns.range(block(0), 5 * MIB, 4096).kind, 'random');
  assert.deepEqual(patterns.range(block(0), 5 * MIB + 4096, 4096).kind, 'sequential');
  const steps = [20, 22, 24, 26].map((at) => patterns.range(block(0), at * MIB, 4096));
  assert.deepEqual(
    steps.map(({ kind }) => kind),
    ['random', 'random', 'random', 'strided'],
  );
  assert.deepEqual(steps[3]!.next, [28 * MIB]);
  assert.equal(patterns.range(block(0), 3 * MIB, 4096).kind, 'random');
});

test('what was touched is known for a while, in bounded memory', () => {
  const touched = new TouchedPages();
  assert.equal(touched.touch(1n as BlockId, 5), false);
  assert.equal(touched.touch(1n as BlockId, 5), true);
  assert.equal(touched.touch(2n as BlockId, 5), false);
  let mistaken = 0;
  for (let page = 0; page < 400_000; page++) if (touched.touch(3n as BlockId, page)) mistaken++;
  assert.ok(mistaken < 100_000, `${mistaken} taken for others`);
  assert.equal(touched.touch(1n as BlockId, 5), false, 'forgotten');
});
