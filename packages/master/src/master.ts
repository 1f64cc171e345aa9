// A master put together: state rebuilt from the journal, the services in front of it, and what runs beside them.
import { ROOT_PATH, fileIdOfBlock, type BlockId } from '@alluvium/base';
import type { Journal } from '@alluvium/journal';
import { ServiceTable, type Address, type Authenticator, type Network, type RpcServer } from '@alluvium/net';
import type { Configuration, Environment, Gzip, Health, Logger, Service } from '@alluvium/platform';
import type { UnderStoreFactory } from '@alluvium/ufs';
import type { common } from '@alluvium/wire';
import { AuditLog } from './audit/audit-log.js';
import { AuditTrail } from './audit/audit-trail.js';
import { backupsOf } from './backup-service/backups-of-master.js';
import type { BackupCalls } from './backup-service/operations.js';
import type { BlockMaster } from './block/block-master.js';
import { blockMasterClientService } from './block/client-service.js';
import { BlockIntegrityCheck } from './block/integrity-check.js';
import { LostWorkerDetector } from './block/lost-workers.js';
import { RegisterLeases } from './block/register-leases.js';
import type { RegisterLimits } from './block/register-worker.js';
import { blockMasterWorkerService } from './block/worker-service.js';
import * as blockOptions from './block-options.js';
import { CacheMaster } from './cache/cache-master.js';
import { cacheMasterService } from './cache/cache-service.js';
import { doctorService, findDamage, type Finding, type PatientParts } from './doctor/index.js';
import { Watchers } from './events/watch.js';
import {
  type FileContext,
  type FileContextParts,
  defaultFileOptions,
  fileSystemMasterServices,
  type InodeTree,
  IntentSettler,
  newFileContext,
  removeAbandonedAttempts,
  TtlService,
} from './file/index.js';
import { jobMasterTable, type JobMasterParts } from './job/job-master-service.js';
import { jobServices } from './job/job-service.js';
import { jobsOfMaster } from './job/jobs-of-master.js';
import type { JournalCommitter } from './journal-committer.js';
import type { ClusterState } from './meta/cluster-state.js';
import { ConfigurationCheck } from './meta/configuration-check.js';
import { configurationService } from './meta/configuration-service.js';
import { journalMasterService } from './meta/journal-service.js';
import { journalStatusService } from './meta/journal-status.js';
import { DYNAMIC_OPTIONS, LiveConfiguration, type DynamicOption } from './meta/live-configuration.js';
import { metaMasterService } from './meta/meta-service.js';
import { PathProperties } from './meta/path-properties.js';
import { Proxies } from './meta/proxies.js';
import { MASTER_SERVICES, serviceVersionService } from './meta/service-versions.js';
import { StandbyMasters } from './meta/standby-masters.js';
import { ClusterMetrics } from './metrics/cluster-metrics.js';
import { StoreSweeper } from './mount/sweep-stores.js';
import { namespaceService } from './namespace-service.js';
import { openState, type OpenState } from './open-state.js';
import * as options from './options.js';
import { WorkerControl } from './order/worker-control.js';
import { WorkerOrders } from './order/worker-orders.js';
import { Persistence } from './persist/persistence.js';
import { Replication } from './replication/replication.js';
import { replicationService } from './replication/service.js';

export interface MasterDependencies {
  readonly environment: Environment;
  readonly network: Network;
  readonly underStores: UnderStoreFactory;
  readonly gzip: Gzip;
  readonly configuration: Configuration;
  readonly authenticator: Authenticator;
  /** The user that runs the master: the super user, and the owner of the root. */
  readonly user: string;
  /** Groups of a user, the primary one first. */
  readonly groupsOf: (user: string) => readonly string[];
  /** What clients are told of the configuration; nothing secret. */
  readonly clusterProperties?: readonly common.ConfigProperty[];
  /** Options of the process that may be changed while it runs, besides those of the master. */
  readonly dynamicOptions?: readonly DynamicOption[];
  /** The whole configuration of this server, to be compared with that of others; nothing secret. */
  readonly reportedProperties?: readonly common.ConfigProperty[];
  /** As `GetMasterInfo` says it. */
  readonly version: string;
}

const STOP_GRACE_MS = 5000;

/** A master that serves once `start` resolves. */
export class Master implements Service {
  /** Resolves when this master must not serve on: its journal or metastore is broken for good, or another writer has taken over. */
  readonly failed: Promise<Error>;
  readonly #d: MasterDependencies;
  readonly #log: Logger;
  #reportFailure!: (error: Error) => void;
  #running: Running | undefined;

