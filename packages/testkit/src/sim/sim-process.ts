import type { Clock, Random } from '@alluvium/base';
import { silentLogger, type Environment, type Logger } from '@alluvium/platform';
import type { Network } from '@alluvium/net';
import { limitsLayer, retryLayer, type UnderStore, type UnderStoreFactory } from '@alluvium/ufs';
import type { MemoryNetwork, ProcessNetwork } from './memory-network.js';
import type { SeededRandom } from './seeded-random.js';
import type { SimClock } from './sim-clock.js';
import { SimDisk } from './sim-disk.js';
import type { SimStores } from './sim-stores.js';

export interface SimMachine {
  readonly clock: SimClock;
  readonly network: MemoryNetwork;
  readonly random: SeededRandom;
  readonly stores: SimStores;
  /** Absent for a process without a disk. */
  readonly disk?: SimDisk;
  readonly log?: Logger;
}

const STORE_TIMEOUT_MS = 60_000;
const STORE_RETRIES = 4;
const LONG_TURN_CHANCE = 0.02;
const MAX_TURN_MS = 20;

/**
 * What one process has of the simulated world. Killed, it keeps its memory but loses the rest: its timers do not fire, its disk
 * and store do not answer, its connections are cut. Its code then stands still.
 */
export class SimProcess {
  readonly name: string;
  readonly network: Network;
  readonly environment: Environment;
  readonly underStores: UnderStoreFactory;
  /** Resolves when the process is killed. */
  readonly dead: Promise<void>;
  readonly #network: ProcessNetwork;
  #alive = true;
  #die!: () => void;

  constructor(name: string, { clock, network, random, stores, disk, log = silentLogger }: SimMachine) {
    this.name = name;
    this.dead = new Promise((resolve) => (this.#die = resolve));
    this.#network = network.of(name);
    this.network = this.#network;
    const own: Random = random.fork();
    const computing = random.fork();
    const time: Clock = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => {
        // To compute takes its time: now and then long work finds that its turn is over.
        if (computing.next() < LONG_TURN_CHANCE) clock.elapse(computing.next() * MAX_TURN_MS);
        return clock.monotonicMs();
      },
      schedule: (delayMs, callback) =>
        clock.schedule(delayMs, () => {
          if (this.#alive) callback();
        }),
    };
    this.environment = { clock: time, random: own, disk: (disk ?? new SimDisk(random.fork())).mount(), log: log.child({ process: name }) };
    const opened = new Map<string, UnderStore>();
    this.underStores = {
      open: (uri) => {
        let store = opened.get(uri);
        if (store !== undefined) return store;
        const handle = stores.at(uri).handle(name, () => this.#alive);
        // As the product has it: limits inside, retries around them.
        const limited = limitsLayer(handle, { clock: time, timeoutMs: STORE_TIMEOUT_MS, concurrency: 64, queue: 10_000 });
        store = retryLayer(limited, { clock: time, random: own, retries: STORE_RETRIES });
        opened.set(uri, store);
        return store;
      },
    };
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  /** Calls of this process that a server still works on. */
  unfinished(): number {
    return this.#network.unfinished();
  }

  kill(): void {
    this.#alive = false;
    this.#network.kill();
    this.#die();
  }
}
