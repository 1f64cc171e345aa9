// The worker's second door: the same services at a Unix domain socket, for clients that share the machine, or only a folder with it.
import { randomUuid, type Random } from '@alluvium/base';
import type { Network, RpcServer, ServeOptions, ServiceTable } from '@alluvium/net';
import type { Configuration, Disk } from '@alluvium/platform';
import { domainSocketAddress, domainSocketAsUuid } from '../options.js';

/** Clients of all users have to get to the socket. */
const FOLDER_MODE = 0o755;

export interface DomainSocketDependencies {
  readonly network: Network;
  readonly disk: Disk;
  readonly random: Random;
  readonly configuration: Configuration;
}

export interface DomainSocket {
  readonly path: string;
  readonly server: RpcServer;
}

/** Undefined when none is configured. */
export async function serveDomainSocket(
  { network, disk, random, configuration }: DomainSocketDependencies,
  table: ServiceTable,
  options: ServeOptions,
): Promise<DomainSocket | undefined> {
  const address = configuration.get(domainSocketAddress);
  if (address === '') return undefined;
  const asUuid = configuration.get(domainSocketAsUuid);
  const path = asUuid ? `${address.replace(/\/+$/, '')}/${randomUuid(random)}` : address;
  const folder = path.slice(0, path.lastIndexOf('/'));
  if (folder !== '') await disk.makeDirectory(folder, FOLDER_MODE);
  return { path, server: await network.serve({ host: '', port: 0, socketPath: path }, table, options) };
}