  constructor(dependencies: MasterDependencies) {
    this.#d = dependencies;
    this.#log = dependencies.environment.log.child({ role: 'master' });
    this.failed = new Promise((resolve) => (this.#reportFailure = resolve));
  }

  /** Where the master serves; undefined before `start` has resolved. */
  get address(): Address | undefined {
    return this.#running?.server.address;
  }

  /** Where it serves as a job master; undefined before `start` has resolved. */
  get jobAddress(): Address | undefined {
    return this.#running?.jobServer.address;
  }

  /** What it knows and the log of that, to compare the one with a replay of the other; undefined while it does not serve. */
  get journaled(): Pick<OpenState, 'state' | 'journal'> | undefined {
    return this.#running;
  }

  async start(): Promise<void> {
    const { environment, configuration } = this.#d;
    const { clock, random } = environment;
    const { live, pathProperties } = this.#configured();
    await using closing = new AsyncDisposableStack();
    const parts = { ...this.#d, ...environment, log: this.#log, pathProperties, failed: this.#reportFailure };
    const opened = await openState(parts, closing);
    const { blocks, tree, events, journal } = opened;
    const control = new WorkerControl(blocks.workers, this.#log);
    // The queue is told of files by the operations, and works through the same context as they do.
    const files = this.#filesOf(opened, closing, {
      live,
      pathProperties,
      persistRequested: (file) => persistence.nudge(file),
      whenDurable: (file) => replication.whenDurable(file),
    });
    closing.defer(() => files.accessTimes.close());
    const persistence = new Persistence({ files, blocks, control, configuration });
    // What is restored may be older than the stores.
    if (opened.restored && configuration.get(options.syncAfterRestore)) files.sync.times.invalidate(ROOT_PATH);
    const settler = new IntentSettler(files);
    closing.defer(() => settler.stop());
    const lostWorkers = new LostWorkerDetector(blocks.workers, clock, this.#log, workerPeriods(configuration));

    const orders = new WorkerOrders(control, random);
    const replication = new Replication({ files, blocks, control, orders, configuration, words: opened.serviceWords });
    const { jobs, slots } = jobsOfMaster({ files, control, orders, jobLedger: opened.jobLedger, configuration });
    const table = new ServiceTable();
    const intervalMs = configuration.get(options.timeSeriesInterval);
    const cache = new CacheMaster({ ...parts, files, blocks, control, events });
    closing.defer(() => cache.stop());
    const integrity = this.#integrityCheck(files, blocks);
    const gauges = [persistence, replication, cache, jobs, integrity];
    const metrics = new ClusterMetrics({ clock, blocks, tree, journal, gauges, intervalMs });
    const backup = backupsOf(opened, { ...parts, files });
    this.#registerCluster(table, { ...opened, metrics, backup, replication });
    replicationService(files, replication)(table);
    configurationService(files)(table);
    fileSystemMasterServices(files)(table);
    jobServices(jobs)(table);
    const watchers = new Watchers(files, events);
    namespaceService(files, watchers, persistence, backup)(table);
    const patient: PatientParts = { c: files, inodes: opened.metastore.inodes, blocks, isQueued: (file) => persistence.queue.has(file) };
    doctorService(patient)(table);
    cacheMasterService(cache, files)(table);
    control.register(table);
    settler.start();
    const server = await this.#listen(configuration.get(options.masterRpcPort), table);
    closing.defer(() => blocks.workers.stop());
    closing.defer(() => server.stop(STOP_GRACE_MS));
    const jobServer = await this.#serveJobs({ jobs, orders, slots, workers: blocks.workers });
    closing.defer(() => jobServer.stop(STOP_GRACE_MS));
    closing.defer(() => watchers.stop());
    closing.defer(() => control.stop());
    closing.defer(() => files.tasks.stop());
    const background: readonly BackgroundService[] = [
      persistence,
      replication,
      lostWorkers,
      metrics,
      jobs,
      ...this.#fileServices(files),
      integrity,
      ...[backup.backups, backup.daily].filter((service) => service !== undefined),
    ];
    for (const service of background) startUntil(closing, service);
    this.#running = { ...opened, patient, server, jobServer, closing: closing.move() };
  }

  /** What a look at everything finds to be wrong, in one stretch: for small namespaces in which nothing is under way. */
  examine(): Finding[] {
    return this.#running === undefined ? [] : findDamage(this.#running.patient);
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    await running.closing.disposeAsync();
  }

  health(): Health {
    const running = this.#running;
    if (running === undefined) return { ready: false, detail: 'not started' };
    const { refusal } = running.journal;
    if (refusal !== undefined) return { ready: false, detail: `read-only: ${refusal.message}` };
    return { ready: true, detail: `${running.blocks.workers.live().length} workers` };
  }

  #integrityCheck(files: FileContext, blocks: BlockMaster): BlockIntegrityCheck {
    const { configuration } = this.#d;
    return new BlockIntegrityCheck(files, blocks.state, blocks.workers, {
      intervalMs: configuration.get(blockOptions.integrityCheckInterval),
      repair: configuration.get(blockOptions.integrityCheckRepair),
    });
  }

  #listen(port: number, table: ServiceTable): Promise<RpcServer> {
    const { configuration, network, authenticator } = this.#d;
    const maxInboundMessageBytes = configuration.get(options.maxInboundMessage);
    return network.serve({ host: configuration.get(options.masterBindHost), port }, table, { authenticator, maxInboundMessageBytes });
  }

  /** What the operations work with; `later` is called only when the master serves. */
  #filesOf({ committer, tree, mounts, blocks }: OpenState, closing: AsyncDisposableStack, later: LateFileParts): FileContext {
    const { environment, groupsOf } = this.#d;
    const { clock, random } = environment;
    const audit = this.#auditLog();
    if (audit !== undefined) closing.defer(() => audit.stop());
    return newFileContext({
      ...this.#filePolicy(),
      ...(audit && {
        audit: new AuditTrail({ clock, tree, groupsOf }, (record) => later.live.get(options.auditEnabled) && audit.add(record)),
      }),
      clock,
      random,
      log: this.#log,
      committer,
      tree,
      mounts,
      blocks,
      ...later,
    });
  }

