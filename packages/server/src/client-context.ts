// What the command line is given of this process: streams, signals, files, and how to reach a cluster.
import { nodeInput, nodeLocalFiles, nodeOutput, type CliContext, type ConnectOptions } from '@alluvium/cli';
import type { ClientOptions, FileSystem } from '@alluvium/client';
import { listConfiguration, machine, nodeClock, nodeRandom, type Configuration, type ListedOption } from '@alluvium/platform';
import {
  blockSize,
  clientOptions,
  dataPathOptions,
  loginPassword,
  loginUser,
  masterAddresses,
  masterHostname,
  masterRpcPort,
  readType,
  writeType,
} from './client-options.js';
import { homeAt } from './home.js';
import { homeConfiguration } from './home-configuration.js';
import { VERSION } from './version.js';

/** A person waits: a master that does not answer is given up sooner than a program would. */
const RETRY_MS = 5000;

export function clientContext(definitions: Readonly<Record<string, string>>, signal: AbortSignal): CliContext {
  return {
    stdout: nodeOutput(process.stdout),
    stderr: nodeOutput(process.stderr),
    stdin: nodeInput(process.stdin, signal),
    environment: process.env,
    clock: nodeClock,
    random: nodeRandom,
    local: nodeLocalFiles,
    signal,
    version: VERSION,
    connect: (options) => connectTo(definitions, options),
    configuration: () => listed(definitions),
  };
}

async function connectTo(definitions: Readonly<Record<string, string>>, options: ConnectOptions): Promise<FileSystem> {
  const [{ connect, nodeLocalMachine }, { grpcNetwork }] = await Promise.all([import('@alluvium/client'), import('@alluvium/net')]);
  const { configuration } = homeConfiguration(clientOptions, homeAt(undefined, process.env), definitions);
  const { hostName, userName } = machine();
  const password = configuration.get(loginPassword);
  return await connect(options.master ?? process.env['ALLUVIUM_MASTER'] ?? masterOf(configuration), {
    network: grpcNetwork({ clock: nodeClock, random: nodeRandom }),
    clock: nodeClock,
    random: nodeRandom,
    user: (options.user ?? configuration.get(loginUser)) || userName,
    retry: { maxDurationMs: RETRY_MS },
    signal: options.signal,
    properties: { 'alluxio.user.hostname': hostName, ...dataPathProperties(configuration) },
    machine: nodeLocalMachine,
    ...(password !== '' && { password }),
    ...defaultsFor(configuration),
  });
}

/** What the configuration says where a call does not. */
function defaultsFor(configuration: Configuration): Pick<ClientOptions, 'writeType' | 'readType' | 'blockSizeBytes'> {
  const [write, read, block] = [configuration.find(writeType), configuration.find(readType), configuration.find(blockSize)];
  return {
    ...(write !== undefined && { writeType: write }),
    ...(read !== undefined && { readType: read }),
    ...(block !== undefined && { blockSizeBytes: BigInt(block) }),
  };
}

/** What was set of how bytes reach workers; the cluster says the rest. */
function dataPathProperties(configuration: Configuration): Record<string, string> {
  const set = dataPathOptions.map((option) => [option.name, configuration.text(option)] as const);
  return Object.fromEntries(set.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function masterOf(configuration: Configuration): string {
  const several = configuration.get(masterAddresses);
  return several.length > 0 ? several.join(',') : `${configuration.get(masterHostname)}:${configuration.get(masterRpcPort)}`;
}

async function listed(definitions: Readonly<Record<string, string>>): Promise<readonly ListedOption[]> {
  const { allOptions } = await import('./options.js');
  return listConfiguration(homeConfiguration(allOptions, homeAt(undefined, process.env), definitions).configuration, allOptions);
}
