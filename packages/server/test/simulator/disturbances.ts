// What goes wrong in a simulation, and when it is over.
import { sleep } from '@alluvium/base';
import type { SeededRandom, SimCluster } from '@alluvium/testkit';
import type { JournalCheck } from './journal-check.js';
import { drainAWhile } from './drained-worker.js';
import { NodeDisturbances } from './node-disturbances.js';
import type { Excuses, Program } from './world.js';

/** How long after a disturbance temporary failures are still excused: a client repeats for two minutes, a worker has to register. */
const AFTERMATH_MS = 180_000;
const HOUR_MS = 3_600_000;

export class Disturbances implements Excuses {
  readonly #cluster: SimCluster;
  /** The caches are so small that blocks have to go. */
  readonly evicts: boolean;
  readonly #random: SeededRandom;
  readonly #programs: readonly Program[];
  readonly #nodes: NodeDisturbances;
  #running = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #over = false;

  constructor(cluster: SimCluster, programs: readonly Program[], check: JournalCheck, evicts: boolean) {
    this.evicts = evicts;
    this.#cluster = cluster;
    this.#programs = programs;
    this.#random = cluster.random.fork();
    this.#nodes = new NodeDisturbances(cluster, this.#random.fork(), check);
  }

  get lastCacheLossMs(): number {
    return this.#nodes.lastCacheLossMs;
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
    const nodes = this.#nodes;
    const disturbances = [
      () => nodes.killMaster(),
      () => nodes.dieAtStep(),
      () => nodes.dieAtStep(),
      () => nodes.dieAtStep(),
      () => nodes.endWorker(),
      () => nodes.endWorker(),
      () => drainAWhile(this.#cluster, this.#random),
      () => drainAWhile(this.#cluster, this.#random),
      () => nodes.standStill(),
      () => nodes.supplantMaster(),
      () => nodes.fullDisk(),
      () => nodes.slowDisk(),
      () => nodes.failingDisk(),
      () => nodes.rotCache(),
      () => nodes.rotJournal(),
      () => this.#killProgram(),
      () => this.#part(),
      () => this.#breakCalls(),
      () => this.#slowNetwork(),
      () => this.#failingStore(),
      () => this.#slowStore(),
      () => this.#hangingStore(),
      () => this.#stepClocks(),
    ];
    this.#running++;
    try {
      await this.#random.pick(disturbances)();
    } finally {
      this.#running--;
      this.#lastMs = this.#cluster.clock.monotonicMs();
    }
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

  /** Wall clocks jump, all of them or that of one machine. */
  async #stepClocks(): Promise<void> {
    const { clock, nodes } = this.#cluster;
    if (this.#random.chance(0.3)) {
      const byMs = this.#random.pick([-60_000, -1000, 1000, HOUR_MS]);
      this.#say(`the wall clocks step by ${byMs} ms`);
      clock.stepWall(byMs);
      return;
    }
    const { time, name } = this.#random.pick(nodes);
    time.offsetMs = Math.floor((2 * this.#random.next() - 1) * this.#random.pick([0, 1000, 60_000, HOUR_MS]));
    this.#say(`the wall clock of ${name} is ${time.offsetMs} ms off`);
  }

  #pause(): Promise<void> {
    return sleep(this.#cluster.clock, this.#random.next() * this.#random.pick([500, 5000, 40_000]));
  }

  #say(what: string): void {
    this.#cluster.trace.add(what);
  }
}
