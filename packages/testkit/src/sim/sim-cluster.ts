// A whole cluster in one process, from one seed: a master, workers and clients on machines of their own, over a network and an
// under store that fail as they are told. Nothing in it touches the machine, so a seed replays it.
import { connect, type ClientOptions, type FileSystem } from '@alluvium/client';
import { createMaster, type Master } from '@alluvium/master';
import { simpleAuthenticator, type Address, type Authenticator } from '@alluvium/net';
import { Configuration, type Logger } from '@alluvium/platform';
import { createWorker } from '@alluvium/worker';
import { MemoryNetwork } from './memory-network.js';
import { SeededRandom } from './seeded-random.js';
import { SimClock } from './sim-clock.js';
import { SimDisk } from './sim-disk.js';
import { simGzip } from './sim-gzip.js';
import { SimNode } from './sim-node.js';
import { SimProcess, type MachineTime, type SimMachine } from './sim-process.js';
import type { SimStore, StoreKind } from './sim-store.js';
import { SimStores } from './sim-stores.js';
import { SimTrace } from './sim-trace.js';

export const SIM_USER = 'alluvium';
const STORE_URI = 'sim://store';
const OBJECTS_URI = 'sim-objects://store';
const MASTER_PORT = 19998;
const FIRST_WORKER_PORT = 30000;
const FIRST_WORKER_WEB_PORT = 31000;

export interface SimClusterOptions {
  readonly seed: number;
  readonly workers: number;
  /** What the root mount lies on: a file system unless told. */
  readonly rootStore?: StoreKind;
  /** Space of each worker. */
  readonly ramdisk?: string;
  /** Properties of the workers on top. */
  readonly workerProperties?: Readonly<Record<string, string>>;
  /** Properties of master and workers on top. */
  readonly properties?: Readonly<Record<string, string>>;
  readonly log?: Logger;
  /** By how much the machines are slower or faster than true time at most: 0.1 for a tenth. All are exact unless told. */
  readonly maxDrift?: number;
}

export interface SimClient {
  readonly process: SimProcess;
  readonly fs: FileSystem;
}

export class SimCluster {
  readonly clock = new SimClock();
  readonly trace = new SimTrace(this.clock);
  /** For whoever drives the simulation. */
  readonly random: SeededRandom;
  readonly network: MemoryNetwork;
  readonly stores: SimStores;
  /** Of the root mount. */
  readonly store: SimStore;
  readonly master: SimNode<Master>;
  readonly workers: readonly SimNode[];
  /** Besides those that the cluster was made with; for the next start of the master. */
  readonly masterProperties = new Map<string, string>();
  readonly masterAddress: Address = { host: 'localhost', port: MASTER_PORT };
  readonly #log: Logger | undefined;
  /** Told of every moment at which a process waits for a disk or a store: where it may as well die. */
  step: ((process: string, what: string) => void) | undefined;

  constructor({
    seed,
    workers,
    rootStore,
    ramdisk = '64MB',
    workerProperties = {},
    properties = {},
    log,
    maxDrift = 0,
  }: SimClusterOptions) {
    const random = new SeededRandom(seed);
    const { clock, trace } = this;
    this.random = random.fork();
    this.#log = log;
    this.network = new MemoryNetwork({ clock, random: random.fork(), maxLatencyMs: 2, trace });
    this.stores = new SimStores({ clock, random: random.fork(), trace });
    const rootUri = rootStore === 'objects' ? OBJECTS_URI : STORE_URI;
    this.store = this.stores.at(rootUri);
    this.stores.step = (process, what, when) => this.step?.(process, `store ${what}, ${when}`);
    const common = {
      authenticator: simpleAuthenticator() satisfies Authenticator,
      user: SIM_USER,
      version: '2.9.4',
    };
    const machine = (disk: SimDisk): SimMachine & { readonly disk: SimDisk; readonly time: MachineTime } => ({
      ...this.#shared(random),
      disk,
      time: { offsetMs: 0, pace: 1 + maxDrift * (2 * random.next() - 1) },
    });
    const newDisk = (name: string): SimDisk => {
      const disk = new SimDisk(random.fork(), { latency: { clock, maxMs: 1 } });
      disk.failpoint = ({ verb, path }) => {
        trace.add(`${name} disk ${verb} ${path}`);
        this.step?.(name, `disk ${verb} ${path}`);
        return undefined;
      };
      disk.synced = (path) => this.step?.(name, `disk synced ${path}`);
      return disk;
    };
    this.master = new SimNode('master', machine(newDisk('master')), trace, ({ environment, network, underStores }) =>
      createMaster({
        ...common,
        environment,
        network,
        underStores,
        gzip: simGzip,
        groupsOf: (user) => [user],
        configuration: Configuration.of({
          'alluxio.master.rpc.port': String(MASTER_PORT),
          'alluxio.master.journal.folder': '/journal',
          'alluxio.master.mount.table.root.ufs': rootUri,
          ...properties,
          ...Object.fromEntries(this.masterProperties),
        }),
      }),
    );
    this.workers = Array.from({ length: workers }, (_, at) => {
      const name = `worker-${at}`;
      return new SimNode(name, machine(newDisk(name)), trace, ({ environment, network, underStores }) =>
        createWorker({
          ...common,
          environment,
          network,
          underStores,
          configuration: workerConfiguration(at, { 'alluxio.worker.ramdisk.size': ramdisk, ...properties, ...workerProperties }),
        }),
      );
    });
  }

  get nodes(): readonly SimNode[] {
    return [this.master, ...this.workers];
  }

  /** How many calls to a store or a disk have failed so far, as they were told to. */
  get failures(): number {
    return this.nodes.reduce((sum, { disk }) => sum + disk.failures, this.stores.failures);
  }

  async start(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start()));
  }

  /** A program that is connected to the cluster; one that is killed is replaced by a new one of the same name. */
  async client(
    name: string,
    options: Pick<ClientOptions, 'retry' | 'localHost' | 'user' | 'metadataCacheEntries' | 'properties' | 'machine'> = {},
  ): Promise<SimClient> {
    const process = this.process(name);
    const { clock, random } = process.environment;
    const fs = await connect(this.masterAddress, { network: process.network, clock, random, user: SIM_USER, ...options });
    return { process, fs };
  }

  /** One without a disk. */
  process(name: string): SimProcess {
    return new SimProcess(name, this.#shared(this.random));
  }

  #shared(random: SeededRandom): Omit<SimMachine, 'disk'> {
    const { clock, network, stores } = this;
    return { clock, network, random: random.fork(), stores, ...(this.#log === undefined ? {} : { log: this.#log }) };
  }
}

function workerConfiguration(at: number, properties: Readonly<Record<string, string>>): Configuration {
  return Configuration.of({
    'alluxio.master.rpc.port': String(MASTER_PORT),
    'alluxio.worker.rpc.port': String(FIRST_WORKER_PORT + at),
    'alluxio.worker.web.port': String(FIRST_WORKER_WEB_PORT + at),
    'alluxio.worker.tieredstore.level0.dirs.path': '/tier',
    ...properties,
  });
}
