import { fail } from '@alluvium/base';
import type {
  BackupOptions,
  BackupProgress,
  BackupsReport,
  CapacityReport,
  ClusterAdmin,
  ConfigurationCheckReport,
  DecommissionOptions,
  DoctorFindings,
  DoctorOptions,
  JournalReport,
  ListTasksOptions,
  LockReport,
  LostStorage,
  MasterReport,
  ReplicationReport,
  ProxyReport,
  TaskDetails,
  TaskReport,
  WorkerCapacity,
  WorkerSelection,
} from '@alluvium/client';
import { FakeBackupAdmin } from './fake-backup-admin.js';
import { FakeJobAdmin } from './fake-job-admin.js';
import { FakeCacheAdmin } from './fake-cache-admin.js';

const TIME_MS = BigInt(Date.UTC(2026, 10, 21, 7, 25, 50, 123));
const GB = 1024n ** 3n;

function worker(host: string, state: string): WorkerCapacity {
  return {
    workerId: 9_007_199_254_740_993n,
    host,
    rpcPort: 29999,
    webPort: 30000,
    state,
    lastContactSeconds: 3,
    cpus: 4,
    startTimeMs: TIME_MS,
    capacityBytes: 10n * GB,
    usedBytes: 1n * GB,
    capacityBytesByTier: { MEM: 10n * GB },
    usedBytesByTier: { MEM: 1n * GB },
    version: '2.9.4',
    revision: 'abc',
  };
}

export const NO_REPLICATION: ReplicationReport = {
  files: [],
  queued: 0n,
  running: 0n,
  demanding: 0n,
  copied: 0n,
  copiedBytes: 0n,
  freed: 0n,
  moved: 0n,
  failed: 0n,
  lastPass: undefined,
  drains: [],
  warmed: 0n,
  notWarmed: 0n,
  toWarm: 0n,
  durableWaits: 0n,
  idleReason: undefined,
};

const DOCTOR_TASK = 909n;
const EXAMINED: TaskReport = {
  taskId: DOCTOR_TASK,
  kind: 'doctor',
  path: '/',
  user: 'root',
  state: 'SUCCEEDED',
  startedMs: TIME_MS,
  endedMs: TIME_MS + 1500n,
  done: 12n,
  total: 12n,
  figures: {
    'invalid-name checked': 11n,
    'invalid-name found': 0n,
    'invalid-name repaired': 0n,
    'orphan-block checked': 1n,
    'orphan-block found': 0n,
    'orphan-block repaired': 0n,
    unclear: 0n,
  },
  currentPath: undefined,
  error: undefined,
  dryRun: true,
};

/** A cluster for operators, in memory. */
export class FakeAdmin extends FakeCacheAdmin implements ClusterAdmin {
  readonly ofBackups = new FakeBackupAdmin();
  readonly jobs = new FakeJobAdmin();
  readonly calls: string[] = [];
  check: ConfigurationCheckReport = { status: 'PASSED', errors: [], warnings: [] };
  lost: LostStorage[] = [];
  all: WorkerCapacity[] = [worker('w1', 'ACTIVE'), worker('w2', 'LOST'), worker('w3', 'Decommissioned')];
  holders: string[] = [];
  /** One answer after the other; the last one stays. */
  replications: ReplicationReport[] = [NO_REPLICATION];
  held: LockReport[] = [];
  journalReport: JournalReport = {
    state: 'SERVING',
    refusal: undefined,
    epoch: 3n,
    lastSequence: 120n,
    durableSequence: 119n,
    segments: 2n,
    segmentBytes: 10_000n,
    bytesSinceCheckpoint: 2000n,
    checkpoints: [{ sequence: 100n, epoch: 2n, createdMs: TIME_MS, bytes: 7000n }],
    checkpointEntriesWritten: undefined,
    checkpointError: undefined,
    disk: { capacityBytes: 100n * GB, availableBytes: 25n * GB, low: true },
    metastore: 'HEAP',
    inodes: 12n,
    blocks: 4n,
  };
  /** Held up by a test that looks at what is shown meanwhile. */
  checkpointing: Promise<void> | undefined;
  paths = new Map<bigint, string>();
  running: TaskReport[] = [];
  details: TaskDetails | undefined;
  doctorRefuses: Error | undefined;
  found: DoctorFindings = { findings: [], total: 0n, dropped: 0n };
  /** What becomes of a doctor's task. */
  examined: Partial<TaskReport> = {};
  counters = new Map<string, number | string>();
  proxy: ProxyReport[] = [];

  backup(options?: BackupOptions): Promise<BackupProgress> {
    return this.ofBackups.backup(options);
  }

  backupProgress(backupId: string): Promise<BackupProgress> {
    return this.ofBackups.backupProgress(backupId);
  }

