// What goes wrong in a simulation, and when it is over.
import { sleep } from '@alluvium/base';
import type { SeededRandom, SimCluster, SimNode } from '@alluvium/testkit';
import type { Excuses, Program } from './world.js';

/** How long after a disturbance temporary failures are still excused: a client repeats for two minutes, a worker has to register. */
const AFTERMATH_MS = 180_000;
const STEP_WITHIN_MS = 5000;
/** The master takes a worker that is away for so long for lost. */
const LONG_ABSENCE_MS = 600_000;

export class Disturbances implements Excuses {
  readonly #cluster: SimCluster;
  readonly #random: SeededRandom;
  readonly #programs: readonly Program[];
  /** Nodes that are down, or on their way. */
  readonly #ending = new Set<SimNode>();
  #running = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  lastWorkerCrashMs = Number.NEGATIVE_INFINITY;
  #over = false;

  constructor(cluster: SimCluster, programs: readonly Program[]) {
    this.#cluster = cluster;
    this.#programs = programs;
    this.#random = cluster.random.fork();
  }

  disturbed(): boolean {
    return this.#running > 0 || this.#cluster.clock.monotonicMs() - this.#lastMs < AFTERMATH_MS;
  }

  /** Disturbs until told to end; resolves when all is well again. */
  async run(): Promise<void> {
    const { clock } = this.#cluster;
    const under: Promise<void>[] = [];
    while (!this.#over) {
      await sleep(clock, this.#random.next() * this.#random.pick([100, 1000, 3000]));
      if (!this.#over) under.push(this.#disturb());
    }
    await Promise.all(under);
  }

  end(): void {
    this.#over = true;
  }

  async #disturb(): Promise<void> {
    const disturbances = [
      () => this.#killMaster(),
      () => this.#dieAtStep(),
      () => this.#dieAtStep(),
      () => this.#endWorker(),
      () => this.#endWorker(),
      () => this.#killProgram(),
      () => this.#part(),
      () => this.#breakCalls(),
      () => this.#slowNetwork(),
      () => this.#failingStore(),
      () => this.#slowStore(),
      () => this.#hangingStore(),
      () => this.#fullDisk(),
      () => this.#stepClock(),
    ];
    this.#running++;
    try {
      await this.#random.pick(disturbances)();
    } finally {
      this.#running--;
      this.#lastMs = this.#cluster.clock.monotonicMs();
    }
  }

  async #killMaster(): Promise<void> {
    await this.#end(this.#cluster.master);
  }

  async #endWorker(): Promise<void> {
    const worker = this.#random.pick(this.#cluster.workers);
    // Cached bytes are only as safe as the machine they are on: most workers are only killed.
    await this.#end(worker, 0.2);
  }

  /** Answers whether power was lost. */
  async #end(node: SimNode, powerShare = 0.5, atOnce = false): Promise<boolean> {
    if (this.#ending.has(node)) return false;
    this.#ending.add(node);
    const crash = this.#random.chance(powerShare);
    // A worker may come back with a disk that is new.
    const wipe = crash && node !== this.#cluster.master && this.#random.chance(0.3);
    if (crash) node.crash();
    else if (atOnce || this.#random.chance(0.7)) node.kill();
    else await node.stop();
    if (crash && node !== this.#cluster.master) this.lastWorkerCrashMs = this.#cluster.clock.monotonicMs();
    if (wipe) node.disk.wipe();
    if (wipe) this.#say(`${node.name} has lost its disk`);
    await sleep(this.#cluster.clock, this.#random.next() * this.#random.pick([100, 3000, 20_000, wipe ? LONG_ABSENCE_MS : 3000]));
    await node.start();
    this.#ending.delete(node);
    return crash;
  }

  /** Dies where it waits for a disk or a store: most of all the master, in the middle of an operation. */
  async #dieAtStep(): Promise<void> {
    const cluster = this.#cluster;
    if (cluster.step !== undefined) return;
    const node = this.#random.chance(0.7) ? cluster.master : this.#random.pick(cluster.workers);
    let left = 1 + this.#random.below(40);
    let ended: Promise<boolean> | undefined;
    await new Promise<void>((resolve) => {
      cluster.step = (process, what) => {
        if (process !== node.name || left-- !== 1) return;
        this.#say(`${node.name} dies at ${what}`);
        ended = this.#end(node, node === cluster.master ? 0.5 : 0.2, true);
        resolve();
      };
      cluster.clock.schedule(STEP_WITHIN_MS, resolve);
    });
    cluster.step = undefined;
    await ended;
  }

  async #killProgram(): Promise<void> {
    this.#random.pick(this.#programs).kill();
  }

  async #part(): Promise<void> {
    const { network, nodes } = this.#cluster;
    const names = [...nodes.map(({ name }) => name), ...this.#programs.map(({ name }) => name)];
    const a = this.#random.pick(nodes).name;
    const b = this.#random.pick(names.filter((name) => name !== a));
    this.#say(`${a} and ${b} are parted`);
    network.part(a, b);
    await this.#pause();
    network.join(a, b);
    this.#say(`${a} and ${b} are joined`);
  }

  async #breakCalls(): Promise<void> {
    const { network } = this.#cluster;
    network.breakShare = this.#random.pick([0.02, 0.1, 0.4]);
    this.#say(`calls break: ${network.breakShare}`);
    await this.#pause();
    network.breakShare = 0;
    this.#say('calls hold');
  }

  async #slowNetwork(): Promise<void> {
    const { network } = this.#cluster;
    network.maxLatencyMs = this.#random.pick([50, 500, 3000]);
    await this.#pause();
    network.maxLatencyMs = 2;
  }

  async #failingStore(): Promise<void> {
    const store = this.#random.pick(this.#cluster.stores.all());
    store.errorShare = this.#random.pick([0.05, 0.5, 1]);
    this.#say(`the store fails: ${store.errorShare}`);
    await this.#pause();
    store.errorShare = 0;
    this.#say('the store works');
  }

  /** Calls are never answered, whether they were done or not. */
  async #hangingStore(): Promise<void> {
    const store = this.#random.pick(this.#cluster.stores.all());
    store.hangShare = this.#random.pick([0.05, 0.5]);
    this.#say(`calls of the store hang: ${store.hangShare}`);
    await this.#pause();
    store.hangShare = 0;
    this.#say('calls of the store are answered');
  }

  async #slowStore(): Promise<void> {
    const store = this.#random.pick(this.#cluster.stores.all());
    store.maxLatencyMs = this.#random.pick([100, 1000, 10_000]);
    await this.#pause();
    store.maxLatencyMs = 2;
  }

  async #fullDisk(): Promise<void> {
    const { disk, name } = this.#random.pick(this.#cluster.nodes);
    if (disk.capacityBytes !== Number.POSITIVE_INFINITY) return;
    disk.capacityBytes = disk.usedBytes + this.#random.below(5000);
    this.#say(`the disk of ${name} is full`);
    await this.#pause();
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    this.#say(`the disk of ${name} has space`);
  }

  async #stepClock(): Promise<void> {
    const byMs = this.#random.pick([-60_000, -1000, 1000, 3_600_000]);
    this.#say(`the wall clocks step by ${byMs} ms`);
    this.#cluster.clock.stepWall(byMs);
  }

  #pause(): Promise<void> {
    return sleep(this.#cluster.clock, this.#random.next() * this.#random.pick([500, 5000, 40_000]));
  }

  #say(what: string): void {
    this.#cluster.trace.add(what);
  }
}
