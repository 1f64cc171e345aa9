import { fail, invariant, messageOf, type Clock } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Logger } from '@alluvium/platform';
import type { BlockState } from '../block/block-state.js';
import type { InodeTree } from '../file/inode-tree.js';
import type { MountTable } from '../mount/mount-table.js';
import type { MasterState } from '../state.js';
import { Pace } from '../task/pace.js';

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

/**
 * Fills an empty state from the entries of a backup. Throws `invalidArgument`, naming the entry, for a backup that does not make a
 * namespace; the state is of no use then, and nothing of it is durable. Afterwards `journal.begin()` makes it durable.
 */
export async function restoreBackup(
  batches: AsyncIterable<readonly JournalEntry[]>,
  name: string,
  target: RestoreTarget,
): Promise<Restored> {
  invariant(target.tree.root === undefined, 'A backup is restored into an empty state only');
  const pace = new Pace(target.clock);
  let entries = 0;
  for await (const batch of batches) {
    for (const entry of batch) {
      entries++;
      try {
        target.state.apply(entry);
      } catch (error) {
        throw fail('invalidArgument', `Cannot restore the backup "${name}": entry ${entries}: ${messageOf(error)}`, error);
      }
      if (pace.spent()) await pace.rest();
    }
  }
  if (target.tree.root === undefined) throw fail('invalidArgument', `Cannot restore the backup "${name}": it has no root`);
  return { entries, inodes: target.tree.size, ignored: new Map() };
}
