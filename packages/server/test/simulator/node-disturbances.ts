// What goes wrong with machines: processes that end, stand still or are supplanted, and disks that fail, dawdle, fill up and rot. What
// an operator has to do about it is done here.
import { sleep } from '@alluvium/base';
import type { SeededRandom, SimCluster, SimNode, SimProcess } from '@alluvium/testkit';
import type { JournalCheck } from './journal-check.js';
import { journalFiles } from './replay.js';
import { journalFlip, startWith } from './rot.js';
import { writeToSupplanted } from './supplanted.js';
import { violated } from './world.js';

const STEP_WITHIN_MS = 5000;
/** The master takes a worker that is away for so long for lost. */
const LONG_ABSENCE_MS = 600_000;
/** A supplanted master that does not notice it is ended by its operator. */
const SUPPLANTED_FOR_MS = 120_000;
const FLIPS_TRIED = 3;

export class NodeDisturbances {
  readonly #cluster: SimCluster;
  readonly #random: SeededRandom;
  readonly #check: JournalCheck;
  /** Nodes that are down, or on their way. */
  readonly #ending = new Set<SimNode>();
  #lastCacheLossMs = Number.NEGATIVE_INFINITY;
  /** Workers whose disk fails now. */
  #failing = 0;

  constructor(cluster: SimCluster, random: SeededRandom, check: JournalCheck) {
    this.#cluster = cluster;
    this.#random = random;
    this.#check = check;
  }

  /** When a cache last lost something, Infinity while one may do so at any time. */
  get lastCacheLossMs(): number {
    return this.#failing > 0 ? Number.POSITIVE_INFINITY : this.#lastCacheLossMs;
  }

  async killMaster(): Promise<void> {
    await this.#end(this.#cluster.master);
  }

  async endWorker(): Promise<void> {
    // Cached bytes are only as safe as the machine they are on: most workers are only killed.
    await this.#end(this.#random.pick(this.#cluster.workers), 0.2);
  }