  backups(): Promise<BackupsReport> {
    return this.ofBackups.backups();
  }

  async master(): Promise<MasterReport> {
    return {
      leader: 'm1:19998',
      masters: [
        { address: 'm1:19998', state: 'PRIMARY', version: '2.9.4' },
        { address: 'm2:19998', state: 'STANDBY', version: '2.9.4' },
      ],
      rpcPort: 19998,
      webPort: 19999,
      startTimeMs: TIME_MS,
      upTimeMs: 93_784_000n,
      version: '2.9.4',
      safeMode: false,
      zookeeperAddresses: [],
      raftJournal: false,
      raftAddresses: [],
    };
  }

  async capacity(): Promise<CapacityReport> {
    return {
      capacityBytes: 10n * GB,
      usedBytes: 1n * GB,
      freeBytes: 9n * GB,
      capacityBytesByTier: { MEM: 10n * GB },
      usedBytesByTier: { MEM: 1n * GB },
      liveWorkers: 1,
      lostWorkers: 1,
      decommissionedWorkers: 1,
    };
  }

  async workers(selection: WorkerSelection): Promise<WorkerCapacity[]> {
    if (typeof selection !== 'string') return this.all.filter(({ host }) => selection.includes(host));
    const states = { ALL: /./, LIVE: /^ACTIVE$/, LOST: /^LOST$/, DECOMMISSIONED: /^D/ };
    return this.all.filter(({ state }) => states[selection].test(state));
  }

  async proxies(): Promise<ProxyReport[]> {
    return this.proxy;
  }

  async metrics(): Promise<Map<string, number | string>> {
    return this.counters;
  }

  async clearMetrics(): Promise<void> {
    this.calls.push('clearMetrics');
  }

  async clearWorkerMetrics({ host }: WorkerCapacity): Promise<void> {
    this.calls.push(`clearWorkerMetrics ${host}`);
  }

  async configurationCheck(): Promise<ConfigurationCheckReport> {
    return this.check;
  }

  async lostStorage(): Promise<LostStorage[]> {
    return this.lost;
  }

  async checkpoint(): Promise<string> {
    this.calls.push('checkpoint');
    await this.checkpointing;
    return 'm1';
  }

  async journal(): Promise<JournalReport> {
    return this.journalReport;
  }

  async lockHolders(): Promise<string[]> {
    return this.holders;
  }

  async locks(): Promise<LockReport[]> {
    return this.held;
  }

  async pathOf(fileId: bigint): Promise<string> {
    const path = this.paths.get(fileId);
    if (path === undefined) throw fail('notFound', `inodeId ${fileId} does not exist`);
    return path;
  }

  async replication(): Promise<ReplicationReport> {
    return this.replications.length > 1 ? this.replications.shift()! : this.replications[0]!;
  }

  async decommissionWorker(host: string, webPort: number, options?: DecommissionOptions): Promise<void> {
    this.calls.push(`decommissionWorker ${host}:${webPort} ${String(options?.mayRegisterAgain)}`);
  }

  async enableWorker(host: string, webPort: number): Promise<void> {
    this.calls.push(`enableWorker ${host}:${webPort}`);
  }

  async freeWorker({ host }: WorkerCapacity): Promise<void> {
    this.calls.push(`freeWorker ${host}`);
  }

  async startSync(path: string): Promise<void> {
    this.calls.push(`startSync ${path}`);
  }

  async stopSync(path: string): Promise<void> {
    this.calls.push(`stopSync ${path}`);
  }

  async syncPaths(): Promise<string[]> {
    return ['/a'];
  }

  async tasks(options?: ListTasksOptions): Promise<TaskReport[]> {
    this.calls.push(`tasks ${String(options?.ended)} ${options?.kind ?? ''}`);
    return this.running;
  }

  async task(taskId: bigint): Promise<TaskDetails> {
    if (taskId === DOCTOR_TASK) return { task: { ...EXAMINED, ...this.examined }, directories: [], directoriesTotal: 0n };
    if (this.details === undefined) throw fail('notFound', `No task has the id ${taskId}`);
    return this.details;
  }

  async doctor(options?: DoctorOptions): Promise<bigint> {
    if (this.doctorRefuses !== undefined) throw this.doctorRefuses;
    this.calls.push(`doctor ${String(options?.repair)} ${options?.checksPerSecond ?? 0}`);
    return DOCTOR_TASK;
  }

  async findings(_taskId: bigint, { after = 0 }: { readonly after?: number } = {}): Promise<DoctorFindings> {
    return { ...this.found, findings: this.found.findings.slice(after, after + 2) };
  }

  async cancelTask(taskId: bigint): Promise<boolean> {
    this.calls.push(`cancelTask ${taskId}`);
    return this.running.some((task) => task.taskId === taskId);
  }
}
