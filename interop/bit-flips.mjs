// Flips bits in the block files of a worker while readers compare every byte that they get, then waits until the scrub has mended all.
// usage: bit-flips.mjs HOST:PORT TIER-DIRECTORY [FLIPS=1000]     exit 1 when a byte was wrong, a read failed or a flip stayed
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readdirSync, readSync, writeSync } from 'node:fs';
import { connect } from '@alluvium/client';

const [address, tier, flips = '1000'] = process.argv.slice(2);
const FILES = 48;
const READERS = 6;
const FLIP_EVERY_MS = 10;
const MENDED_WITHIN_MS = 120_000;
const PAGE_BYTES = 64 * 1024;
const blocks = `${tier}/alluxioworker`;
const fs = await connect(address, { shortCircuit: false });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const random = (below) => Math.floor(Math.random() * below);

function contentOf(n) {
  const length = (2 << 20) + n * 65_537;
  const parts = [];
  for (let size = 0, i = 0; size < length; i++) {
    const digest = createHash('sha512').update(`${n}/${i}`).digest();
    parts.push(digest);
    size += digest.length;
  }
  return Buffer.concat(parts).subarray(0, length);
}

const contents = new Map();
const expected = new Map();
for (let n = 0; n < FILES; n++) {
  const path = `/flips/file-${n}`;
  const bytes = contentOf(n);
  const file = await fs.create(path, { recursive: true, writeType: 'CACHE_THROUGH' });
  await file.write(bytes);
  await file.close();
  const { blocks: placed } = await fs.status(path);
  contents.set(path, bytes);
  expected.set(String(placed[0].blockId), bytes);
}
const paths = [...contents.keys()];
const counts = { reads: 0, bytes: 0, wrong: 0, failed: 0 };
let isOver = false;

async function reader() {
  while (!isOver) {
    const path = paths[random(paths.length)];
    const bytes = contents.get(path);
    const from = random(bytes.length);
    const length = Math.min(bytes.length - from, 1 + random([100, 4096, 200_000, 4 << 20][random(4)]));
    try {
      const file = await fs.open(path);
      const into = Buffer.alloc(length);
      const n = await file.readAt(BigInt(from), into).finally(() => file.close());
      counts.reads++;
      counts.bytes += n;
      if (n !== length || !into.equals(bytes.subarray(from, from + length))) {
        counts.wrong++;
        console.log(`wrong bytes: ${path} at ${from}, ${n} of ${length}`);
      }
    } catch (error) {
      counts.failed++;
      console.log(`read failed: ${path}: ${error.message}`);
    }
  }
}

function flip(pages) {
  const names = readdirSync(blocks).filter((name) => expected.has(name));
  const name = names[random(names.length)];
  const at = random(expected.get(name).length);
  const file = openSync(`${blocks}/${name}`, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  byte[0] ^= 1 << random(8);
  writeSync(file, byte, 0, 1, at);
  closeSync(file);
  pages.add(`${name}/${Math.floor(at / PAGE_BYTES)}`);
}

function damaged() {
  return [...expected].filter(([name, bytes]) => {
    try {
      return !readFileSync(`${blocks}/${name}`).equals(bytes);
    } catch (error) {
      if (error.code === 'ENOENT') return false;
      throw error;
    }
  }).length;
}

const readers = Array.from({ length: READERS }, reader);
const pages = new Set();
for (let i = 0; i < Number(flips); i++) {
  flip(pages);
  await pause(FLIP_EVERY_MS);
}
const flippedMs = performance.now();
const mostDamaged = damaged();
let left = mostDamaged;
while (left > 0 && performance.now() - flippedMs < MENDED_WITHIN_MS) {
  await pause(100);
  left = damaged();
}
const mendedS = ((performance.now() - flippedMs) / 1000).toFixed(1);
isOver = true;
await Promise.all(readers);
const there = readdirSync(blocks).filter((name) => expected.has(name)).length;
console.log(`${flips} bits flipped in ${pages.size} pages of ${FILES} blocks; ${counts.reads} reads, ${(counts.bytes / 2 ** 20).toFixed(0)} MiB compared`);
console.log(`wrong: ${counts.wrong}; failed: ${counts.failed}`);
console.log(`damaged blocks after the last flip: ${mostDamaged}, ${mendedS} s later: ${left}; blocks still cached: ${there}`);
// Workers tell what they count with their heartbeats.
await pause(2500);
const metrics = await fs.admin.metrics();
for (const name of ['PagesDamaged', 'PagesRepaired', 'BytesScrubbed']) console.log(`Cluster.${name}: ${metrics.get(`Cluster.${name}`)}`);
await fs.close();
if (counts.wrong + counts.failed + left > 0 || there < FILES) process.exitCode = 1;
