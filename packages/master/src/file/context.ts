import type { Clock, InodeId, Random } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import type { AuditTrail } from '../audit/audit-trail.js';
import type { BlockMap } from '../block/block-map.js';
import type { Committer } from '../commit.js';
import type { PathLocks } from '../lock/path-locks.js';
import type { LiveConfiguration } from '../meta/live-configuration.js';
import type { PathProperties } from '../meta/path-properties.js';
import type { MountTable } from '../mount/mount-table.js';
import type { Tasks } from '../task/tasks.js';
import type { AbsentPaths } from './absent-paths.js';
import type { AccessTimes } from './access-times.js';
import type { InodeTree } from './inode-tree.js';
import type { MetadataLoader } from './load-metadata.js';
import type { Permissions } from './permissions.js';
import type { StoreSync } from './sync/store-sync.js';

/** What the operations of the file system master work with. */
export interface FileContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly committer: Committer;
  readonly tree: InodeTree;
  readonly mounts: MountTable;
  readonly blocks: BlockMap;
  readonly locks: PathLocks;
  readonly permissions: Permissions;
  /** Groups of a user by the master's mapping, the primary one first. */
  readonly groupsOf: (user: string) => readonly string[];
  readonly absent: AbsentPaths;
  readonly accessTimes: AccessTimes;
  readonly loader: MetadataLoader;
  readonly sync: StoreSync;
  readonly options: FileOptions;
  /** Syncs and recursive operations that take long. */
  readonly tasks: Tasks;
  /** Where calls that have ended are told; undefined: nowhere. */
  readonly audit: AuditTrail | undefined;
  /** The configuration as it is now, and where it differs from path to path. */
  readonly live: LiveConfiguration;
  readonly pathProperties: PathProperties;
  /** Told, once durable, that a file is to reach the under store. */
  readonly persistRequested: (file: InodeId) => void;
  /** Waits for the copies that make a file durable which is in no store yet; undefined when it need not wait. Throws when they do not come. */
  readonly whenDurable: (file: InodeId) => Promise<void> | undefined;
}

export interface FileOptions {
  /** Block size of files loaded from a store, and of creates that name none. */
  readonly defaultBlockSizeBytes: number;
  /** FileInfos per message of a listing. */
  readonly listBatch: number;
  /**
   * Inodes that a recursive operation changes in one synchronous stretch and one journal operation. On more it works in slices of
   * at most so many.
   */
  readonly recursiveBatch: number;
  /** Whether what is made by nobody, or by somebody without a group, belongs to whom the directory above belongs to. */
  readonly inheritOwnership: boolean;
}

/**
 * `reply`, once what it shows is durable: for operations that waited for something else in between. A synchronous reply is held
 * back by the service itself.
 */
export async function settled<T>(context: FileContext, reply: T): Promise<T> {
  await context.committer.settled();
  return reply;
}
