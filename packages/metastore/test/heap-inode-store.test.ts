import { heapInodeStore } from '@alluvium/metastore';
import { inodeStoreContract } from './contract/inode-store-contract.js';

inodeStoreContract('heap inode store', heapInodeStore);
