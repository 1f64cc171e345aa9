// Which files want something of their copies, derived from the inodes.
import type { InodeId } from '@alluvium/base';
import { IdSet, type FileInode } from '@alluvium/metastore';
import { isDemanding } from './demand.js';

export class DemandingFiles {
  readonly #ids = new IdSet<InodeId>();
  /** Told of each file that is, or was until now, one of them and whose inode changes, with what it is now; synchronously. */
  changed: ((file: InodeId, inode: FileInode | undefined) => void) | undefined;

  get size(): number {
    return this.#ids.size;
  }

  has(file: InodeId): boolean {
    return this.#ids.has(file);
  }

  /** In any order; survives changes made meanwhile. */
  values(): IterableIterator<InodeId> {
    return this.#ids.values();
  }

  put(inode: FileInode): void {
    const isOne = isDemanding(inode);
    if (isOne) this.#ids.add(inode.id);
    if (isOne || this.#ids.delete(inode.id)) this.changed?.(inode.id, inode);
  }

  remove(file: InodeId): void {
    if (this.#ids.delete(file)) this.changed?.(file, undefined);
  }
}
