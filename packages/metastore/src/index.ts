export * from './block-store.js';
export * from './inode-store.js';
export * from './inode.js';
