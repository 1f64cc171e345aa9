import {
  MAX_SEQUENCE,
  containerOf,
  fail,
  invariant,
  messageOf,
  type BlockId,
  type Clock,
  type ContainerId,
  type InodeId,
} from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Logger } from '@alluvium/platform';
import type { fileJournal } from '@alluvium/wire';
import type { BlockState } from '../block/block-state.js';
import type { InodeTree } from '../file/inode-tree.js';
import { blockLength } from '../file/plan.js';
import type { MountTable } from '../mount/mount-table.js';
import type { MasterState } from '../state.js';
import { Pace } from '../task/pace.js';
import { checkEntry } from './check-entry.js';
import { importEntry, kindOfEntry } from './import-entry.js';

/** An empty state, and the parts of it that entries are checked against. */
export interface RestoreTarget {
  readonly clock: Clock;
  readonly log: Logger;
  readonly state: MasterState;
  readonly tree: InodeTree;
  readonly mounts: MountTable;
  readonly blocks: BlockState;
}

/** What a restore has brought. */
export interface Restored {
  /** Entries of the backup. */
  readonly entries: number;
  readonly inodes: number;
  /** Entries that have no meaning here, by kind; those of unknown kinds as `field NUMBER`. */
  readonly ignored: ReadonlyMap<string, number>;
}

/** Of a backup with other fields than anybody knows. */
const MAX_KINDS = 100;

/**
 * Fills an empty state from the entries of a backup. Throws `invalidArgument`, naming the entry, for a backup that does not make a
 * namespace: the state is of no use then, and nothing of it is durable. Afterwards `journal.begin()` makes it durable.
 */
export async function restoreBackup(
  batches: AsyncIterable<readonly JournalEntry[]>,
  name: string,
  target: RestoreTarget,
): Promise<Restored> {
  invariant(target.tree.root === undefined, 'A backup is restored into an empty state only');
  const restore = new Restore(target);
  const pace = new Pace(target.clock);
  let entries = 0;
  for await (const batch of batches) {
    for (const entry of batch) {
      entries++;
      try {
        restore.take(entry);
      } catch (error) {
        throw fail(
          'invalidArgument',
          `Cannot restore the backup "${name}": entry ${entries}, ${kindOfEntry(entry)}: ${messageOf(error)}`,
          error,
        );
      }
      if (pace.spent()) await pace.rest();
    }
  }
  if (target.tree.root === undefined) throw fail('invalidArgument', `Cannot restore the backup "${name}": it has no root directory`);
  restore.end();
  return { entries, inodes: target.tree.size, ignored: restore.ignored };
}

class Restore {
  readonly #t: RestoreTarget;
  readonly ignored = new Map<string, number>();
  /** The largest of all files and blocks. */
  #container = 0n as ContainerId;
  /** The largest of a directory, and what the backup has as the next. */
  #directory = 0n;
  #nextDirectory = 0n;

  constructor(target: RestoreTarget) {
    this.#t = target;
  }

  take(entry: JournalEntry): void {
    const imported = importEntry(entry, this.#t.tree);
    if (imported.length === 0) this.#ignore(kindOfEntry(entry));
    for (const each of imported) {
      checkEntry(this.#t, each);
      this.#t.state.apply(each);
      this.#noteIds(each);
      if (each.inodeFile !== undefined) this.#describeBlocks(each.inodeFile);
    }
  }

  /** What a backup need not have is made up for. */
  end(): void {
    const { state, blocks, log } = this.#t;
    const largest = containerOf(this.#directory as InodeId) > this.#container ? containerOf(this.#directory as InodeId) : this.#container;
    for (const entry of blocks.planPast(largest)) state.apply(entry);
    if (this.#nextDirectory <= this.#directory) {
      const next = this.#directory + 1n;
      state.apply({ inodeDirectoryIdGenerator: { containerId: next >> 24n, sequenceNumber: next & MAX_SEQUENCE } });
    }
    this.#lookAtMounts();
    if (this.ignored.size > 0) log.warn('entries of the backup have no meaning here', Object.fromEntries(this.ignored));
  }

  #ignore(kind: string): void {
    if (this.ignored.has(kind) || this.ignored.size < MAX_KINDS) this.ignored.set(kind, (this.ignored.get(kind) ?? 0) + 1);
  }

  #noteIds({ inodeFile, inodeDirectory, blockInfo, inodeDirectoryIdGenerator: generator }: JournalEntry): void {
    if (inodeDirectory !== undefined) {
      if (inodeDirectory.id! > this.#directory) this.#directory = inodeDirectory.id!;
    } else if (inodeFile !== undefined) this.#noteContainer(containerOf(inodeFile.id as InodeId));
    else if (blockInfo !== undefined) this.#noteContainer(containerOf(blockInfo.blockId as BlockId));
    else if (generator !== undefined) this.#nextDirectory = ((generator.containerId ?? 0n) << 24n) + (generator.sequenceNumber ?? 0n);
  }

  #noteContainer(container: ContainerId): void {
    if (container > this.#container) this.#container = container;
  }

  /** The blocks of a complete file have the lengths that follow from its own, told or not. */
  #describeBlocks(file: fileJournal.InodeFileEntry): void {
    if (file.completed !== true) return;
    const { state, blocks } = this.#t;
    for (const [index, block] of (file.blocks ?? []).entries()) {
      if (blocks.length(block as BlockId) !== undefined) continue;
      const length = blockLength(Number(file.length ?? 0n), Number(file.blockSizeBytes ?? 0n), index);
      state.apply({ blockInfo: { blockId: block, length: BigInt(Math.max(0, length)) } });
    }
  }

  /** A mount without its directory shows nowhere, and a directory that is none is compared with another store: nobody is stopped by it. */
  #lookAtMounts(): void {
    const { mounts, tree, log } = this.#t;
    for (const { path } of mounts.all()) {
      const walk = tree.walk(path);
      const inode = walk.inodes[walk.names.length];
      if (inode?.kind !== 'directory' || (path !== '/' && !inode.mountPoint)) log.warn('a mount of the backup has no directory', { path });
    }
  }
}
