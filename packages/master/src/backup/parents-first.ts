import { ROOT_INODE_ID, type InodeId } from '@alluvium/base';
import { IdSet, heapMetastore, type DirectoryInode, type Inode, type InodeStore } from '@alluvium/metastore';

/**
 * Brings directories, which come in any order, into one in which each comes after the one it is in. Mostly they do already, since
 * ids grow as directories are made; one that was moved into a younger one waits, as compactly as inodes are kept.
 */
export class ParentsFirst {
  readonly #answered = new IdSet<InodeId>();
  readonly #waiting: InodeStore = heapMetastore().inodes;

  /** How many have come before the directory they are in. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Answers those whose turn it is now that this one is here. */
  *take(directory: DirectoryInode): Generator<DirectoryInode> {
    if (directory.id !== ROOT_INODE_ID && !this.#answered.has(directory.parentId)) {
      this.#waiting.put(directory);
      return;
    }
    this.#answered.add(directory.id);
    yield directory;
    yield* this.#below(directory.id);
  }

  *#below(id: InodeId): Generator<DirectoryInode> {
    const open: IterableIterator<Inode>[] = [this.#waiting.children(id)];
    for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
      const next = at.next();
      if (next.done === true) {
        open.pop();
        continue;
      }
      const directory = next.value as DirectoryInode;
      this.#waiting.remove(directory.id);
      this.#answered.add(directory.id);
      yield directory;
      open.push(this.#waiting.children(directory.id));
    }
  }
}
