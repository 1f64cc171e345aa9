import { inodeStoreContract } from '../contract/inode-store-contract.js';
import { PROGRAMS, sharedRocks } from './stores.js';

for (const { cacheSize, metastore } of await sharedRocks()) {
  const { inodes } = metastore;
  inodeStoreContract(
    `RocksDB inode store, ${cacheSize} in memory`,
    () => {
      inodes.clear();
      return inodes;
    },
    PROGRAMS,
  );
}
