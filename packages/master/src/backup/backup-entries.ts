// What a backup consists of, in the order in which Alluxio writes it, one master after the other by their names: blocks; inodes, each
// behind the directory it is in, mounts and modes of stores; configuration of paths and the id of the cluster.
import type { Clock } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Inode, InodeStore } from '@alluvium/metastore';
import type { BlockState } from '../block/block-state.js';
import type { InodeTree } from '../file/inode-tree.js';
import type { ClusterState } from '../meta/cluster-state.js';
import type { PathProperties } from '../meta/path-properties.js';
import type { MountTable } from '../mount/mount-table.js';
import { Pace } from '../task/pace.js';
import { ParentsFirst } from './parents-first.js';
import { directoryForAlluxio, fileForAlluxio } from './to-alluxio.js';

/** The state that a backup is of. */
export interface BackupSource {
  readonly clock: Clock;
  readonly inodes: InodeStore;
  readonly tree: InodeTree;
  readonly mounts: MountTable;
  readonly blocks: BlockState;
  readonly cluster: ClusterState;
  readonly pathProperties: PathProperties;
}

const BATCH = 128;

/**
 * The state as it is when the first batch is asked for, whatever happens while it is taken, in slices of the event loop. The caller
 * sees to it that this state is durable before it says that there is a backup. `return()` gives up early.
 */
export async function* backupEntries(source: BackupSource): AsyncGenerator<readonly JournalEntry[]> {
  const moment = momentOf(source);
  const pace = new Pace(source.clock);
  try {
    let batch: JournalEntry[] = [];
    for (const entry of entriesOf(moment)) {
      if (entry !== undefined) batch.push(entry);
      if (batch.length >= BATCH) {
        yield batch;
        batch = [];
      }
      if (pace.spent()) await pace.rest();
    }
    yield batch;
  } finally {
    moment.before.return?.();
    moment.directories.return?.();
    moment.files.return?.();
    for (const iterator of moment.behind) iterator.return?.();
  }
}

/** The same state, from several sides. */
interface Moment {
  /** Blocks: they come first. */
  readonly before: Iterator<JournalEntry>;
  /** All inodes, for those that are directories: nobody knows which are before they have come. */
  readonly directories: Iterator<Inode>;
  /** All inodes, for the files. */
  readonly files: Iterator<Inode>;
  readonly behind: readonly Iterator<JournalEntry>[];
}

function momentOf({ inodes, tree, mounts, blocks, cluster, pathProperties }: BackupSource): Moment {
  const generator = tree.directoryIds.entry();
  const kept: JournalEntry[] = tree.persistence.snapshot().map((entry) => ({ ...generator, ...entry }));
  return {
    before: blocks.snapshot(),
    directories: inodes.snapshot(),
    files: inodes.snapshot(),
    behind: [[generator].values(), mounts.snapshot(), kept.values(), pathProperties.snapshot(), cluster.snapshot()],
  };
}

/** Undefined now and then, where there was work without an entry. */
function* entriesOf({ before, directories, files, behind }: Moment): Generator<JournalEntry | undefined> {
  for (let next = before.next(); next.done !== true; next = before.next()) yield next.value;
  const order = new ParentsFirst();
  for (let next = directories.next(); next.done !== true; next = directories.next()) {
    yield undefined;
    if (next.value.kind === 'directory') for (const directory of order.take(next.value)) yield* directoryForAlluxio(directory);
  }
  for (let next = files.next(); next.done !== true; next = files.next())
    yield next.value.kind === 'file' ? fileForAlluxio(next.value) : undefined;
  for (const iterator of behind) for (let next = iterator.next(); next.done !== true; next = iterator.next()) yield next.value;
}
