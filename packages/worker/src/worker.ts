// A worker put together: blocks on disk, the services in front of them, and its standing with the master.
import type { BlockId, WorkerId } from '@alluvium/base';
import type { Address, Authenticator, Network, RpcChannel, RpcServer } from '@alluvium/net';
import type { Configuration, Environment, Health, Logger, Service } from '@alluvium/platform';
import type { UnderStoreFactory } from '@alluvium/ufs';
import type { common } from '@alluvium/wire';
import { CacheCounters } from './cache/cache-counters.js';
import { WorkQueue } from './cache/work-queue.js';
import { Counters } from './counters.js';
import { BlockChanges } from './master/block-changes.js';
import { FreedBlocks } from './master/freed-blocks.js';
import { ControlCall } from './order/control-call.js';
import { MasterLink } from './master/master-link.js';
import { MetricsReport } from './master/metrics-report.js';
import { Budgets } from './order/budgets.js';
import { HotBlocks } from './order/hot-blocks.js';
import { blockOrders, type BlockOrders } from './order/load-block.js';
import { persistExecutor } from './order/persist-file.js';
import { PinRefresh } from './master/pin-refresh.js';
import { Pins } from './master/pins.js';
import { CachePolicy } from './policy/cache-policy.js';
import { observers } from './policy/read-observer.js';
import type { WorkerIdentity } from './master/register.js';
import * as masterOptions from './master-options.js';
import * as options from './options.js';
import { workerServiceTable } from './service-table.js';
import * as tierOptions from './tier-options.js';
import { PageRepair } from './scrub/page-repair.js';
import { Scrubber, type ScrubProgress } from './scrub/scrubber.js';
import { BlockStore } from './store/block-store.js';
import { TierTasks } from './store/tier-tasks.js';
import { serveDomainSocket, type DomainSocket } from './transfer/domain-socket.js';
import { KeptFiles } from './transfer/kept-files.js';
import { PagePool } from './transfer/page-pool.js';
import { SharedFiles } from './transfer/shared-files.js';
import { Peers } from './transfer/peers.js';
import { Fetches } from './under/fetches.js';
import { Mounts } from './under/mounts.js';
import { BlockCommits } from './write/commit-block.js';

export interface WorkerDependencies {
  readonly environment: Environment;
  readonly network: Network;
  readonly underStores: UnderStoreFactory;
  readonly configuration: Configuration;
  readonly authenticator: Authenticator;
  /** The user as which this worker speaks to the master and to other workers. */
  readonly user: string;
  readonly version?: string;
  readonly cpus?: number;
  /** What the master is told of the configuration, to compare it with that of others; nothing secret. */
  readonly properties?: readonly common.ConfigProperty[];
}

/** Buffers of a MiB for what is being sent; a client that takes nothing holds one or two. */
const POOL_BUFFERS = 256;
/** Block files kept open between two reads. */
const IDLE_FILES = 512;
const STOP_GRACE_MS = 5000;

/** A worker that serves once `start` resolves and registers in the background; it is ready when the master knows it. */
export class Worker implements Service {
  readonly #d: WorkerDependencies;
  readonly #log: Logger;
  /** Resolves when this worker has given up, having had no master for too long. */
  readonly failed: Promise<Error>;
  #reportFailure!: (error: Error) => void;
  readonly #policy: CachePolicy;
  readonly #store: BlockStore;
  readonly #tierTasks: TierTasks;
  readonly #freed: FreedBlocks;
  readonly #fetches: Fetches;
  readonly #mounts: Mounts;
  readonly #peers: Peers;
  readonly #queue: WorkQueue;
  readonly #channel: RpcChannel;
  readonly #link: MasterLink;
  readonly #pins: PinRefresh;
  readonly #commits: BlockCommits;
  readonly #counters = new Counters();
  readonly #requests = new CacheCounters();
  readonly #pool = new PagePool(POOL_BUFFERS);
  readonly #files: KeptFiles;
  readonly #shared: SharedFiles;
  readonly #repair: PageRepair;
  readonly #scrubber: Scrubber;
  readonly #persist: ReturnType<typeof persistExecutor>;
  readonly #blockOrders: BlockOrders;
  readonly #hot: HotBlocks;
  #server: RpcServer | undefined;
  #domainSocket: DomainSocket | undefined;
  #control: ControlCall | undefined;
  /** Calls that were replaced and are ending. */
  #controlEnded: Promise<void> = Promise.resolve();

