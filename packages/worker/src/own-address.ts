// How this worker is known: to the master, to clients, and to itself when somebody names it.
import type { Configuration } from '@alluvium/platform';
import type { common } from '@alluvium/wire';
import type { WorkerIdentity } from './master/register.js';
import * as options from './options.js';

export type Description = Partial<Pick<WorkerIdentity, 'version' | 'cpus' | 'properties'>>;

export class OwnAddress {
  readonly #configuration: Configuration;
  readonly #description: Description;
  #rpcPort: number;
  /** Of the socket for clients of this machine; '' without one. */
  #socketPath = '';

  constructor(configuration: Configuration, description: Description) {
    this.#configuration = configuration;
    this.#description = description;
    this.#rpcPort = configuration.get(options.workerRpcPort);
  }

  /** Told once the worker serves: the port may be one that the system has picked. */
  servesAt(rpcPort: number, socketPath: string): void {
    this.#rpcPort = rpcPort;
    this.#socketPath = socketPath;
  }

  /** As error texts name this worker. */
  get text(): string {
    return `${this.#host}/<unresolved>:${this.#rpcPort}`;
  }

  get identity(): WorkerIdentity {
    const { version = '', cpus = 0, properties = [] } = this.#description;
    return { address: this.#address, version, cpus, properties };
  }

  /** Whether a source of a block means this worker: then it is to be taken from the under store. */
  isSelf(host: string, port: number): boolean {
    const isLocal = host === this.#host || host === 'localhost' || host === '::1' || host.startsWith('127.');
    return isLocal && (port === 0 || port === this.#rpcPort);
  }

  get #host(): string {
    return this.#configuration.get(options.workerHostname);
  }

  get #address(): common.WorkerNetAddress {
    const node = this.#configuration.get(options.localityNode);
    const rack = this.#configuration.get(options.localityRack);
    return {
      host: this.#host,
      rpcPort: this.#rpcPort,
      dataPort: this.#rpcPort,
      webPort: this.#configuration.get(options.workerWebPort),
      domainSocketPath: this.#socketPath,
      tieredIdentity: {
        tiers: [
          { tierName: 'node', value: node === '' ? this.#host : node },
          { tierName: 'rack', ...(rack !== '' && { value: rack }) },
        ],
      },
      containerHost: '',
    };
  }
}
