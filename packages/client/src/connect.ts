import type { Clock, Random } from '@alluvium/base';
import { grpcNetwork } from '@alluvium/net';
import type { Address, Network } from '@alluvium/net';
import { DEFAULT_RETRY } from './backoff.js';
import type { RetryPolicy } from './backoff.js';
import { forgetOwnChange, keepRight } from './cache/keep-right.js';
import { MetadataCache } from './cache/metadata-cache.js';
import { ConnectedFileSystem } from './connected-file-system.js';
import type { Cancellable, FileSystem, ReadType, WriteType } from './file-system.js';
import type { LocalMachine } from './machine/local-machine.js';
import { Locality, ownPlaces } from './machine/locality.js';
import { ClusterDefaults, defaultsOf } from './master/cluster-defaults.js';
import { MasterChannel } from './master/master-channel.js';
import { parseAddresses } from './master/parse-addresses.js';
import { nodeMachine } from './node-machine.js';
import type { ClientContext } from './operations/context.js';
import { Workers } from './worker/workers.js';
import { KeptBytes } from './write/kept-bytes.js';

const KEPT_BYTES_MAX = 256 << 20;

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
  /**
   * What Alluxio's clients are configured with: `alluxio.user.*` and `alluxio.locality.*` of placement, short circuit, passive caching
   * and defaults; before what the cluster says. Others are not looked at; a value that is none makes `connect` reject.
   */
  readonly properties?: Readonly<Record<string, string>>;
  /** The files of the machine, for blocks of a worker on it; this machine's unless `network` is handed in, then none. */
  readonly machine?: LocalMachine;
  /** Bytes of blocks that are being written which may be kept, to be written again when their worker fails; 256 MiB. */
  readonly keptBytesMax?: number;
  /** Used where a call does not say it; the cluster's defaults unless told. */
  readonly writeType?: WriteType;
  readonly readType?: ReadType;
  readonly blockSizeBytes?: bigint;
  /**
   * How many statuses to remember; none unless told. The master's stream of changes keeps them right: another client's change shows
   * when the stream brings it, an own one at once. Cached percentages and locations may be old.
   */
  readonly metadataCacheEntries?: number;
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
  const { clock = machine.clock, random = machine.random, user = machine.user, impersonate, password, signal, properties = {} } = options;
  const network = options.network ?? grpcNetwork({ clock, random });
  const files = options.machine ?? (options.network === undefined ? machine.files : undefined);
  const own = defaultsOf(properties);
  const localHost = options.localHost ?? (properties['alluxio.user.hostname'] || machine.localHost);
  const identity = {
    user,
    ...(impersonate === undefined ? {} : { impersonate }),
    ...(password === undefined ? {} : { password }),
  };
  const retry: RetryPolicy = { ...DEFAULT_RETRY, ...options.retry };
  const cache = (options.metadataCacheEntries ?? 0) > 0 ? new MetadataCache(options.metadataCacheEntries!) : undefined;
  const master = new MasterChannel({
    addresses: parseAddresses(address),
    network,
    clock,
    random,
    retry,
    ...identity,
    ...(cache === undefined ? {} : { onOver: (method, request) => forgetOwnChange(cache, method, request) }),
  });
  const workers = new Workers({
    master,
    clock,
    random,
    connect: (worker) => network.connect(worker, identity),
    locality: new Locality(localHost, await ownPlaces(properties, files), files),
    machine: files,
  });
  const defaults = new ClusterDefaults(master, clock, {
    ...own,
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
  const context: ClientContext = {
    master,
    workers,
    defaults,
    clock,
    random,
    retry,
    cache,
    kept: new KeptBytes(options.keptBytesMax ?? KEPT_BYTES_MAX),
    open: new Set(),
  };
  if (cache !== undefined) context.open.add(keepRight(context, cache));
  return new ConnectedFileSystem(context);
}