  /** The port of Alluxio's job master. */
  #serveJobs(parts: Pick<JobMasterParts, 'jobs' | 'orders' | 'slots' | 'workers'>): Promise<RpcServer> {
    const { configuration, environment, version } = this.#d;
    // A master on whatever port is free is one of several on its machine.
    const isOneOfSeveral = configuration.get(options.masterRpcPort) === 0 && configuration.source(options.jobRpcPort)?.source === 'default';
    const port = isOneOfSeveral ? 0 : configuration.get(options.jobRpcPort);
    const table = jobMasterTable({
      ...parts,
      ordersPerWorker: configuration.get(options.jobOrdersPerWorker),
      address: () => ({ host: configuration.get(options.masterHostname), port: this.jobAddress?.port ?? port }),
      startTimeMs: environment.clock.nowMs(),
      version,
    });
    return this.#listen(port, table);
  }

  /** The services about blocks, workers, masters and figures. */
  #registerCluster(table: ServiceTable, parts: ClusterParts): void {
    const { clock } = this.#d.environment;
    const { blocks, tree, committer, metrics, journal, metastoreKind: metastore } = parts;
    journalStatusService({ journal, tree, blocks, metastore })(table);
    const configurations = new ConfigurationCheck(this.#log);
    this.#describe(table, { ...parts, configurations });
    metrics.register(table);
    const { counters } = metrics;
    const hasFile = (block: BlockId): boolean => tree.get(fileIdOfBlock(block)) !== undefined;
    blockMasterClientService({
      blocks,
      committer,
      clock,
      drain: (workers) => parts.replication.drain(workers),
      enabled: (host, webPort) => parts.replication.enabled(host, webPort),
    })(table);
    const registering = this.#registering();
    const leases = new RegisterLeases(clock, registering.atOnce, this.#d.configuration.get(blockOptions.registerLeaseLifetime));
    blockMasterWorkerService({ blocks, committer, clock, hasFile, counters, configurations, leases, registering })(table);
  }

  #registering(): RegisterLimits {
    const { configuration } = this.#d;
    return {
      leaseNeeded: configuration.get(blockOptions.registerLeaseNeeded),
      atOnce: Math.max(1, configuration.get(blockOptions.registerLeases)),
      idleMs: configuration.get(blockOptions.registerStreamIdle),
    };
  }

  /** The configuration that may change while the master runs. */
  #configured(): { live: LiveConfiguration; pathProperties: PathProperties } {
    const { configuration, clusterProperties = [], dynamicOptions = [] } = this.#d;
    // An audit log that was not opened at the start is not opened later.
    const audit = configuration.get(options.auditEnabled) ? [{ option: options.auditEnabled }] : [];
    const live = new LiveConfiguration(configuration, [...DYNAMIC_OPTIONS, ...audit, ...dynamicOptions], clusterProperties);
    return { live, pathProperties: new PathProperties() };
  }

  /** Who may what, and the bounds of the file operations. */
  #filePolicy(): Pick<FileContextParts, 'groupsOf' | 'permissions' | 'options'> {
    const { configuration, groupsOf, user } = this.#d;
    const enabled = configuration.get(options.permissionEnabled);
    const superGroup = configuration.get(options.superGroup);
    const remembered = Math.max(1, configuration.get(options.knownStorePaths));
    const fileOptions = {
      ...defaultFileOptions,
      recursiveBatch: Math.max(1, configuration.get(options.recursiveBatch)),
      inheritOwnership: configuration.get(options.inheritOwnership),
      absentPaths: remembered,
      absentPathMs: configuration.get(options.absentPathLifetime),
      sync: {
        intervalMs: configuration.get(options.syncInterval),
        concurrency: Math.max(1, configuration.get(options.syncConcurrency)),
        rememberedPaths: remembered,
      },
      accessTimes: {
        enabled: configuration.get(options.accessTimeEnabled),
        precisionMs: configuration.get(options.accessTimePrecision),
        flushDelayMs: Math.max(0, configuration.get(options.accessTimeFlush)),
      },
    };
    return { groupsOf, permissions: { enabled, superUser: user, superGroup }, options: fileOptions };
  }

  /** Undefined when it is switched off, or nobody has said where it is. */
  #auditLog(): AuditLog | undefined {
    const { configuration, environment, authenticator } = this.#d;
    const path = configuration.find(options.auditFile);
    if (!configuration.get(options.auditEnabled) || path === undefined) return undefined;
    return new AuditLog(environment.clock, environment.disk, this.#log, {
      path,
      maxBytes: configuration.get(options.auditFileBytes),
      files: configuration.get(options.auditFiles),
      capacity: configuration.get(options.auditQueue),
      authentication: authenticator.scheme,
    });
  }

  /** What is done with files by itself. */
  #fileServices(files: FileContext): BackgroundService[] {
    const { configuration, environment } = this.#d;
    const ttl = new TtlService(files, this.#d.user, configuration.get(options.ttlInterval));
    if (!configuration.get(options.cleanupEnabled)) return [ttl];
    const sweeper = new StoreSweeper({
      clock: environment.clock,
      log: this.#log,
      mounts: files.mounts,
      removeAttempts: (mount, which) => removeAbandonedAttempts(files, mount, which),
      intervalMs: configuration.get(options.cleanupInterval),
      ageMs: configuration.get(options.cleanupAge),
    });
    return [ttl, sweeper];
  }

  /** The services that tell of the master itself. */
  #describe(table: ServiceTable, parts: DescribedParts): void {
    const { configuration, environment, version } = this.#d;
    const { clock, random } = environment;
    const port = configuration.get(options.masterRpcPort);
    const master = {
      address: (): Address => ({ host: configuration.get(options.masterHostname), port: this.address?.port ?? port }),
      webPort: configuration.get(options.masterWebPort),
      startTimeMs: environment.clock.nowMs(),
      version,
    };
    serviceVersionService(MASTER_SERVICES)(table);
    const proxies = new Proxies(clock);
    const standbys = new StandbyMasters(clock, random, parts.configurations);
    const name = `${configuration.get(options.masterHostname)}:${port}`;
    parts.configurations.report(name, 'MASTER', this.#d.reportedProperties ?? []);
    metaMasterService({ clock, ...parts, ...master, proxies, standbys })(table);
    proxies.register(table);
    standbys.register(table);
    journalMasterService()(table);
  }
}

