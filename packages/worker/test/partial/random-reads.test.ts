import assert from 'node:assert/strict';
import { readdir, open } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import { fail, kindOf } from '@alluvium/base';
import { SeededRandom } from '@alluvium/testkit';
import { PAGE_BYTES } from '@alluvium/worker/store/pages.js';
import { cluster } from '../fakes/cluster.js';
import { patterned, readBlock, ufsOptions } from '../fakes/client-calls.js';

const FILES = 4;
const LENGTH = 9 * PAGE_BYTES + 1234;
const TEMPORARY = new Set(['unavailable', 'notFound']);

/** Readers at random places, of whole blocks and parts, in a cache that is too small, while the store fails and files are replaced. */
async function run(t: TestContext, seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const upTo = (n: number): number => Math.floor(random.next() * n);
  const c = await cluster(t, { ramdisk: `${20 * PAGE_BYTES}` });
  const versions = Array.from({ length: FILES }, () => new Array<Buffer>());
  const replace = (file: number): void => {
    const bytes = patterned(LENGTH, 1 + upTo(1_000_000));
    versions[file]!.push(bytes);
    c.store.files.set(`f${file}`, bytes);
    c.store.hashes.set(`f${file}`, `v${versions[file]!.length}`);
  };
  for (let file = 0; file < FILES; file++) replace(file);
  let faulty = false;
  c.store.beforePart = async () => {
    if (faulty && upTo(40) === 0) throw fail('unavailable', 'a fault of the store');
    if (upTo(4) === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  let served = 0;
  const reader = async (): Promise<void> => {
    for (let i = 0; i < 25; i++) {
      const file = upTo(FILES);
      const whole = upTo(4) === 0;
      const offset = whole ? 0 : upTo(LENGTH);
      const length = whole ? LENGTH : 1 + upTo(upTo(2) === 0 ? 8000 : 3 * PAGE_BYTES);
      const ufs = { ...ufsOptions(`f${file}`, LENGTH), noCache: upTo(5) === 0 };
      try {
        const bytes = await readBlock(c.channel, BigInt(file), { offset, length, ufs, positionShort: upTo(2) === 0 });
        assert.ok(
          versions[file]!.some((version) => version.subarray(offset, offset + length).equals(bytes)),
          `seed ${seed}: ${length} bytes from ${offset} of file ${file} are of no version`,
        );
        served++;
      } catch (error) {
        if (!TEMPORARY.has(kindOf(error) ?? '')) throw error;
      }
      if (upTo(25) === 0) replace(file);
      if (upTo(10) === 0) faulty = !faulty;
    }
  };
  await Promise.all([reader(), reader(), reader(), reader()]);
  faulty = false;
  await damagePartial(`${c.directory}/alluxioworker/.partial`, upTo);
  if (seed % 2 === 0) await c.restart();
  await Promise.all([reader(), reader()]);
  assert.ok(served > 50, `seed ${seed}: ${served} reads served`);
}

async function damagePartial(folder: string, upTo: (n: number) => number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith('.meta')) continue;
    await using file = await open(`${folder}/${name}`, 'r+').catch(() => undefined);
    if (file === undefined) continue;
    const { size } = await file.stat();
    if (size > 0) await file.write(Buffer.from([upTo(256)]), 0, 1, upTo(size));
  }
}

const SEEDS = process.env['SEEDS']?.split(',').map(Number) ?? [2, 3, 4];

for (const seed of SEEDS)
  test(`random readers get bytes of one version, with faults, evictions and flipped bits (seed ${seed})`, (t) => run(t, seed));
