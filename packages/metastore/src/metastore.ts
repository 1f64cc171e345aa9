import type { BlockStore } from './block-store.js';
import { heapBlockStore } from './heap-block-store.js';
import { heapInodeStore } from './heap-inode-store.js';
import type { InodeStore } from './inode-store.js';

/** Where inodes and blocks are kept: one choice for both, empty when it is opened and filled from checkpoint and journal. */
export interface Metastore {
  readonly inodes: InodeStore;
  readonly blocks: BlockStore;
  /** Resolves when it cannot be relied on any more, because its disk has failed or is full: the process must stop, and the next start makes it anew. */
  readonly failed: Promise<Error>;
  /** Gives everything up. Iterations and snapshots that are still open fail with `aborted` at their next step. */
  close(): Promise<void>;
}

/** Everything in the memory of this process. */
export function heapMetastore(): Metastore {
  const inodes = heapInodeStore();
  const blocks = heapBlockStore();
  return {
    inodes,
    blocks,
    failed: new Promise(() => {}),
    close: () => {
      inodes.clear();
      blocks.clear();
      return Promise.resolve();
    },
  };
}