/** Something that runs beside the requests, each with a period of its own. */
interface BackgroundService {
  start(): void;
  stop(): void | Promise<void>;
}

function startUntil(closing: AsyncDisposableStack, service: BackgroundService): void {
  closing.defer(() => service.stop());
  service.start();
}

type LateFileParts = Required<Pick<FileContextParts, 'live' | 'pathProperties' | 'persistRequested' | 'whenDurable'>>;

interface DescribedParts {
  readonly journal: Journal;
  readonly blocks: BlockMaster;
  readonly cluster: ClusterState;
  readonly configurations: ConfigurationCheck;
  readonly backup: BackupCalls;
}

interface ClusterParts extends Omit<DescribedParts, 'configurations'> {
  readonly metastoreKind: OpenState['metastoreKind'];
  readonly tree: InodeTree;
  readonly committer: JournalCommitter;
  readonly metrics: ClusterMetrics;
  readonly replication: Replication;
}

interface Running extends OpenState {
  readonly patient: PatientParts;
  readonly server: RpcServer;
  readonly jobServer: RpcServer;
  /** What is stopped, the last first. */
  readonly closing: AsyncDisposableStack;
}

export function createMaster(dependencies: MasterDependencies): Master {
  return new Master(dependencies);
}

function workerPeriods(configuration: Configuration): ConstructorParameters<typeof LostWorkerDetector>[3] {
  return {
    intervalMs: configuration.get(options.lostWorkerInterval),
    timeoutMs: configuration.get(options.workerTimeout),
    forgetMs: configuration.get(options.lostWorkerForget),
  };
}
