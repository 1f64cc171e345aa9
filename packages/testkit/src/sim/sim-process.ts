import type { Clock, Random } from '@alluvium/base';
import { silentLogger, type Environment, type Logger } from '@alluvium/platform';
import type { Address, Network } from '@alluvium/net';
import { limitsLayer, retryLayer, type UnderStore, type UnderStoreFactory } from '@alluvium/ufs';
import type { MemoryNetwork, ProcessNetwork } from './memory-network.js';
import { Pause } from './pause.js';
import type { SeededRandom } from './seeded-random.js';
import type { SimClock } from './sim-clock.js';
import { SimDisk } from './sim-disk.js';
import type { SimStores } from './sim-stores.js';

/** How the clocks of a machine differ from true time. */
export interface MachineTime {
  /** Of the wall clock. */
  offsetMs: number;
  /** True milliseconds in one of its own: above 1 the machine is slow. */
  readonly pace: number;
}

export interface SimMachine {
  readonly clock: SimClock;
  readonly network: MemoryNetwork;
  readonly random: SeededRandom;
  readonly stores: SimStores;
  /** Absent for a process without a disk. */
  readonly disk?: SimDisk;
  readonly log?: Logger;
  /** True time unless told. */
  readonly time?: MachineTime;
}

const STORE_TIMEOUT_MS = 60_000;
const STORE_RETRIES = 4;
const LONG_TURN_CHANCE = 0.02;
const MAX_TURN_MS = 20;
const TRUE_TIME: MachineTime = { offsetMs: 0, pace: 1 };

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
  /** Stands still while it is on, as after SIGSTOP. */
  readonly pause = new Pause();
  readonly #network: ProcessNetwork;
  #alive = true;
  #reachesStores = true;
  #die!: () => void;

  constructor(name: string, { clock, network, random, stores, disk, log = silentLogger, time: own = TRUE_TIME }: SimMachine) {
    this.name = name;
    this.dead = new Promise((resolve) => (this.#die = resolve));
    this.#network = network.of(name, this.pause);
    this.network = this.#network;
    const chance: Random = random.fork();
    const computing = random.fork();
    const time: Clock = {
      nowMs: () => clock.nowMs() + own.offsetMs,
      monotonicMs: () => {
        // To compute takes its time: now and then long work finds that its turn is over.
        if (computing.next() < LONG_TURN_CHANCE) clock.elapse(computing.next() * MAX_TURN_MS);
        return clock.monotonicMs() / own.pace;
      },
      schedule: (delayMs, callback) =>
        clock.schedule(delayMs * own.pace, () =>
          this.pause.run(() => {
            if (this.#alive) callback();
          }),
        ),
    };
    const user = { isAlive: () => this.#alive, pause: this.pause };
    const mounted = (disk ?? new SimDisk(random.fork())).mount(user);
    this.environment = { clock: time, random: chance, disk: mounted, log: log.child({ process: name }) };
    const opened = new Map<string, UnderStore>();
    this.underStores = {
      open: (uri) => {
        let store = opened.get(uri);
        if (store !== undefined) return store;
        const handle = stores.at(uri).handle(name, () => this.#alive && this.#reachesStores, this.pause);
        // As the product has it: limits inside, retries around them.
        const limited = limitsLayer(handle, { clock: time, timeoutMs: STORE_TIMEOUT_MS, concurrency: 64, queue: 10_000 });
        store = retryLayer(limited, { clock: time, random: chance, retries: STORE_RETRIES });
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

  /** Another takes its address; what it serves is found at the one given. The stores, which know of no epochs, are out of its reach. */
  stepAside(to: Address): void {
    this.#reachesStores = false;
    this.#network.stepAside(to);
  }

  kill(): void {
    this.#alive = false;
    this.#network.kill();
    this.#die();
  }
}
