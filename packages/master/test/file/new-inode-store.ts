// The store of inodes that tests work with: in the heap, or with ALLUVIUM_TEST_METASTORE=ROCKS:SIZE in RocksDB with SIZE of them in memory.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { heapInodeStore, openMetastore, type InodeStore } from '@alluvium/metastore';
import { nodeDisk } from '@alluvium/platform';

/** Worlds of one file of tests that are in use at the same time are fewer. */
const STORES = 32;

const [kind, size] = (process.env['ALLUVIUM_TEST_METASTORE'] ?? 'HEAP').split(':');
/** They cannot be opened where they are wanted: that takes a promise. */
const stores = kind === 'ROCKS' ? await openSome(Number(size)) : undefined;

async function openSome(cacheSize: number): Promise<InodeStore[]> {
  const directory = mkdtempSync(join(tmpdir(), 'alluvium-inodes-'));
  const numbers = Array.from({ length: STORES }, (_, number) => join(directory, String(number)));
  const opened = await Promise.all(numbers.map((at) => openMetastore({ kind: 'ROCKS', directory: at, cacheSize }, nodeDisk())));
  after(async () => {
    for (const metastore of opened) await metastore.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return opened.map(({ inodes }) => inodes);
}

let taken = 0;

export function newInodeStore(): InodeStore {
  if (stores === undefined) return heapInodeStore();
  const store = stores[taken++ % STORES]!;
  store.clear();
  return store;
}
