import { heapBlockStore } from '@alluvium/metastore';
import { blockStoreContract } from './contract/block-store-contract.js';

blockStoreContract('heap block store', heapBlockStore);
