import type { Clock } from '@alluvium/base';
import type { common } from '@alluvium/wire';
import { unlessAborted } from '../abort.js';
import type { MasterChannel } from '../master/master-channel.js';
import { blockMethods } from '../master/services.js';
import { targetOf } from './worker-target.js';
import type { WorkerTarget } from './worker-target.js';

const FRESH_MS = 15_000;

export interface LiveWorker extends WorkerTarget {
  readonly capacityBytes: bigint;
  readonly freeBytes: bigint;
  /** Sorts workers as Java clients do when they hash. */
  readonly description: string;
}

/** The live workers as the master told lately. */
export class WorkerList {
  readonly #master: MasterChannel;
  readonly #clock: Clock;
  readonly #changed: (workers: readonly LiveWorker[]) => void;
  #known: Promise<readonly LiveWorker[]> | undefined;
  #knownMs = 0;

  constructor(master: MasterChannel, clock: Clock, changed: (workers: readonly LiveWorker[]) => void) {
    this.#master = master;
    this.#clock = clock;
    this.#changed = changed;
  }

  get(signal?: AbortSignal): Promise<readonly LiveWorker[]> {
    if (this.#known === undefined || this.#clock.monotonicMs() - this.#knownMs > FRESH_MS) {
      const asked = this.#ask();
      asked.catch(() => {
        if (this.#known === asked) this.#known = undefined;
      });
      this.#known = asked;
      this.#knownMs = this.#clock.monotonicMs();
    }
    return unlessAborted(this.#known, signal);
  }

  /** The next look asks the master. */
  forget(): void {
    this.#known = undefined;
  }

  async #ask(): Promise<readonly LiveWorker[]> {
    const { workerInfos = [] } = await this.#master.unary(blockMethods.getWorkerInfoList, {});
    const workers = workerInfos.map(({ address = {}, capacityBytes = 0n, usedBytes = 0n }) => ({
      ...targetOf(address),
      capacityBytes,
      freeBytes: capacityBytes > usedBytes ? capacityBytes - usedBytes : 0n,
      description: descriptionOf(address),
    }));
    this.#changed(workers);
    return workers;
  }
}

function descriptionOf(address: common.WorkerNetAddress): string {
  const { host = '', containerHost = '', rpcPort = 0, dataPort = 0, webPort = 0, domainSocketPath = '' } = address;
  return `host=${host}, containerHost=${containerHost}, rpcPort=${rpcPort}, dataPort=${dataPort}, webPort=${webPort}, domainSocketPath=${domainSocketPath}`;
}
