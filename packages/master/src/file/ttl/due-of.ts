import type { Inode } from '@alluvium/metastore';

/** When the time to live of an inode is over, in milliseconds since the epoch; undefined when it has none. */
export function dueMsOf(inode: Inode): number | undefined {
  return inode.ttlMs < 0 ? undefined : inode.creationTimeMs + inode.ttlMs;
}
