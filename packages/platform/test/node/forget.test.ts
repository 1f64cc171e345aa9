import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeDisk } from '@alluvium/platform';
import { pageCache } from '@alluvium/platform/node/page-cache.js';

const BYTES = 1 << 20;

/** Bytes of a file in the page cache, as fincore(1) of util-linux tells; undefined where it is missing, or the file is in memory alone. */
function cached(path: string): number | undefined {
  try {
    if (/tmpfs|ramfs/.test(execFileSync('stat', ['-f', '-c', '%T', path], { encoding: 'utf8' }))) return undefined;
    return Number(execFileSync('fincore', ['--bytes', '--noheadings', '--output', 'RES', path], { encoding: 'utf8' }));
  } catch {
    return undefined;
  }
}

test('a file that is forgotten is read from the disk next, and has what was synced', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'alluvium-forget-'));
  t.after(() => rm(directory, { recursive: true }));
  const disk = nodeDisk();
  const path = join(directory, 'file');
  await using file = await disk.open(path, 'create');
  const bytes = Buffer.alloc(BYTES, 'forget');
  await file.write([bytes], 0);
  await file.sync();
  const before = cached(path);
  file.forget!();
  if (before === undefined || pageCache() === undefined) t.diagnostic('what is in the page cache cannot be told here');
  else assert.deepEqual([before, cached(path)], [BYTES, 0]);
  assert.deepEqual(await disk.readFile(path), bytes);
  await file.close();
  file.forget!();
});
