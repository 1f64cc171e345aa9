// What a master knows, from its disk into memory: the stores of the namespace, filled from the journal or, when that is empty, from a
// backup or with the first entries.
import type { Clock, Random } from '@alluvium/base';
import { localDirectoryStorage, openJournal, type Journal } from '@alluvium/journal';
import { openMetastore, type Metastore } from '@alluvium/metastore';
import type { Configuration, Disk, Gzip, Logger } from '@alluvium/platform';
import type { UnderStoreFactory } from '@alluvium/ufs';
import { restoreOnStart } from './backup-service/restore-on-start.js';
import { BlockMaster } from './block/block-master.js';
import { EventLog } from './events/event-log.js';
import { firstEntries, InodeTree } from './file/index.js';
import { JobLedger } from './job/job-ledger.js';
import { ServiceWords } from './replication/service-words.js';
import { JournalCommitter } from './journal-committer.js';
import { journalOptionsOf, segmentBytes } from './journal-options.js';
import { ClusterState } from './meta/cluster-state.js';
import type { PathProperties } from './meta/path-properties.js';
import { MountTable } from './mount/mount-table.js';
import { requireRoot } from './mount/require-root.js';
import { rootMount } from './mount/root-mount.js';
import * as options from './options.js';
import { MasterState } from './state.js';

interface OpenParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly gzip: Gzip;
  readonly log: Logger;
  readonly configuration: Configuration;
  readonly underStores: UnderStoreFactory;
  /** The owner of the root. */
  readonly user: string;
  readonly groupsOf: (user: string) => readonly string[];
  /** Empty. */
  readonly pathProperties: PathProperties;
  /** Told when the journal or the metastore is broken for good. */
  readonly failed: (error: Error) => void;
}

export interface OpenState {
  readonly state: MasterState;
  readonly metastore: Metastore;
  readonly metastoreKind: 'HEAP' | 'ROCKS';
  readonly blocks: BlockMaster;
  readonly tree: InodeTree;
  readonly cluster: ClusterState;
  readonly jobLedger: JobLedger;
  readonly serviceWords: ServiceWords;
  readonly mounts: MountTable;
  readonly events: EventLog;
  readonly journal: Journal;
  readonly committer: JournalCommitter;
  /** Filled from a backup by this start. */
  readonly restored: boolean;
}

const MAX_SEGMENT_GROWTH_BYTES = 1 << 20;

/** Becomes the one writer of the journal. `closing` gets what is to be closed, also when this throws. */
export async function openState(parts: OpenParts, closing: AsyncDisposableStack): Promise<OpenState> {
  const { configuration, disk } = parts;
  const choice = {
    kind: configuration.get(options.metastoreKind),
    directory: configuration.find(options.metastoreDirectory),
    cacheSize: Math.max(0, configuration.get(options.metastoreCacheSize)),
  };
  const metastore = await openMetastore(choice, disk);
  closing.defer(() => metastore.close());
  void metastore.failed.then(parts.failed);
  const { clock, random, log, pathProperties } = parts;
  const blocks = new BlockMaster(metastore.blocks, clock, random, configuration.get(options.workerWait));
  const tree = new InodeTree(metastore.inodes);
  const cluster = new ClusterState();
  const jobLedger = new JobLedger();
  const serviceWords = new ServiceWords();
  const mounts = new MountTable(rootMount(configuration), parts.underStores, log);
  closing.defer(() => mounts.close());
  await requireRoot(mounts.root, clock, log);
  const events = new EventLog({ tree, mounts }, configuration.get(options.eventsKept));
  const state = new MasterState([tree, mounts, blocks.state, cluster, pathProperties, jobLedger, serviceWords], events);
  const journal = await openMasterJournal(parts, state);
  closing.defer(() => journal.close());
  void journal.failed.then(parts.failed);
  const restored = await restore(parts, journal, { clock, log, state, tree, mounts, blocks: blocks.state });
  events.recovered(journal.lastSequence);
  blocks.workers.recall(serviceWords.all());
  const committer = new JournalCommitter(journal, state);
  const first = journal.lastSequence === 0 ? firstEntries(clock.nowMs(), parts.user, parts.groupsOf(parts.user)[0] ?? parts.user) : [];
  await committer.commit([...first, ...cluster.planIdentity(random)]);
  return {
    state,
    metastore,
    metastoreKind: choice.kind,
    blocks,
    tree,
    cluster,
    jobLedger,
    serviceWords,
    mounts,
    events,
    journal,
    committer,
    restored,
  };
}

async function restore(parts: OpenParts, journal: Journal, target: Parameters<typeof restoreOnStart>[0]['target']): Promise<boolean> {
  const uri = parts.configuration.find(options.initFromBackup) ?? '';
  if (uri === '') return false;
  const { disk, gzip } = parts;
  return restoreOnStart({ disk, gzip, mounts: target.mounts, journal, target }, uri);
}

function openMasterJournal({ disk, clock, log, configuration }: OpenParts, state: MasterState): Promise<Journal> {
  const growthBytes = Math.min(MAX_SEGMENT_GROWTH_BYTES, configuration.get(segmentBytes));
  return openJournal({
    storage: localDirectoryStorage(disk, configuration.get(options.journalFolder), growthBytes),
    clock,
    log,
    state,
    options: journalOptionsOf(configuration),
  });
}
