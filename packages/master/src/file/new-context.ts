import { NO_PARENT, ROOT_INODE_ID, type Clock, type InodeId, type Random } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { Configuration, type Logger } from '@alluvium/platform';
import type { AuditTrail } from '../audit/audit-trail.js';
import type { BlockMap } from '../block/block-map.js';
import type { Committer } from '../commit.js';
import { PathLocks } from '../lock/path-locks.js';
import { DYNAMIC_OPTIONS, LiveConfiguration } from '../meta/live-configuration.js';
import { PathProperties } from '../meta/path-properties.js';
import { followSyncIntervals } from '../meta/sync-intervals.js';
import type { MountTable } from '../mount/mount-table.js';
import { Tasks } from '../task/tasks.js';
import { AbsentPaths } from './absent-paths.js';
import { AccessTimes, defaultAccessTimeOptions, type AccessTimeOptions } from './access-times.js';
import type { FileContext, FileOptions } from './context.js';
import type { InodeTree } from './inode-tree.js';
import { directoryEntry } from './inode-to-entry.js';
import { MetadataLoader } from './load-metadata.js';
import { Permissions, type PermissionOptions } from './permissions.js';
import { StoreSync, type StoreSyncOptions } from './sync/store-sync.js';

export interface FileContextParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly committer: Committer;
  readonly tree: InodeTree;
  readonly mounts: MountTable;
  readonly blocks: BlockMap;
  /** Groups of a user, the primary one first. */
  readonly groupsOf: (user: string) => readonly string[];
  readonly persistRequested: (file: InodeId) => void;
  /** Absent: nobody waits. */
  readonly whenDurable?: FileContext['whenDurable'];
  readonly permissions: PermissionOptions;
  /** None of its own when absent. */
  readonly live?: LiveConfiguration;
  readonly pathProperties?: PathProperties;
  readonly audit?: AuditTrail;
  readonly options: FileOptions & {
    /** Paths remembered as missing in their store. */
    readonly absentPaths: number;
    /** How long they are, in milliseconds. */
    readonly absentPathMs: number;
    readonly sync: StoreSyncOptions;
    /** How long an operation waits for others on the same path. */
    readonly lockTimeoutMs: number;
    readonly lockWaiters: number;
    readonly accessTimes: AccessTimeOptions;
  };
}

export const defaultFileOptions: FileContextParts['options'] = {
  defaultBlockSizeBytes: 64 * 2 ** 20,
  listBatch: 1000,
  inheritOwnership: true,
  recursiveBatch: 500,
  absentPaths: 100_000,
  absentPathMs: 5 * 60_000,
  sync: { intervalMs: -1, concurrency: 6, rememberedPaths: 100_000 },
  lockTimeoutMs: 60_000,
  lockWaiters: 20_000,
  accessTimes: defaultAccessTimeOptions,
};

/** Puts together what the operations of the file system master work with. */
export function newFileContext(parts: FileContextParts): FileContext {
  const { clock, committer, tree, log, options } = parts;
  const { live = new LiveConfiguration(new Configuration(), DYNAMIC_OPTIONS), pathProperties = new PathProperties() } = parts;
  const sync = new StoreSync(clock, tree, options.sync);
  followSyncIntervals(sync, live, pathProperties);
  return {
    clock,
    random: parts.random,
    log,
    committer,
    tree,
    mounts: parts.mounts,
    blocks: parts.blocks,
    groupsOf: parts.groupsOf,
    persistRequested: parts.persistRequested,
    whenDurable: parts.whenDurable ?? (() => undefined),
    audit: parts.audit,
    options,
    permissions: new Permissions(parts.permissions, parts.groupsOf),
    locks: new PathLocks(clock, { timeoutMs: options.lockTimeoutMs, maxWaiters: options.lockWaiters }),
    absent: new AbsentPaths(clock, (path) => parts.mounts.resolve(path).path, options.absentPaths, options.absentPathMs),
    accessTimes: new AccessTimes(clock, committer, tree, log, options.accessTimes),
    loader: new MetadataLoader(),
    sync,
    live,
    pathProperties,
    tasks: new Tasks(clock),
  };
}

/** What a master that starts for the first time journals: the root, owned by the user that runs the master. */
export function firstEntries(nowMs: number, owner: string, group: string): JournalEntry[] {
  return [
    { inodeDirectoryIdGenerator: { containerId: 0n, sequenceNumber: 1n } },
    directoryEntry({
      kind: 'directory',
      id: ROOT_INODE_ID,
      parentId: NO_PARENT,
      name: '',
      owner,
      group,
      mode: 0o755,
      acl: undefined,
      creationTimeMs: nowMs,
      modificationTimeMs: nowMs,
      accessTimeMs: nowMs,
      persistence: 'PERSISTED',
      pinned: false,
      pinnedMedia: [],
      ttlMs: -1,
      ttlAction: 'DELETE',
      fingerprint: '',
      xattr: undefined,
      mountPoint: false,
      childrenLoaded: false,
      defaultAcl: undefined,
    }),
  ];
}
