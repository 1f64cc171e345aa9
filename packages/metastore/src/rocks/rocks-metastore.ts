import type { Disk } from '@alluvium/platform';
import type { Metastore } from '../metastore.js';
import { loadRocks } from './binding.js';
import { emptyDirectory } from './empty-directory.js';
import { RocksBlockStore } from './rocks-block-store.js';
import { RocksDatabase } from './rocks-database.js';
import { RocksInodeStore } from './rocks-inode-store.js';

/** Inodes and blocks in RocksDB below `directory`, which is emptied first; `cacheSize` of each in memory as objects. */
export async function rocksMetastore(disk: Disk, directory: string, cacheSize: number): Promise<Metastore> {
  const binding = await loadRocks();
  const database = await RocksDatabase.create(binding, await emptyDirectory(disk, directory));
  return {
    inodes: new RocksInodeStore(database, cacheSize),
    blocks: new RocksBlockStore(database, cacheSize),
    failed: database.failed,
    close: () => database.close(),
  };
}
