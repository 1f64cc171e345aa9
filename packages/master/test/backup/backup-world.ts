// Backups of the small masters that the tests of the namespace have, and masters that are restored from them.
import { stateHash, type JournalEntry } from '@alluvium/journal';
import { backupEntries, restoreBackup, type BackupSource, type Restored } from '@alluvium/master/backup/index.js';
import { ClusterState } from '@alluvium/master/meta/cluster-state.js';
import { MasterState } from '@alluvium/master/state.js';
import { silentLogger } from '@alluvium/platform';
import { journal } from '@alluvium/wire';
import { World } from '../file/world.js';

export const CLUSTER_ID = '9591fab2-c60a-4993-92ae-340323561655';

/** Of simulated time: random steps wait for days. */
export const LONG_MS = 10 ** 12;

function someCluster(): ClusterState {
  const cluster = new ClusterState();
  cluster.apply({ clusterInfo: { clusterId: CLUSTER_ID } });
  return cluster;
}

export function sourceOf(w: World, cluster = someCluster()): BackupSource {
  const { clock, inodes, tree, mounts, pathProperties } = w;
  return { clock, inodes, tree, mounts, blocks: w.blocks.state, cluster, pathProperties };
}

/** All entries of a backup, as a reader of the file gets them. `between` is done after each batch. */
export async function backedUp(
  w: World,
  between: () => Promise<unknown> = () => Promise.resolve(),
  cluster?: ClusterState,
): Promise<JournalEntry[]> {
  const out: JournalEntry[] = [];
  const taken = async (): Promise<void> => {
    for await (const batch of backupEntries(sourceOf(w, cluster))) {
      for (const entry of batch) out.push(journal.JournalEntry.decode(journal.JournalEntry.encode(entry).finish()));
      await between();
    }
  };
  await w.clock.run(taken(), LONG_MS);
  return out;
}

export interface RestoredWorld {
  readonly world: World;
  readonly cluster: ClusterState;
  readonly restored: Restored;
  /** Its warnings. */
  readonly warnings: readonly string[];
}

/** A master that was filled from these entries. */
export async function restoredFrom(entries: readonly JournalEntry[], stores?: World['stores']): Promise<RestoredWorld> {
  const world = new World({ entries: [], ...(stores && { stores }) });
  const cluster = new ClusterState();
  const { clock, tree, mounts, pathProperties } = world;
  const blocks = world.blocks.state;
  const state = new MasterState([tree, mounts, blocks, cluster, pathProperties]);
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (message: string, fields?: object) => void warnings.push(`${message} ${JSON.stringify(fields)}`) };
  const restored = await clock.run(restoreBackup(inBatches(entries), 'old.gz', { clock, log, state, tree, mounts, blocks }));
  return { world, cluster, restored, warnings };
}

async function* inBatches(entries: readonly JournalEntry[]): AsyncGenerator<readonly JournalEntry[]> {
  for (let at = 0; at < entries.length; at += 7) yield entries.slice(at, at + 7);
}

/**
 * A hash of what a backup carries: all but the ids of finished operations, what was under way in a store, and the orders that persist
 * files.
 */
export function carried(w: World): string {
  return stateHash(carriedEntries(w));
}

export function* carriedEntries(w: World): Generator<JournalEntry> {
  const snapshot = w.state.snapshot();
  for (let next = snapshot.next(); next.done !== true; next = snapshot.next()) {
    const entry = next.value;
    if (entry.operationId !== undefined || entry.alluvium?.storeIntent !== undefined) continue;
    if (entry.inodeFile === undefined) yield entry;
    else {
      const { persistJobId: _order, tempUfsPath: _path, ...rest } = entry.inodeFile;
      yield { inodeFile: rest };
    }
  }
}
