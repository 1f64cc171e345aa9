import type { Cancellable } from '../file-system.js';
import type { ClientContext } from '../operations/context.js';
import type { BackupOptions, BackupProgress, BackupsReport } from './backup-admin.js';
import { explainCache, getCacheUse, listCachePolicies } from './cache.js';
import type { CacheExplanation, CachePolicy, CacheUseReport, ExplainOptions } from './cache-admin.js';
import { getBackupProgress, listBackups, startBackup } from './backups.js';
import type {
  CapacityReport,
  ClusterAdmin,
  ConfigurationCheckReport,
  DecommissionOptions,
  DoctorFindings,
  DoctorOptions,
  FindingRange,
  JournalReport,
  ListTasksOptions,
  LockReport,
  LostStorage,
  MasterReport,
  ProxyReport,
  TaskDetails,
  TaskReport,
  WorkerCapacity,
  WorkerSelection,
} from './cluster-admin.js';
import type { UfsMode } from './configuration-admin.js';
import { getPathProperties, removePathProperties, setPathProperties, setUfsMode, updateConfiguration } from './configuration.js';
import type { JobAdmin } from './job-admin.js';
import { connectedJobs } from './jobs.js';
import { getJournal } from './journal.js';
import { listFindings, startDoctor } from './doctor.js';
import { listLocks } from './locks.js';
import { getReplication } from './replication.js';
import type { ReplicationOptions, ReplicationReport } from './replication-admin.js';
import { checkpoint, clearWorkerMetrics, decommissionWorker, enableWorker, freeWorker, startSync, stopSync, syncPaths } from './orders.js';
import {
  clearMetrics,
  getCapacity,
  getConfigurationCheck,
  getLockHolders,
  getLostStorage,
  getMaster,
  getMetrics,
  getPathOf,
  getProxies,
  getWorkerCapacities,
} from './reports.js';
import { cancelTask, getTask, listTasks } from './tasks.js';

/** The operator's calls over the connection of a file system; `here` throws when that is closed. */
export class ConnectedAdmin implements ClusterAdmin {
  readonly jobs: JobAdmin;
  readonly #here: () => ClientContext;

  constructor(here: () => ClientContext) {
    this.#here = here;
    this.jobs = connectedJobs(here);
  }

  async master(options?: Cancellable): Promise<MasterReport> {
    return await getMaster(this.#here(), options);
  }

  async capacity(options?: Cancellable): Promise<CapacityReport> {
    return await getCapacity(this.#here(), options);
  }

  async workers(selection: WorkerSelection, options?: Cancellable): Promise<WorkerCapacity[]> {
    return await getWorkerCapacities(this.#here(), selection, options);
  }

  async proxies(options?: Cancellable): Promise<ProxyReport[]> {
    return await getProxies(this.#here(), options);
  }

  async metrics(options?: Cancellable): Promise<Map<string, number | string>> {
    return await getMetrics(this.#here(), options);
  }

  async clearMetrics(options?: Cancellable): Promise<void> {
    await clearMetrics(this.#here(), options);
  }

  async clearWorkerMetrics(worker: WorkerCapacity, options?: Cancellable): Promise<void> {
    await clearWorkerMetrics(this.#here(), worker, options);
  }

  async configurationCheck(options?: Cancellable): Promise<ConfigurationCheckReport> {
    return await getConfigurationCheck(this.#here(), options);
  }

  async lostStorage(options?: Cancellable): Promise<LostStorage[]> {
    return await getLostStorage(this.#here(), options);
  }

  async checkpoint(options?: Cancellable): Promise<string> {
    return await checkpoint(this.#here(), options);
  }

  async replication(options?: ReplicationOptions): Promise<ReplicationReport> {
    return await getReplication(this.#here(), options);
  }

  async journal(options?: Cancellable): Promise<JournalReport> {
    return await getJournal(this.#here(), options);
  }

  async backup(options?: BackupOptions): Promise<BackupProgress> {
    return await startBackup(this.#here(), options);
  }

  async backupProgress(backupId: string, options?: Cancellable): Promise<BackupProgress> {
    return await getBackupProgress(this.#here(), backupId, options);
  }

  async backups(options?: Cancellable): Promise<BackupsReport> {
    return await listBackups(this.#here(), options);
  }

  async cachePolicies(options?: Cancellable): Promise<CachePolicy[]> {
    return await listCachePolicies(this.#here(), options);
  }

  async explainCache(path: string, options?: ExplainOptions): Promise<CacheExplanation> {
    return await explainCache(this.#here(), path, options);
  }

  async cacheUse(options?: Cancellable & { readonly limit?: number }): Promise<CacheUseReport> {
    return await getCacheUse(this.#here(), options);
  }

  async lockHolders(options?: Cancellable): Promise<string[]> {
    return await getLockHolders(this.#here(), options);
  }

  async locks(options?: Cancellable): Promise<LockReport[]> {
    return await listLocks(this.#here(), options);
  }

  async pathOf(fileId: bigint, options?: Cancellable): Promise<string> {
    return await getPathOf(this.#here(), fileId, options);
  }

  async decommissionWorker(host: string, webPort: number, options?: DecommissionOptions): Promise<void> {
    await decommissionWorker(this.#here(), host, webPort, options);
  }

  async enableWorker(host: string, webPort: number, options?: Cancellable): Promise<void> {
    await enableWorker(this.#here(), host, webPort, options);
  }

  async freeWorker(worker: WorkerCapacity, options?: Cancellable): Promise<void> {
    await freeWorker(this.#here(), worker, options);
  }

  async setUfsMode(ufsUri: string, mode: UfsMode, options?: Cancellable): Promise<void> {
    await setUfsMode(this.#here(), ufsUri, mode, options);
  }

  async pathProperties(options?: Cancellable): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    return await getPathProperties(this.#here(), options);
  }

  async setPathProperties(path: string, properties: Readonly<Record<string, string>>, options?: Cancellable): Promise<void> {
    await setPathProperties(this.#here(), path, properties, options);
  }

  async removePathProperties(path: string, names: readonly string[], options?: Cancellable): Promise<void> {
    await removePathProperties(this.#here(), path, names, options);
  }

  async updateConfiguration(properties: Readonly<Record<string, string>>, options?: Cancellable): Promise<ReadonlyMap<string, boolean>> {
    return await updateConfiguration(this.#here(), properties, options);
  }

  async startSync(path: string, options?: Cancellable): Promise<void> {
    await startSync(this.#here(), path, options);
  }

  async stopSync(path: string, options?: Cancellable): Promise<void> {
    await stopSync(this.#here(), path, options);
  }

  async syncPaths(options?: Cancellable): Promise<string[]> {
    return await syncPaths(this.#here(), options);
  }

  async tasks(options?: ListTasksOptions): Promise<TaskReport[]> {
    return await listTasks(this.#here(), options);
  }

  async task(taskId: bigint, options?: Cancellable): Promise<TaskDetails> {
    return await getTask(this.#here(), taskId, options);
  }

  async doctor(options?: DoctorOptions): Promise<bigint> {
    return await startDoctor(this.#here(), options);
  }

  async findings(taskId: bigint, options?: FindingRange): Promise<DoctorFindings> {
    return await listFindings(this.#here(), taskId, options);
  }

  async cancelTask(taskId: bigint, options?: Cancellable): Promise<boolean> {
    return await cancelTask(this.#here(), taskId, options);
  }
}
