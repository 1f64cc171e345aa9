export * from './block-store.js';
export * from './heap-block-store.js';
export * from './heap-inode-store.js';
export * from './id-set.js';
export * from './inode-store.js';
export * from './inode.js';
export * from './own-string.js';
export * from './paged-map.js';
