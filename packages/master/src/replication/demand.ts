// What a file wants of its copies.
import type { FileInode, Inode } from '@alluvium/metastore';

export interface Demand {
  /** Copies of each block that there have to be. */
  readonly min: number;
  /** Copies that there may be; Infinity: any number. Never less than `min`. */
  readonly max: number;
  /** Where `min` of them have to be, best first; empty: anywhere. */
  readonly media: readonly string[];
  /** The bytes are in a store, so that a copy can be made from nothing. */
  readonly isStored: boolean;
}

/** Copies that are wanted because the bytes are in no store yet, as Alluxio 2.9.4 counts them. */
function durableCopies(file: FileInode): number {
  return file.persistence === 'TO_BE_PERSISTED' ? file.replicationDurable : 0;
}

export function demandOf(file: FileInode): Demand {
  const min = Math.max(file.replicationMin, durableCopies(file));
  return {
    min,
    max: file.replicationMax < 0 ? Infinity : Math.max(file.replicationMax, min),
    media: file.pinned ? file.pinnedMedia : [],
    isStored: file.persistence === 'PERSISTED',
  };
}

/** Whether anybody has to look at how many copies there are. One copy of what is in no store is where it was written. */
export function isDemanding(inode: Inode): boolean {
  if (inode.kind !== 'file') return false;
  return inode.pinned || inode.replicationMin > 0 || inode.replicationMax >= 0 || durableCopies(inode) > 1;
}
