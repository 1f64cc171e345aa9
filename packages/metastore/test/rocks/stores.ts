import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { openMetastore, type Metastore } from '@alluvium/metastore';
import { nodeDisk } from '@alluvium/platform';

/** Sizes of caches with which everything must be the same: nothing, one entry, fewer than are in use, enough. */
export const CACHE_SIZES = [0, 1, 64, 100_000];

/** Random programs for each size: every one makes the database that they share a little slower. */
export const PROGRAMS = 60;

/** A directory that is removed after the tests of the file. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'alluvium-rocks-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function rocks(directory: string, cacheSize: number): Promise<Metastore> {
  return openMetastore({ kind: 'ROCKS', directory, cacheSize }, nodeDisk());
}

/** A metastore for each size of the cache, each for many tests. They are closed after the last one. */
export async function sharedRocks(): Promise<readonly { readonly cacheSize: number; readonly metastore: Metastore }[]> {
  const open = CACHE_SIZES.map(async (cacheSize) => ({ cacheSize, metastore: await rocks(scratchDirectory(), cacheSize) }));
  const all = await Promise.all(open);
  after(() => Promise.all(all.map(({ metastore }) => metastore.close())));
  return all;
}
