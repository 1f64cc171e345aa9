import type { Clock, Random } from '@alluvium/base';
import { grpcNetwork } from '@alluvium/net';
import type { Address, Network } from '@alluvium/net';
import { DEFAULT_RETRY } from './backoff.js';
import type { RetryPolicy } from './backoff.js';
import { ConnectedFileSystem } from './connected-file-system.js';
import type { Cancellable, FileSystem, ReadType, WriteType } from './file-system.js';
import { ClusterDefaults } from './master/cluster-defaults.js';
import { MasterChannel } from './master/master-channel.js';
import { parseAddresses } from './master/parse-addresses.js';
import { nodeMachine } from './node-machine.js';
import { Workers } from './worker/workers.js';

export interface ClientOptions extends Cancellable {
  /** This machine's unless told. */
  readonly network?: Network;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Who the program is; the user that runs it unless told. */
  readonly user?: string;
  /** Who it acts for, where the cluster allows it. */
  readonly impersonate?: string;
  readonly password?: string;
  /** The name of the host that the program runs on, as workers announce it: workers there are preferred. This machine's unless told. */
  readonly localHost?: string;
  /** Used where a call does not say it; the cluster's defaults unless told. */
  readonly writeType?: WriteType;
  readonly readType?: ReadType;
  readonly blockSizeBytes?: bigint;
  /** How long and how often temporary failures are repeated: 50 ms doubling up to 3 s, for 2 minutes. */
  readonly retry?: Partial<RetryPolicy>;
}

/**
 * Connects to a cluster: `host:port`, `alluxio://host:port`, or several masters with commas between. Resolves when the
 * leading master has answered; `unavailable` when none does for as long as `retry` says, `unauthenticated` when it
 * refuses the user, `invalidArgument` for an address that is none.
 */
export async function connect(address: Address | string, options: ClientOptions = {}): Promise<FileSystem> {
  const machine = nodeMachine();
  const { clock = machine.clock, random = machine.random, user = machine.user, impersonate, password, signal } = options;
  const network = options.network ?? grpcNetwork({ clock, random });
  const identity = {
    user,
    ...(impersonate === undefined ? {} : { impersonate }),
    ...(password === undefined ? {} : { password }),
  };
  const retry: RetryPolicy = { ...DEFAULT_RETRY, ...options.retry };
  const master = new MasterChannel({ addresses: parseAddresses(address), network, clock, random, retry, ...identity });
  const workers = new Workers({
    master,
    clock,
    random,
    connect: (worker) => network.connect(worker, identity),
    localHost: options.localHost ?? machine.localHost,
  });
  const defaults = new ClusterDefaults(master, {
    ...(options.writeType === undefined ? {} : { writeType: options.writeType }),
    ...(options.readType === undefined ? {} : { readType: options.readType }),
    ...(options.blockSizeBytes === undefined ? {} : { blockSizeBytes: options.blockSizeBytes }),
  });
  try {
    await master.ready(signal);
  } catch (error) {
    await master.close();
    throw error;
  }
  return new ConnectedFileSystem({ master, workers, defaults, clock, random, retry, open: new Set() });
}
