import type { Clock, Random } from '@alluvium/base';
import type { MetadataCache } from '../cache/metadata-cache.js';
import type { RetryPolicy } from '../backoff.js';
import type { ClusterDefaults } from '../master/cluster-defaults.js';
import type { MasterChannel } from '../master/master-channel.js';
import type { Workers } from '../worker/workers.js';
import type { KeptBytes } from '../write/kept-bytes.js';

/** Something that ends with the client. */
export interface Shutdown {
  shutdown(): Promise<void>;
}

/** What the operations of one client share. */
export interface ClientContext {
  readonly master: MasterChannel;
  readonly workers: Workers;
  readonly defaults: ClusterDefaults;
  readonly clock: Clock;
  readonly random: Random;
  readonly retry: RetryPolicy;
  /** Undefined when statuses are not cached. */
  readonly cache: MetadataCache | undefined;
  readonly kept: KeptBytes;
  /** The files that are open, and what else ends with the client. */
  readonly open: Set<Shutdown>;
}