  constructor(dependencies: WorkerDependencies) {
    const { environment, network, underStores, configuration, user } = dependencies;
    const { clock, random, disk } = environment;
    this.#d = dependencies;
    this.failed = new Promise((resolve) => (this.#reportFailure = resolve));
    this.#log = environment.log.child({ role: 'worker' });
    const log = this.#log;
    const pins = new Pins(clock, log);
    const changes = new BlockChanges();
    this.#policy = new CachePolicy({
      clock,
      log,
      channel: () => this.#channel,
      intervalMs: configuration.get(options.heartbeatInterval),
      store: () => this.#store,
      partialOf: (id) => this.#fetches.factsOf(id),
    });
    this.#files = new KeptFiles({ disk, log, maxIdle: IDLE_FILES });
    const directories = tierOptions.storageDirectories(configuration);
    const folderMode = options.folderMode(configuration);
    this.#shared = new SharedFiles({ disk, log, random, directories, folderMode });
    this.#store = new BlockStore({
      clock,
      disk: this.#files,
      log,
      classes: this.#policy,
      directories,
      ...tierOptions.storePolicies(configuration, random),
      folderMode,
      isProtected: (block) => pins.isProtected(block),
      protectionVersion: () => pins.version,
      workerName: () => `${configuration.get(options.workerHostname)}/<unresolved>:${this.#port}`,
      listener: {
        committed: (block) => {
          this.#counters.blocksCommitted++;
          changes.committed(block);
          pins.track(block);
        },
        recovered: (block) => {
          changes.recovered(block);
          pins.track(block);
        },
        moved: ({ id, directory }, from) => {
          changes.added(id);
          if (directory.tierAlias === from.tierAlias) return;
          if (directory.number < from.number) this.#counters.blocksPromoted++;
          else this.#counters.blocksDemoted++;
        },
        pinned: (block) => pins.track(block),
        removed: (id, why, group, bytes) => {
          if (why === 'evicted' || why === 'evictedAhead') this.#counters.blocksEvicted++;
          // What comes back in its place may have other blocks under the same names.
          if (why === 'directoryLost') this.#files.letGoOfAll();
          changes.removed(id);
          this.#policy.removed(id, why, group, bytes);
        },
        partialRemoved: (...removal) => this.#policy.removed(...removal),
      },
    });
    this.#tierTasks = new TierTasks({
      clock,
      log,
      store: this.#store,
      align: configuration.get(tierOptions.alignEnabled),
      promote: configuration.get(tierOptions.promoteEnabled),
      fullPercent: configuration.get(tierOptions.promoteQuota),
      coolDownMs: configuration.get(tierOptions.moveCooldown),
      concurrency: configuration.get(tierOptions.moveConcurrency),
    });
    this.#freed = new FreedBlocks({ log, store: this.#store, changes });
    this.#channel = network.connect(
      { host: configuration.get(options.masterHostname), port: configuration.get(options.masterRpcPort) },
      { user },
    );
    this.#link = new MasterLink({
      clock,
      random,
      log,
      channel: this.#channel,
      store: this.#store,
      changes,
      metrics: new MetricsReport(this.#counters, configuration.get(options.workerHostname), this.#requests),
      heartbeatMs: configuration.get(options.heartbeatInterval),
      reportMax: Math.max(1, configuration.get(masterOptions.heartbeatBlocks)),
      registering: masterOptions.registerOptionsOf(configuration),
      giveUpMs: configuration.get(masterOptions.masterRetry),
      identity: () => this.#identity(),
      onFree: (ids, generations) => this.#freed.free(ids, generations),
      onRegistered: (id) => this.#openControl(id),
      onAway: () => this.#closeControl(),
      onGaveUp: (error) => this.#reportFailure(error),
    });
    this.#pins = new PinRefresh({ clock, log, pins, source: this.#link, intervalMs: configuration.get(options.heartbeatInterval) });
    this.#commits = new BlockCommits(this.#store, this.#link);
    this.#mounts = new Mounts({ clock, log, source: this.#link, underStores });
    this.#peers = new Peers(network, user);
    this.#queue = new WorkQueue(configuration.get(options.cacheParallel), configuration.get(options.cacheQueue));
    this.#requests.watch(this.#queue);
    this.#fetches = new Fetches({
      clock,
      disk,
      log,
      store: this.#store,
      mounts: this.#mounts,
      commits: this.#commits,
      pool: this.#pool,
      admission: this.#policy.admission,
      maxRequests: configuration.get(options.fetchRequests),
      onDamage: () => this.#counters.pagesDamaged++,
      onBytes: (storeUri, bytes) => this.#counters.readFromUfs(storeUri, bytes),
    });
    this.#repair = new PageRepair({
      clock,
      disk,
      log,
      store: this.#store,
      peers: this.#peers,
      mounts: this.#mounts,
      counters: this.#counters,
      files: this.#link,
      isSelf: (host, port) => this.#isSelf(host, port),
    });
    this.#scrubber = new Scrubber({
      clock,
      disk,
      log,
      store: this.#store,
      repair: this.#repair,
      counters: this.#counters,
      bytesPerSecond: configuration.get(options.scrubBytesPerSecond),
      intervalMs: configuration.get(options.scrubInterval),
    });
    const budgets = new Budgets(clock);
    this.#persist = persistExecutor({
      log,
      store: this.#store,
      pool: this.#pool,
      repair: this.#repair,
      peers: this.#peers,
      mounts: this.#mounts,
      counters: this.#counters,
      budgets,
    });
    this.#blockOrders = blockOrders({
      random,
      log,
      store: this.#store,
      commits: this.#commits,
      fetches: this.#fetches,
      mounts: this.#mounts,
      peers: this.#peers,
      counters: this.#counters,
      budgets,
      isSelf: (host, port) => this.#isSelf(host, port),
      keep: (block) => {
        block.pinned = true;
        pins.track(block);
      },
      moveBlock: (id, mediumType) => this.#store.move(id, mediumType),
    });
    this.#hot = new HotBlocks({
      clock,
      intervalMs: configuration.get(options.hotBlocksInterval),
      most: Math.max(0, configuration.get(options.hotBlocks)),
      report: (report) => this.#control?.report(report),
      has: (id) => this.#store.has(id),
    });
  }

  /** Where the worker serves; undefined before `start` has resolved. */
  get address(): Address | undefined {
    return this.#server?.address;
  }

  get counters(): Readonly<Counters> {
    return this.#counters;
  }

  /** Damaged pages that no other copy could mend so far. */
  get quarantinedPages(): number {
    return this.#repair.quarantined;
  }

  get scrub(): ScrubProgress {
    return this.#scrubber.progress;
  }

  async start(): Promise<void> {
    const { network, configuration, authenticator, environment } = this.#d;
    await this.#shared.open();
    await this.#store.open();
    await this.#fetches.open();
    const table = workerServiceTable({
      clock: environment.clock,
      random: environment.random,
      log: this.#log,
      store: this.#store,
      fetches: this.#fetches,
      mounts: this.#mounts,
      pool: this.#pool,
      files: this.#files,
      repair: this.#repair,
      counters: this.#counters,
      admission: this.#policy.admission,
      observer: observers(this.#policy.observer, this.#hot),
      commits: this.#commits,
      peers: this.#peers,
      queue: this.#queue,
      requests: this.#requests,
      maxReads: configuration.get(options.maxReaders),
      isSelf: (host, port) => this.#isSelf(host, port),
      shortCircuit: configuration.get(options.shortCircuit),
      shared: this.#shared,
      fetchRest: configuration.get(options.fetchRest),
    });
    const address = { host: configuration.get(options.workerBindHost), port: configuration.get(options.workerRpcPort) };
    const serveOptions = { authenticator, maxInboundMessageBytes: configuration.get(options.maxInbound) };
    this.#server = await network.serve(address, table, serveOptions);
    this.#domainSocket = await serveDomainSocket({ network, configuration, ...environment }, table, serveOptions);
    this.#link.start();
    this.#pins.start();
    this.#hot.start();
    this.#scrubber.start();
    this.#store.watch.start();
    this.#tierTasks.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#server?.stop(STOP_GRACE_MS), this.#domainSocket?.server.stop(STOP_GRACE_MS)]);
    await this.#tierTasks.stop();
    await this.#store.watch.stop();
    await this.#scrubber.stop();
    await this.#repair.drain();
    this.#hot.stop();
    await this.#pins.stop();
    await this.#link.stop();
    this.#freed.stop();
    this.#closeControl();
    await this.#controlEnded;
    await this.#policy.stop();
    await this.#peers.close();
    await this.#channel.close();
    await this.#queue.drain();
    await this.#fetches.drain();
    await this.#mounts.close();
    await this.#files.close();
    await this.#store.close();
  }

  health(): Health {
    if (this.#server === undefined) return { ready: false, detail: 'not started' };
    if (this.#link.workerId === undefined) return { ready: false, detail: `not registered with the master: ${this.#link.lastError}` };
    return { ready: true, detail: `worker ${this.#link.workerId}` };
  }

  get #port(): number {
    return this.#server?.address.port ?? this.#d.configuration.get(options.workerRpcPort);
  }

  #identity(): WorkerIdentity {
    const { configuration, version, cpus, properties } = this.#d;
    const host = configuration.get(options.workerHostname);
    const node = configuration.get(options.localityNode);
    const rack = configuration.get(options.localityRack);
    return {
      address: {
        host,
        rpcPort: this.#port,
        dataPort: this.#port,
        webPort: configuration.get(options.workerWebPort),
        domainSocketPath: this.#domainSocket?.path ?? '',
        tieredIdentity: {
          tiers: [
            { tierName: 'node', value: node === '' ? host : node },
            { tierName: 'rack', ...(rack !== '' && { value: rack }) },
          ],
        },
        containerHost: '',
      },
      version: version ?? '',
      cpus: cpus ?? 0,
      properties: properties ?? [],
    };
  }

  /** A source of a block that is this worker means: take it from the under store. */
  #isSelf(host: string, port: number): boolean {
    const isLocal =
      host === this.#d.configuration.get(options.workerHostname) || host === 'localhost' || host === '::1' || host.startsWith('127.');
    return isLocal && (port === 0 || port === this.#port);
  }

  #openControl(id: WorkerId): void {
    const { clock, random } = this.#d.environment;
    const explain = this.#policy.explain.bind(this.#policy);
    this.#policy.open(id);
    const executor = {
      persist: this.#persist,
      ...this.#blockOrders,
      explain,
      free: (ids: readonly BlockId[], generations: readonly bigint[] | bigint) => this.#freed.free(ids, generations),
      freePages: (ids: readonly BlockId[]) => {
        for (const id of ids) void this.#store.residentOf(id)?.drop('asked');
      },
    };
    this.#control = new ControlCall({ clock, random, log: this.#log, channel: this.#channel, executor }, id);
  }

  #closeControl(): void {
    this.#policy.close();
    const control = this.#control;
    this.#control = undefined;
    if (control !== undefined) this.#controlEnded = Promise.all([this.#controlEnded, control.stop()]).then(() => undefined);
  }
}

export function createWorker(dependencies: WorkerDependencies): Worker {
  return new Worker(dependencies);
}
