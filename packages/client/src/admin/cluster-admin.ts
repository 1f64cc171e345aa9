// What an operator asks of a cluster and orders it to do, beside working with its files.
import type { ReplicationAdmin } from './replication-admin.js';
import type { Cancellable } from '../file-system.js';
import type { BackupAdmin } from './backup-admin.js';
import type { CacheAdmin } from './cache-admin.js';
import type { ConfigurationAdmin } from './configuration-admin.js';
import type { JobAdmin } from './job-admin.js';

export interface MasterReport {
  /** `host:port` of the one that leads. */
  readonly leader: string;
  /** All that are known, `host:port`, the leader among them. */
  readonly masters: readonly MasterState[];
  readonly rpcPort: number;
  readonly webPort: number;
  readonly startTimeMs: bigint;
  readonly upTimeMs: bigint;
  readonly version: string;
  readonly safeMode: boolean;
  readonly zookeeperAddresses: readonly string[];
  readonly raftJournal: boolean;
  readonly raftAddresses: readonly string[];
}

export interface MasterState {
  readonly address: string;
  /** PRIMARY, STANDBY or LOST. */
  readonly state: string;
  readonly version: string;
}

export interface CapacityReport {
  readonly capacityBytes: bigint;
  readonly usedBytes: bigint;
  readonly freeBytes: bigint;
  readonly capacityBytesByTier: Readonly<Record<string, bigint>>;
  readonly usedBytesByTier: Readonly<Record<string, bigint>>;
  readonly liveWorkers: number;
  readonly lostWorkers: number;
  readonly decommissionedWorkers: number;
}

/** Which workers a report is about: all, those in one state, or those on the hosts named. */
export type WorkerSelection = 'ALL' | 'LIVE' | 'LOST' | 'DECOMMISSIONED' | readonly string[];

export interface WorkerCapacity {
  readonly workerId: bigint;
  readonly host: string;
  readonly rpcPort: number;
  readonly webPort: number;
  /** ACTIVE, LOST, Decommissioned or Disabled. */
  readonly state: string;
  readonly lastContactSeconds: number;
  readonly cpus: number;
  readonly startTimeMs: bigint;
  readonly capacityBytes: bigint;
  readonly usedBytes: bigint;
  readonly capacityBytesByTier: Readonly<Record<string, bigint>>;
  readonly usedBytesByTier: Readonly<Record<string, bigint>>;
  readonly version: string;
  readonly revision: string;
}

/** Properties that servers have different values of. */
export interface ConfigurationCheckReport {
  readonly status: 'PASSED' | 'WARN' | 'FAILED';
  readonly errors: readonly ConfigurationDifference[];
  readonly warnings: readonly ConfigurationDifference[];
}

export interface ConfigurationDifference {
  /** Who should agree: MASTER, WORKER, SERVER or ALL. */
  readonly scope: string;
  readonly name: string;
  /** The servers, `host:port`, by the value they have. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

export interface LostStorage {
  readonly host: string;
  /** Paths of directories by tier. */
  readonly pathsByTier: Readonly<Record<string, readonly string[]>>;
}

export interface ProxyReport {
  readonly address: string;
  readonly state: string;
  readonly startTimeMs: bigint;
  readonly lastHeartbeatTimeMs: bigint;
  readonly version: string;
}

export interface DecommissionOptions extends Cancellable {
  /** Whether the worker comes back when it registers again; else it is kept out until it is enabled. Default true. */
  readonly mayRegisterAgain?: boolean;
}

export type TaskState = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** Work that takes long: a sync, a recursive operation. */
export interface TaskReport {
  readonly taskId: bigint;
  readonly kind: string;
  readonly path: string;
  readonly user: string;
  readonly state: TaskState;
  readonly startedMs: bigint;
  readonly endedMs: bigint | undefined;
  /** Inodes; the total may become known while it runs. */
  readonly done: bigint;
  readonly total: bigint | undefined;
  readonly figures: Readonly<Record<string, bigint>>;
  readonly currentPath: string | undefined;
  readonly error: string | undefined;
  readonly dryRun: boolean;
}

/** A path that an operation holds, or waits for: see docs/SEMANTICS.md for the modes. */
/** How the journal of the master is. */
export interface JournalReport {
  /** SERVING, READ_ONLY (changes are refused until there is space again) or BROKEN (until the master is started again). */
  readonly state: string;
  /** Why changes are refused. */
  readonly refusal: string | undefined;
  readonly epoch: bigint;
  readonly lastSequence: bigint;
  readonly durableSequence: bigint;
  readonly segments: bigint;
  readonly segmentBytes: bigint;
  readonly bytesSinceCheckpoint: bigint;
  /** Oldest first. */
  readonly checkpoints: readonly CheckpointReport[];
  /** Of one that is being made. */
  readonly checkpointEntriesWritten: bigint | undefined;
  /** Why the last attempt failed. */
  readonly checkpointError: string | undefined;
  /** Of the journal; `low`: less is free than is configured to be told of. */
  readonly disk: { readonly capacityBytes: bigint; readonly availableBytes: bigint; readonly low: boolean } | undefined;
  /** HEAP or ROCKS. */
  readonly metastore: string;
  readonly inodes: bigint;
  readonly blocks: bigint;
}

