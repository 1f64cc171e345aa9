import type { Inode } from '@alluvium/metastore';

/**
 * Whether the store may have something under the inode's path: it is persisted, or an attempt to persist it has begun, and may have
 * got as far as the store without the journal.
 */
export function mayBeStored(inode: Inode | undefined): boolean {
  if (inode === undefined) return false;
  return inode.persistence === 'PERSISTED' || (inode.kind === 'file' && inode.tempUfsPath !== '');
}
