// A worker put together: its cache, what moves bytes, the services in front of them, and its standing with the master.
import type { Address, Authenticator, Network, RpcChannel, RpcServer } from '@alluvium/net';
import type { Configuration, Environment, Health, Service } from '@alluvium/platform';
import type { UnderStoreFactory } from '@alluvium/ufs';
import type { common } from '@alluvium/wire';
import { CacheCounters } from './cache/cache-counters.js';
import { cacheParts, type CacheParts } from './cache-parts.js';
import { Counters } from './counters.js';
import { dataParts, type DataParts } from './data-parts.js';
import * as options from './options.js';
import { OwnAddress } from './own-address.js';
import { observers } from './policy/read-observer.js';
import type { ScrubProgress } from './scrub/scrubber.js';
import { workerServiceTable } from './service-table.js';
import { Standing } from './standing.js';
import { serveDomainSocket, type DomainSocket } from './transfer/domain-socket.js';

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

const STOP_GRACE_MS = 5000;

/** A worker that serves once `start` resolves and registers in the background; it is ready when the master knows it. */
export class Worker implements Service {
  /** Resolves when this worker has given up, having had no master for too long. */
  readonly failed: Promise<Error>;
  readonly #d: WorkerDependencies;
  readonly #environment: Environment;
  readonly #counters = new Counters();
  readonly #requests = new CacheCounters();
  readonly #own: OwnAddress;
  readonly #channel: RpcChannel;
  readonly #cache: CacheParts;
  readonly #standing: Standing;
  readonly #data: DataParts;
  #server: RpcServer | undefined;
  #domainSocket: DomainSocket | undefined;

  constructor(dependencies: WorkerDependencies) {
    const { network, configuration, user } = dependencies;
    const { promise, resolve: onGaveUp } = Promise.withResolvers<Error>();
    this.failed = promise;
    this.#d = dependencies;
    this.#environment = { ...dependencies.environment, log: dependencies.environment.log.child({ role: 'worker' }) };
    this.#own = new OwnAddress(configuration, dependencies);
    this.#channel = network.connect(
      { host: configuration.get(options.masterHostname), port: configuration.get(options.masterRpcPort) },
      { user },
    );
    const common = {
      ...dependencies,
      environment: this.#environment,
      channel: this.#channel,
      counters: this.#counters,
      requests: this.#requests,
      own: this.#own,
    };
    this.#cache = cacheParts({ ...common, partialOf: (id) => this.#data.fetches.factsOf(id) });
    this.#standing = new Standing({ ...common, cache: this.#cache, orders: () => this.#data.orders, onGaveUp });
    this.#data = dataParts({ ...common, cache: this.#cache, link: this.#standing.link });
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
    return this.#data.repair.quarantined;
  }

  get scrub(): ScrubProgress {
    return this.#data.scrubber.progress;
  }

  async start(): Promise<void> {
    const { network, configuration, authenticator } = this.#d;
    const { shared, store, policy, tierTasks } = this.#cache;
    await shared.open();
    await store.open();
    await this.#data.fetches.open();
    const table = workerServiceTable({
      ...this.#environment,
      ...this.#cache,
      ...this.#data,
      counters: this.#counters,
      requests: this.#requests,
      admission: policy.admission,
      observer: observers(policy.observer, this.#standing.hot),
      maxReads: configuration.get(options.maxReaders),
      shortCircuit: configuration.get(options.shortCircuit),
      fetchRest: configuration.get(options.fetchRest),
    });
    const address = { host: configuration.get(options.workerBindHost), port: configuration.get(options.workerRpcPort) };
    const serveOptions = { authenticator, maxInboundMessageBytes: configuration.get(options.maxInbound) };
    this.#server = await network.serve(address, table, serveOptions);
    this.#domainSocket = await serveDomainSocket({ network, configuration, ...this.#environment }, table, serveOptions);
    this.#own.servesAt(this.#server.address.port, this.#domainSocket?.path ?? '');
    this.#standing.start();
    this.#data.scrubber.start();
    store.watch.start();
    tierTasks.start();
  }

  async stop(): Promise<void> {
    const { store, policy, files, tierTasks } = this.#cache;
    const { scrubber, repair, peers, queue, fetches, mounts } = this.#data;
    await Promise.all([this.#server?.stop(STOP_GRACE_MS), this.#domainSocket?.server.stop(STOP_GRACE_MS)]);
    await tierTasks.stop();
    await store.watch.stop();
    await scrubber.stop();
    await repair.drain();
    await this.#standing.stop();
    await policy.stop();
    await peers.close();
    await this.#channel.close();
    await queue.drain();
    await fetches.drain();
    await mounts.close();
    await files.close();
    await store.close();
  }

  health(): Health {
    if (this.#server === undefined) return { ready: false, detail: 'not started' };
    const { workerId, lastError } = this.#standing.link;
    return workerId === undefined
      ? { ready: false, detail: `not registered with the master: ${lastError}` }
      : { ready: true, detail: `worker ${workerId}` };
  }
}

export function createWorker(dependencies: WorkerDependencies): Worker {
  return new Worker(dependencies);
}