export interface CheckpointReport {
  /** Of the last operation in it. */
  readonly sequence: bigint;
  readonly epoch: bigint;
  readonly createdMs: bigint;
  readonly bytes: bigint;
}

export interface LockReport {
  readonly path: string;
  /** READ, WRITE_INODE or WRITE_EDGE. */
  readonly mode: string;
  readonly held: boolean;
  readonly operation: string;
  readonly user: string;
  readonly sinceMs: bigint;
}

export interface DirectoryOutcome {
  readonly path: string;
  readonly listed: bigint;
  readonly created: bigint;
  readonly updated: bigint;
  readonly removed: bigint;
  readonly unchanged: bigint;
  readonly skipped: bigint;
  readonly failed: bigint;
  readonly error: string | undefined;
  readonly durationMs: bigint;
}

export interface TaskDetails {
  readonly task: TaskReport;
  readonly directories: readonly DirectoryOutcome[];
  /** How many directories there are results of, kept or not. */
  readonly directoriesTotal: bigint;
}

export interface ListTasksOptions extends Cancellable {
  /** Those that have ended too, as far as the master remembers them. */
  readonly ended?: boolean;
  readonly kind?: string;
}

export interface DoctorOptions extends Cancellable {
  /** Mends what is found; default false. */
  readonly repair?: boolean;
  /** Inodes, names and blocks looked at each second; default: as fast as serving allows. */
  readonly checksPerSecond?: number;
}

/** Findings are kept, and sent, up to a limit. */
export interface FindingRange extends Cancellable {
  readonly limit?: number;
  /** How many to pass over. */
  readonly after?: number;
}

/** Something about the namespace that is not as it has to be; docs/SEMANTICS.md lists the kinds. */
export interface DoctorFinding {
  readonly kind: string;
  /** A path, or what names something that has none. */
  readonly subject: string;
  readonly inodeId: bigint | undefined;
  readonly blockId: bigint | undefined;
  readonly detail: string;
  /** What mends it, or what somebody has to do. */
  readonly remedy: string;
  readonly repaired: boolean;
}

export interface DoctorFindings {
  readonly findings: readonly DoctorFinding[];
  /** In all. */
  readonly total: bigint;
  /** Of them those that are not kept for want of room. */
  readonly dropped: bigint;
}

export interface ClusterAdmin extends ConfigurationAdmin, BackupAdmin, CacheAdmin, ReplicationAdmin {
  master(options?: Cancellable): Promise<MasterReport>;
  capacity(options?: Cancellable): Promise<CapacityReport>;
  /** In the order of their hosts. `invalidArgument` for a host that no worker is on. */
  workers(selection: WorkerSelection, options?: Cancellable): Promise<WorkerCapacity[]>;
  proxies(options?: Cancellable): Promise<ProxyReport[]>;
  /** Counters and gauges by name, in the order of the names. */
  metrics(options?: Cancellable): Promise<Map<string, number | string>>;
  clearMetrics(options?: Cancellable): Promise<void>;
  /** Sets the counters of a worker to 0. */
  clearWorkerMetrics(worker: WorkerCapacity, options?: Cancellable): Promise<void>;
  configurationCheck(options?: Cancellable): Promise<ConfigurationCheckReport>;
  lostStorage(options?: Cancellable): Promise<LostStorage[]>;
  /** Writes a checkpoint of the journal; answers on which host. */
  checkpoint(options?: Cancellable): Promise<string>;
  /** `unimplemented` by a master of Alluxio. */
  journal(options?: Cancellable): Promise<JournalReport>;
  /** Who holds or waits for locks, a line each. */
  lockHolders(options?: Cancellable): Promise<string[]>;
  /** The same one by one: what is held, then what waits, each in order of arrival. */
  locks(options?: Cancellable): Promise<LockReport[]>;
  /** `notFound` for an id of nothing. */
  pathOf(fileId: bigint, options?: Cancellable): Promise<string>;

  /** Takes a worker out of service; it hands over what it has, which `replication` tells of. `notFound` when none is there. */
  decommissionWorker(host: string, webPort: number, options?: DecommissionOptions): Promise<void>;
  /** Lets a worker register again that was kept out; one that hands over what it has is in service again. */
  enableWorker(host: string, webPort: number, options?: Cancellable): Promise<void>;
  /** Drops all blocks of a worker. */
  freeWorker(worker: WorkerCapacity, options?: Cancellable): Promise<void>;

  /** Begins to follow a store; `internal` where a store cannot be followed. */
  startSync(path: string, options?: Cancellable): Promise<void>;
  stopSync(path: string, options?: Cancellable): Promise<void>;
  syncPaths(options?: Cancellable): Promise<string[]>;

  /** Work on many files that the master goes on with after a restart. */
  readonly jobs: JobAdmin;

  tasks(options?: ListTasksOptions): Promise<TaskReport[]>;
  /** With the results of its directories, as far as they are kept. */
  task(taskId: bigint, options?: Cancellable): Promise<TaskDetails>;
  /** Begins to examine the namespace, as a task of kind `doctor`; answers its id. `failedPrecondition` while another is under way. */
  doctor(options?: DoctorOptions): Promise<bigint>;
  /** What such a task has found so far. */
  findings(taskId: bigint, options?: FindingRange): Promise<DoctorFindings>;
  /** Whether it was still running. */
  cancelTask(taskId: bigint, options?: Cancellable): Promise<boolean>;
}
