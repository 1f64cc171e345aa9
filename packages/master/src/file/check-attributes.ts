import { fail, type NormalPath } from '@alluvium/base';
import type { Inode } from '@alluvium/metastore';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import { requireXattr } from './plan.js';

// What SetAttribute refuses whoever asks. Kinds and texts are those of a 2.9.4 master.

type Options = fs.SetAttributePOptions;

/** In the order in which Alluxio lists them. */
export const MEDIA: readonly string[] = ['MEM', 'SSD', 'HDD'];

/** Throws for options that the path asked for cannot have. */
export function requireAttributes(inode: Inode, path: NormalPath, options: Options): void {
  requireReplication(inode, options);
  if (options.persisted === true) {
    if (inode.kind === 'directory') throw fail('internal', 'Only files can be persisted');
    if (!inode.completed) throw fail('internal', 'File being persisted must be complete');
  }
  if (options.pinned === true) requireMedia(options.pinnedMedia ?? []);
  requireXattr(path, options.xattr);
}

/** Throws for numbers of copies that contradict each other, or what the inode has; asked for each descendant too. */
export function requireReplication(inode: Inode, options: Options): void {
  const { replicationMin, replicationMax } = options;
  if (replicationMin === undefined && replicationMax === undefined) return;
  if (replicationMin !== undefined && replicationMin < 0) throw fail('internal', 'Min replication must be a non-negative integer');
  const min = replicationMin ?? (inode.kind === 'file' && options.pinned !== false ? inode.replicationMin : 0);
  const max = replicationMax ?? (inode.kind === 'file' ? inode.replicationMax : -1);
  if (max !== -1 && min > max) {
    throw fail(
      'internal',
      `Cannot set min and max replication to be ${min} and ${max}: min replication must be smaller or equal than max replication`,
    );
  }
}

export function requireMedia(media: readonly string[]): void {
  if (media.some((medium) => !MEDIA.includes(medium))) throw fail('internal', '');
}