  /** Dies where it waits for a disk or a store: most of all the master, in the middle of an operation. */
  async dieAtStep(): Promise<void> {
    const node = this.#random.chance(0.7) ? this.#cluster.master : this.#random.pick(this.#cluster.workers);
    let ended: Promise<void> | undefined;
    await this.#atStep(node, 40, (what) => {
      this.#say(`${node.name} dies at ${what}`);
      ended = this.#end(node, node === this.#cluster.master ? 0.5 : 0.2, true);
    });
    await ended;
  }

  /** A machine that does nothing for a while, and then goes on as if nothing had been. */
  async standStill(): Promise<void> {
    const node = this.#random.pick(this.#cluster.nodes);
    if (this.#ending.has(node)) return;
    const process = await this.#freeze(node);
    await this.#sleepUpTo([500, 5000, 40_000]);
    process?.pause.end();
  }

  /** The master stands still, is taken for dead and replaced; then it goes on. It must neither confirm nor change anything. */
  async supplantMaster(): Promise<void> {
    const { clock, master } = this.#cluster;
    if (this.#ending.has(master)) return;
    this.#ending.add(master);
    const process = await this.#freeze(master);
    const supplanted = process === undefined ? undefined : master.supplant(process);
    if (supplanted === undefined) process?.pause.end();
    await this.#sleepUpTo([100, 3000]);
    await master.start();
    this.#ending.delete(master);
    if (supplanted === undefined) return;
    const client = this.#cluster.process('loyal');
    const asked = writeToSupplanted(this.#cluster, client, supplanted);
    await Promise.race([this.#sleepUpTo([10, 1000, 20_000]), asked.then(() => new Promise(() => {}))]);
    this.#say('the supplanted master goes on');
    supplanted.process.pause.end();
    await Promise.race([asked, supplanted.process.dead, sleep(clock, SUPPLANTED_FOR_MS)]);
    await Promise.race([supplanted.process.dead, sleep(clock, SUPPLANTED_FOR_MS)]);
    if (supplanted.process.isAlive) this.#say('the supplanted master is ended');
    supplanted.process.kill();
    client.kill();
    await this.#check.compare();
  }

  async fullDisk(): Promise<void> {
    const { disk, name } = this.#random.pick(this.#cluster.nodes);
    if (disk.capacityBytes !== Number.POSITIVE_INFINITY) return;
    disk.capacityBytes = disk.usedBytes + this.#random.below(5000);
    this.#say(`the disk of ${name} is full`);
    await this.#pause();
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    this.#say(`the disk of ${name} has space`);
  }

  async slowDisk(): Promise<void> {
    const { disk, name } = this.#random.pick(this.#cluster.nodes);
    const maxSyncMs = this.#random.pick([1000, 10_000, 100_000]);
    this.#say(`the disk of ${name} takes up to ${maxSyncMs} ms for a sync`);
    disk.faults.maxSyncMs = maxSyncMs;
    await this.#pause();
    disk.faults.maxSyncMs = 0;
    // What has begun takes its time.
    await sleep(this.#cluster.clock, maxSyncMs);
  }

  async failingDisk(): Promise<void> {
    const node = this.#random.chance(0.6) ? this.#cluster.master : this.#random.pick(this.#cluster.workers);
    const { faults } = node.disk;
    const share = (): number => this.#random.pick([0, 0, 0.01, 0.1, 1]);
    faults.syncErrors = share();
    faults.writeErrors = share();
    faults.readErrors = share();
    const directories = node.disk.paths().filter((path) => path.endsWith('/alluxioworker'));
    if (directories.length > 1) faults.below = this.#random.pick(['/', ...directories]);
    this.#say(`the disk of ${node.name} fails: ${JSON.stringify(faults)}`);
    const isCache = node !== this.#cluster.master;
    if (isCache) this.#failing++;
    await this.#pause();
    Object.assign(faults, { readErrors: 0, writeErrors: 0, syncErrors: 0, below: '/' });
    if (isCache) this.#failing--;
    if (isCache) this.#cacheLost();
    this.#say(`the disk of ${node.name} works`);
  }

  /** Of a block or what is written beside it: no reader must see it. */
  async rotCache(): Promise<void> {
    const { disk, name } = this.#random.pick(this.#cluster.workers);
    const files = disk.paths().filter((path) => /^\/tier\/.*\d$/.test(path) && (disk.lengthOf(path) ?? 0) > 0);
    if (files.length === 0) return;
    const path = this.#random.pick(files);
    const bit = this.#random.below(8 * disk.lengthOf(path)!);
    disk.flipBit(path, bit);
    this.#say(`${name}: bit ${bit} of ${path} flips`);
    this.#cacheLost();
  }

  /** Of the journal, while its master is down: a start that refuses is answered with the copy that an operator has. */
  async rotJournal(): Promise<void> {
    const { master } = this.#cluster;
    if (this.#ending.has(master) || !master.isReady) return;
    this.#ending.add(master);
    master.crash();
    const clean = journalFiles(master);
    for (let i = 0; i < FLIPS_TRIED; i++) {
      const flip = journalFlip(clean, this.#random);
      if (flip === undefined) break;
      const refusal = await startWith(this.#cluster, clean, flip);
      // One that does no harm now would do it together with the next.
      if (i < FLIPS_TRIED - 1 || (refusal === undefined && !flip.path.endsWith('.ckp'))) continue;
      master.disk.flipBit(flip.path, flip.bit);
      this.#say(`bit ${flip.bit} of ${flip.path} flips`);
      if (refusal !== undefined) await this.#restoreJournal(clean);
    }
    await this.#restart(master);
    this.#ending.delete(master);
  }

  async #restoreJournal(clean: ReadonlyMap<string, Buffer>): Promise<void> {
    const { master, clock } = this.#cluster;
    void master.start();
    while (master.startError === undefined && master.service === undefined) await sleep(clock, 100);
    if (master.service !== undefined) violated('the master starts with a journal that is damaged in its middle');
    this.#say('the journal is restored from a copy');
    master.kill();
    for (const [path, bytes] of clean) master.disk.restore(path, bytes);
    await sleep(clock, 1000);
  }

  async #end(node: SimNode, powerShare = 0.5, atOnce = false): Promise<void> {
    if (this.#ending.has(node)) return;
    this.#ending.add(node);
    const { master } = this.#cluster;
    const crash = this.#random.chance(powerShare);
    // A worker may come back with a disk that is new.
    const wipe = crash && node !== master && this.#random.chance(0.3);
    if (crash) node.crash();
    else if (atOnce || this.#random.chance(0.7)) node.kill();
    else await node.stop();
    if (crash && node !== master) this.#cacheLost();
    if (wipe) node.disk.wipe();
    if (wipe) this.#say(`${node.name} has lost its disk`);
    await this.#sleepUpTo([100, 3000, 20_000, wipe ? LONG_ABSENCE_MS : 3000]);
    await this.#restart(node);
    this.#ending.delete(node);
  }

  /** Up again, perhaps after it has died once or twice on its way. */
  async #restart(node: SimNode): Promise<void> {
    const { master } = this.#cluster;
    for (let left = this.#random.pick([0, 0, 0, 1, 2]); left > 0; left--) {
      const up = node.start();
      await this.#atStep(
        node,
        60,
        (what) => {
          this.#say(`${node.name} dies again, at ${what}`);
          if (this.#random.chance(node === master ? 0.5 : 0.1)) {
            node.crash();
            if (node !== master) this.#cacheLost();
          } else node.kill();
        },
        up,
      );
      await this.#sleepUpTo([10, 1000]);
    }
    await node.start();
    if (node === master) await this.#check.compare();
  }

  /** Stands still, most often where it waits for a disk or a store. */
  async #freeze(node: SimNode): Promise<SimProcess | undefined> {
    if (this.#random.chance(0.2)) return node.freeze();
    let process: SimProcess | undefined;
    await this.#atStep(node, 40, () => (process = node.freeze()));
    return process;
  }

  /** Acts when the node comes to one of its next steps; not at all when it does not, or `end` comes before. */
  async #atStep(node: SimNode, within: number, act: (what: string) => void, end?: Promise<void>): Promise<void> {
    const cluster = this.#cluster;
    if (cluster.step !== undefined) return;
    let left = 1 + this.#random.below(within);
    await new Promise<void>((resolve) => {
      cluster.step = (process, what) => {
        if (process !== node.name || left-- !== 1) return;
        act(what);
        resolve();
      };
      cluster.clock.schedule(STEP_WITHIN_MS, resolve);
      void end?.then(resolve);
    });
    cluster.step = undefined;
  }

  #cacheLost(): void {
    this.#lastCacheLossMs = this.#cluster.clock.monotonicMs();
  }

  #pause(): Promise<void> {
    return this.#sleepUpTo([500, 5000, 40_000]);
  }

  #sleepUpTo(choices: readonly number[]): Promise<void> {
    return sleep(this.#cluster.clock, this.#random.next() * this.#random.pick(choices));
  }

  #say(what: string): void {
    this.#cluster.trace.add(what);
  }
}
