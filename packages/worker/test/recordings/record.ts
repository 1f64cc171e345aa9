// Makes the recording of the sidecars of this version: node build/test/packages/worker/test/recordings/record.js DIRECTORY
// To be run once for a new format version; what is there already is never made anew.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BlockId } from '@alluvium/base';
import { LARGE_PAGE_BYTES, PAGE_BYTES, pageCountOf, type Pages } from '@alluvium/worker/store/pages.js';
import { encodeSidecar, type Sidecar } from '@alluvium/worker/store/sidecar.js';

/** Sums that differ from page to page; pages that are not there have none. */
function pages(length: number, isThere: (page: number) => boolean): Pages {
  const count = pageCountOf(length);
  const present = new Uint8Array(Math.ceil(count / 8));
  const sums = new Uint32Array(count);
  for (let page = 0; page < count; page++) {
    if (!isThere(page)) continue;
    present[page >> 3]! |= 1 << (page & 7);
    sums[page] = (0x9e3779b9 * (page + 1)) >>> 0;
  }
  return { pageBytes: PAGE_BYTES, present, sums };
}

const SIDECARS: readonly Sidecar[] = [
  { blockId: 16_777_216n as BlockId, length: 3, generation: 1n, pinned: false, pages: pages(3, () => true) },
  { blockId: 16_777_217n as BlockId, length: PAGE_BYTES, generation: 2n, pinned: true, pages: pages(PAGE_BYTES, () => true) },
  { blockId: 33_554_432n as BlockId, length: 0, generation: 3n, pinned: false, pages: pages(0, () => true) },
  {
    blockId: (2n ** 62n + 5n) as BlockId,
    length: 17 * PAGE_BYTES + 1,
    generation: 2n ** 53n + 1n,
    pinned: true,
    pages: pages(17 * PAGE_BYTES + 1, (page) => page % 3 !== 1),
  },
];

/** What a sidecar says, as JSON. */
export function describe({ blockId, length, generation, pinned, pages: { pageBytes, present, sums } }: Sidecar): object {
  return {
    blockId: String(blockId),
    length,
    generation: String(generation),
    pinned,
    ...(pageBytes !== LARGE_PAGE_BYTES && { pageBytes }),
    present: Buffer.from(present).toString('hex'),
    sums: [...sums],
  };
}

export async function record(target: string): Promise<void> {
  if (existsSync(target)) throw new Error(`${target} is there: a recording is never made anew`);
  await mkdir(target, { recursive: true });
  for (const sidecar of SIDECARS) await writeFile(`${target}/${sidecar.blockId}`, encodeSidecar(sidecar));
  await writeFile(`${target}/expected.json`, `${JSON.stringify(SIDECARS.map(describe), undefined, 1)}\n`);
}

const [, program, target] = process.argv;
if (program === fileURLToPath(import.meta.url) && target !== undefined) await record(target);
