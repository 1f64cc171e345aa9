import type { Clock, Random } from '@alluvium/base';
import type { Address, RpcChannel } from '@alluvium/net';
import type { LocalMachine } from '../machine/local-machine.js';
import type { Locality } from '../machine/locality.js';
import type { MasterChannel } from '../master/master-channel.js';
import type { Defaults } from '../master/cluster-defaults.js';
import { Policies } from '../placement/policies.js';
import { WorkerChannels } from './worker-channels.js';
import { WorkerFailures } from './worker-failures.js';
import { WorkerList } from './worker-list.js';
import type { WorkerTarget } from './worker-target.js';

export interface WorkersOptions {
  readonly master: MasterChannel;
  readonly clock: Clock;
  readonly random: Random;
  readonly connect: (address: Address) => RpcChannel;
  /** Where this program runs; workers that are near are preferred. */
  readonly locality: Locality;
  /** Undefined when the files of the machine are not to be touched. */
  readonly machine: LocalMachine | undefined;
}

/** What a client knows of the workers and the connections it has to them. */
export class Workers {
  readonly list: WorkerList;
  readonly channels: WorkerChannels;
  readonly failures: WorkerFailures;
  /** Workers whose files this program could not open. */
  readonly unshared: WorkerFailures;
  readonly random: Random;
  readonly locality: Locality;
  readonly machine: LocalMachine | undefined;
  readonly policies: Policies;

  constructor({ master, clock, random, connect, locality, machine }: WorkersOptions) {
    this.channels = new WorkerChannels(connect);
    this.failures = new WorkerFailures(clock);
    this.unshared = new WorkerFailures(clock);
    this.list = new WorkerList(master, clock, (workers) => this.channels.prune(new Set(workers.map(({ key }) => key))));
    this.random = random;
    this.locality = locality;
    this.machine = machine;
    this.policies = new Policies(locality, random);
  }

  /** The same worker, by its domain socket when that is here to be used. */
  async reached(worker: WorkerTarget, settings: Defaults): Promise<WorkerTarget> {
    const { socketPath } = worker;
    // After a failure it is tried over the network, in case it was the socket that failed.
    if (socketPath === '' || this.machine === undefined || this.failures.has(worker)) return worker;
    if (!settings.socketAsUuid && !this.locality.isHere(worker, settings)) return worker;
    return (await this.machine.isSocket(socketPath)) ? { ...worker, address: { ...worker.address, socketPath } } : worker;
  }

  async close(): Promise<void> {
    await this.channels.close();
  }
}
