import { blockStoreContract } from '../contract/block-store-contract.js';
import { PROGRAMS, sharedRocks } from './stores.js';

for (const { cacheSize, metastore } of await sharedRocks()) {
  const { blocks } = metastore;
  blockStoreContract(
    `RocksDB block store, ${cacheSize} in memory`,
    () => {
      blocks.clear();
      return blocks;
    },
    PROGRAMS,
  );
}
