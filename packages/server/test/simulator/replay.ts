// The state of the master, rebuilt from what lies on its disk: from nothing, and step by step as a standby does.
import { fail } from '@alluvium/base';
import { localDirectoryStorage, stateHash, type JournalEntry, type JournaledState } from '@alluvium/journal';
import { recover } from '@alluvium/journal/recover.js';
import { BlockMaster } from '@alluvium/master/block/block-master.js';
import { InodeTree } from '@alluvium/master/file/index.js';
import { JobLedger } from '@alluvium/master/job/job-ledger.js';
import { ClusterState } from '@alluvium/master/meta/cluster-state.js';
import { PathProperties } from '@alluvium/master/meta/path-properties.js';
import { MountTable } from '@alluvium/master/mount/mount-table.js';
import { ServiceWords } from '@alluvium/master/replication/service-words.js';
import { MasterState } from '@alluvium/master/state.js';
import { heapMetastore } from '@alluvium/metastore';
import { silentLogger } from '@alluvium/platform';
import { SeededRandom, SimClock, SimDisk, type SimCluster } from '@alluvium/testkit';

export const JOURNAL_FOLDER = '/journal';

/** Files of the journal by path. */
export type JournalFiles = ReadonlyMap<string, Buffer>;

export interface Replayed {
  readonly sequence: number;
  readonly hash: string;
  readonly parts: StateParts;
}

export interface StateParts {
  readonly state: MasterState;
  readonly metastore: ReturnType<typeof heapMetastore>;
  readonly tree: InodeTree;
  readonly mounts: MountTable;
  readonly blocks: BlockMaster;
}

/** What a crash at this moment would surely leave. The reserve is left out. */
export function journalFiles({ disk }: SimCluster['master']): Map<string, Buffer> {
  const files = disk.durableFiles(JOURNAL_FOLDER);
  files.delete(`${JOURNAL_FOLDER}/reserve`);
  return files;
}

/** A state without anything in it. */
export function emptyState(cluster: SimCluster): StateParts {
  const clock = new SimClock();
  const metastore = heapMetastore();
  const blocks = new BlockMaster(metastore.blocks, clock, new SeededRandom(1), 0);
  const tree = new InodeTree(metastore.inodes);
  const root = { ufsUri: cluster.store.uri, readOnly: false, shared: false, properties: new Map<string, string>() };
  const closed = { open: (uri: string) => fail('unavailable', `A replay does not ask ${uri}`) as never };
  const mounts = new MountTable(root, closed, silentLogger);
  const state = new MasterState([
    tree,
    mounts,
    blocks.state,
    new ClusterState(),
    new PathProperties(),
    new JobLedger(),
    new ServiceWords(),
  ]);
  return { state, metastore, tree, mounts, blocks };
}

/** Throws as a start would. */
export async function replay(cluster: SimCluster, files: JournalFiles): Promise<Replayed> {
  const parts = emptyState(cluster);
  const { lastSequence } = await recovered(files, parts.state);
  return { sequence: lastSequence, hash: stateHash(parts.state.snapshot()), parts };
}

/** A state that is kept, and brought up to what the journal has by the operations that it does not have yet. */
export class Standby {
  readonly #cluster: SimCluster;
  #parts: StateParts;
  #sequence = 0;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
    this.#parts = emptyState(cluster);
  }

  /** Answers the hash of the state. */
  async follow(files: JournalFiles): Promise<string> {
    const probe = await recovered(files, { apply: () => {}, snapshot: () => [][Symbol.iterator]() });
    // The log in between was cut behind a checkpoint: it begins anew with that.
    const anew = probe.checkpointSequence > this.#sequence;
    if (anew) this.#parts = emptyState(this.#cluster);
    const known = anew ? 0 : this.#sequence;
    const { state } = this.#parts;
    const rest: JournaledState = {
      apply: (entry: JournalEntry, sequence?: number) => {
        if (sequence === undefined ? anew : sequence > known) state.apply(entry, sequence);
      },
      snapshot: () => state.snapshot(),
    };
    const { lastSequence } = await recovered(files, rest);
    this.#sequence = lastSequence;
    return stateHash(state.snapshot());
  }
}

async function recovered(files: JournalFiles, state: JournaledState): ReturnType<typeof recover> {
  const disk = new SimDisk(new SeededRandom(1));
  for (const [path, bytes] of files) disk.restore(path, bytes);
  return recover(localDirectoryStorage(disk.mount(), JOURNAL_FOLDER), state, silentLogger);
}
