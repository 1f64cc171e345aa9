import type { Clock, Random } from '@alluvium/base';
import type { Disk, Logger } from '@alluvium/platform';
import type { UnderStore } from './under-store.js';

/** Opens the store behind a URI: the connector, wrapped in the layers. */
export interface UnderStoreFactory {
  /**
   * `uri`: `/path`, `file:///path`, `s3://bucket/prefix` (also `s3a`). `properties`: mount options by Alluxio's names.
   * Throws `invalidArgument` with Alluxio's text (`No Under File System Factory found for: URI`) for other schemes.
   * Does not contact the store.
   */
  open(uri: string, properties: ReadonlyMap<string, string>): UnderStore;
}

export interface UnderStoreEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly log: Logger;
}
