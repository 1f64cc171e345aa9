// A whole cluster in one process, from one seed: a master, workers and clients on machines of their own, over a network and an
// under store that fail as they are told. Nothing in it touches the machine, so a seed replays it.
import { sleep } from '@alluvium/base';
import { connect, type ClientOptions, type FileSystem } from '@alluvium/client';
import { createMaster } from '@alluvium/master';
import { simpleAuthenticator, type Address, type Authenticator } from '@alluvium/net';
import { Configuration, type Logger, type Service } from '@alluvium/platform';
import { createWorker } from '@alluvium/worker';
import { MemoryNetwork } from './memory-network.js';
import { SeededRandom } from './seeded-random.js';
import { SimClock } from './sim-clock.js';
import { SimDisk } from './sim-disk.js';
import { simGzip } from './sim-gzip.js';
import { SimProcess, type SimMachine } from './sim-process.js';
import type { SimStore, StoreKind } from './sim-store.js';
import { SimStores } from './sim-stores.js';
import { SimTrace } from './sim-trace.js';

export const SIM_USER = 'alluvium';
const STORE_URI = 'sim://store';
const OBJECTS_URI = 'sim-objects://store';
const MASTER_PORT = 19998;
const FIRST_WORKER_PORT = 30000;
const FIRST_RESTART_PAUSE_MS = 250;
const MAX_RESTART_PAUSE_MS = 30_000;
const MAX_FAILED_STARTS = 16;

export interface SimClusterOptions {
  readonly seed: number;
  readonly workers: number;
  /** What the root mount lies on: a file system unless told. */
  readonly rootStore?: StoreKind;
  /** Space of each worker. */
  readonly ramdisk?: string;
  /** Properties of master and workers on top. */
  readonly properties?: Readonly<Record<string, string>>;
  readonly log?: Logger;
}

/** A machine with a disk and one service that a supervisor starts again whenever it ends. */
export class SimNode {
  readonly name: string;
  readonly disk: SimDisk;
  readonly #make: (process: SimProcess) => Service & { readonly failed?: Promise<Error> };
  readonly #machine: SimMachine;
  readonly #trace: SimTrace;
  #process: SimProcess | undefined;
  #service: Service | undefined;
  #wanted = false;
  #ends = 0;
  #failedStarts = 0;
  #startError = '';
  #starting: Promise<void> | undefined;

  constructor(
    name: string,
    machine: SimMachine & { readonly disk: SimDisk },
    trace: SimTrace,
    make: (process: SimProcess) => Service & { readonly failed?: Promise<Error> },
  ) {
    this.name = name;
    this.disk = machine.disk;
    this.#machine = machine;
    this.#trace = trace;
    this.#make = make;
  }

  /** Why it does not start, after so many attempts that nothing temporary explains it. */
  get refusesToStart(): string | undefined {
    return this.#failedStarts > MAX_FAILED_STARTS ? this.#startError : undefined;
  }

  /** How many of its processes have ended so far. */
  get ends(): number {
    return this.#ends;
  }

  get isReady(): boolean {
    return this.#service?.health().ready === true;
  }

  /** Resolves when it serves; tries again for as long as it cannot start. */
  start(): Promise<void> {
    this.#wanted = true;
    this.#starting ??= this.#startUntilUp().finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  /** The process is killed; what it has written stays. */
  kill(): void {
    this.#end('killed');
    this.disk.kill();
  }

  /** The machine loses power: what was not synced may be gone. */
  crash(): void {
    this.#end('lost power');
    this.disk.crash();
  }

  /** Ends as on SIGTERM. */
  async stop(): Promise<void> {
    this.#wanted = false;
    const service = this.#service;
    this.#service = undefined;
    const process = this.#process;
    this.#trace.add(`${this.name} stops`);
    if (process !== undefined) await Promise.race([service?.stop(), process.dead]);
    if (this.#process === process) this.kill();
  }

  #end(how: string): void {
    this.#wanted = false;
    this.#service = undefined;
    if (this.#process === undefined) return;
    this.#ends++;
    this.#trace.add(`${this.name} ${how}`);
    this.#process.kill();
    this.#process = undefined;
  }

  async #startUntilUp(): Promise<void> {
    let pauseMs = FIRST_RESTART_PAUSE_MS;
    while (this.#wanted && this.#service === undefined) {
      const process = new SimProcess(this.name, this.#machine);
      this.#process = process;
      const service = this.#make(process);
      void service.failed?.then((error) => this.#failed(process, error));
      const error = await Promise.race([
        service.start().then(
          () => undefined,
          (thrown: unknown) => ({ thrown }),
        ),
        process.dead.then(() => ({ thrown: 'killed' })),
      ]);
      if (this.#process === process && error === undefined) {
        this.#service = service;
        this.#failedStarts = 0;
        this.#trace.add(`${this.name} is up`);
      } else if (this.#process === process) {
        this.#failedStarts++;
        this.#startError = String(error?.thrown);
        this.#trace.add(`${this.name} does not start: ${this.#startError}`);
        process.kill();
        this.disk.kill();
        this.#process = undefined;
      }
      if (!this.#wanted || this.#service !== undefined) return;
      await sleep(this.#machine.clock, pauseMs);
      pauseMs = Math.min(MAX_RESTART_PAUSE_MS, 2 * pauseMs);
    }
  }

  #failed(process: SimProcess, error: Error): void {
    if (this.#process !== process) return;
    this.#trace.add(`${this.name} gives up: ${error.message}`);
    this.kill();
    void this.start();
  }
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
  readonly master: SimNode;
  readonly workers: readonly SimNode[];
  readonly masterAddress: Address = { host: 'localhost', port: MASTER_PORT };
  readonly #log: Logger | undefined;
  /** Told of every moment at which a process waits for a disk or a store: where it may as well die. */
  step: ((process: string, what: string) => void) | undefined;

  constructor({ seed, workers, rootStore, ramdisk = '64MB', properties = {}, log }: SimClusterOptions) {
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
    const machine = (disk: SimDisk): SimMachine & { readonly disk: SimDisk } => ({
      ...this.#shared(random),
      disk,
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
          configuration: Configuration.of({
            'alluxio.master.rpc.port': String(MASTER_PORT),
            'alluxio.worker.rpc.port': String(FIRST_WORKER_PORT + at),
            'alluxio.worker.tieredstore.level0.dirs.path': '/tier',
            'alluxio.worker.ramdisk.size': ramdisk,
            ...properties,
          }),
        }),
      );
    });
  }

  get nodes(): readonly SimNode[] {
    return [this.master, ...this.workers];
  }

  async start(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start()));
  }

  /** A program that is connected to the cluster; one that is killed is replaced by a new one of the same name. */
  async client(
    name: string,
    options: Pick<ClientOptions, 'retry' | 'localHost' | 'user' | 'metadataCacheEntries'> = {},
  ): Promise<SimClient> {
    const process = new SimProcess(name, this.#shared(this.random));
    const { clock, random } = process.environment;
    const fs = await connect(this.masterAddress, { network: process.network, clock, random, user: SIM_USER, ...options });
    return { process, fs };
  }

  #shared(random: SeededRandom): Omit<SimMachine, 'disk'> {
    const { clock, network, stores } = this;
    return { clock, network, random: random.fork(), stores, ...(this.#log === undefined ? {} : { log: this.#log }) };
  }
}
