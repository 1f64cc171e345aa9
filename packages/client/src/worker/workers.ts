import type { Clock, Random } from '@alluvium/base';
import type { Address, RpcChannel } from '@alluvium/net';
import type { MasterChannel } from '../master/master-channel.js';
import { WorkerChannels } from './worker-channels.js';
import { WorkerFailures } from './worker-failures.js';
import { WorkerList } from './worker-list.js';

export interface WorkersOptions {
  readonly master: MasterChannel;
  readonly clock: Clock;
  readonly random: Random;
  readonly connect: (address: Address) => RpcChannel;
  /** The host that this program runs on; workers there are preferred. */
  readonly localHost: string | undefined;
}

/** What a client knows of the workers and the connections it has to them. */
export class Workers {
  readonly list: WorkerList;
  readonly channels: WorkerChannels;
  readonly failures: WorkerFailures;
  readonly random: Random;
  readonly localHost: string | undefined;

  constructor({ master, clock, random, connect, localHost }: WorkersOptions) {
    this.channels = new WorkerChannels(connect);
    this.failures = new WorkerFailures(clock);
    this.list = new WorkerList(master, clock, (workers) => this.channels.prune(new Set(workers.map(({ key }) => key))));
    this.random = random;
    this.localHost = localHost;
  }

  async close(): Promise<void> {
    await this.channels.close();
  }
}
