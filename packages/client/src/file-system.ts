// What a program does with a cluster: names and attributes by asking the master, bytes through `open` and `create`.
import type { ClusterAdmin } from './admin/cluster-admin.js';
import type { AclEntry, FileStatus } from './file-status.js';
import type {
  BlockReport,
  ClusterReport,
  ConfigurationReport,
  MountPoint,
  WorkerReport,
  PersistQueueOptions,
  PersistQueueReport,
} from './reports.js';
import type { WatchOptions, WatchUpdate } from './watch/changes.js';
import type { ReadableFile } from './read/readable-file.js';
import type { StoreSync } from './sync/store-sync.js';
import type { WritableFile } from './write/writable-file.js';

/** Where the bytes of a new file go; names and meaning are Alluxio's. */
export type WriteType = 'MUST_CACHE' | 'CACHE_THROUGH' | 'THROUGH' | 'ASYNC_THROUGH';
/** CACHE keeps what is read in the cache; NO_CACHE leaves the cache as it is; CACHE_PROMOTE also moves it to the top tier. */
export type ReadType = 'CACHE' | 'NO_CACHE' | 'CACHE_PROMOTE';
/** When the master asks the under store: once per directory, never, always. */
export type LoadMetadataType = 'ONCE' | 'NEVER' | 'ALWAYS';
export type TtlAction = 'DELETE' | 'FREE' | 'DELETE_ALLUXIO';
/** How extended attributes that are given meet those that are there. */
export type XattrUpdate = 'TRUNCATE' | 'UNION_REPLACE' | 'UNION_PRESERVE' | 'DELETE_KEYS';

/** Every call takes one: aborting it rejects the call with `cancelled` and ends what it had under way. */
export interface Cancellable {
  readonly signal?: AbortSignal;
}

export interface StatusOptions extends Cancellable {
  /** How old what is known may be before it is compared with the store; 0n: always, -1n: never. The cluster's setting unless told. */
  readonly syncIntervalMs?: bigint;
  readonly loadMetadata?: LoadMetadataType;
}

export interface ListOptions extends StatusOptions {
  /** The master loads what it does not know, and sends nothing. */
  readonly loadOnly?: boolean;
  readonly recursive?: boolean;
  /** Leaves out where files are in their stores, which the master then need not work out. */
  readonly omitMountInfo?: boolean;
}

export interface CreateDirectoryOptions extends Cancellable {
  /** Makes missing ancestors too. */
  readonly recursive?: boolean;
  /** An existing directory is no error. */
  readonly allowExists?: boolean;
  /** Permission bits, 0o755 unless told. */
  readonly mode?: number;
  readonly writeType?: WriteType;
}

export interface CreateFileOptions extends Cancellable {
  readonly recursive?: boolean;
  readonly overwrite?: boolean;
  /** Permission bits, 0o644 unless told. */
  readonly mode?: number;
  readonly writeType?: WriteType;
  /** Bytes; the cluster's default unless told. */
  readonly blockSizeBytes?: bigint;
  /** Milliseconds to live; -1n for ever. */
  readonly ttlMs?: bigint;
  readonly ttlAction?: TtlAction;
  /** Fewest and most copies in the cache; a most of -1: no limit. */
  readonly replicationMin?: number;
  readonly replicationMax?: number;
  /** Copies while it is in no store yet; whether the writer waits for them is the cluster's configuration. */
  readonly replicationDurable?: number;
  /** Extended attributes of the file and of the directories that are made above it. */
  readonly xattr?: Readonly<Record<string, Uint8Array>>;
}

export interface OpenOptions extends Cancellable {
  readonly readType?: ReadType;
}

export interface RemoveOptions extends Cancellable {
  readonly recursive?: boolean;
  /** Leaves the under store as it is. */
  readonly alluxioOnly?: boolean;
  /** Does not look whether the under store has more below a directory than is known. */
  readonly unchecked?: boolean;
  /** Mount points below too, and what is in their stores unless `alluxioOnly`: unmounting is what leaves a store alone. */
  readonly deleteMountPoints?: boolean;
  /** The next look at the parent asks the under store. */
  readonly syncParentNextTime?: boolean;
}

export interface RenameOptions extends Cancellable {
  /** Replaces a file, in one step. */
  readonly overwrite?: boolean;
}

/** Absent fields stay as they are. */
export interface SetAttributeOptions extends Cancellable {
  readonly recursive?: boolean;
  readonly owner?: string;
  readonly group?: string;
  readonly mode?: number;
  readonly pinned?: boolean;
  /** Media that pinned copies are to be on: MEM, SSD, HDD; any when empty. */
  readonly pinnedMedia?: readonly string[];
  /** Fewest and most copies in the cache, for everything below a directory; a most of -1: no limit. */
  readonly replicationMin?: number;
  readonly replicationMax?: number;
  readonly ttlMs?: bigint;
  readonly ttlAction?: TtlAction;
  readonly xattr?: Readonly<Record<string, Uint8Array>>;
  /** TRUNCATE unless told. */
  readonly xattrUpdate?: XattrUpdate;
}

/**
 * REPLACE needs the entries of owner, group and others, and takes all other access entries away; MODIFY adds and changes; REMOVE
 * takes named ones away; REMOVE_ALL leaves owner, group and others; REMOVE_DEFAULT takes the default ACL of a directory away.
 */
export type AclChange =
  | { readonly action: 'REPLACE' | 'MODIFY' | 'REMOVE'; readonly entries: readonly AclEntry[] }
  | { readonly action: 'REMOVE_ALL' | 'REMOVE_DEFAULT' };

export interface SetAclOptions extends Cancellable {
  /** Everything below too; default entries go to directories only. */
  readonly recursive?: boolean;
}

export interface MountOptions extends Cancellable {
  readonly readOnly?: boolean;
  readonly shared?: boolean;
  readonly properties?: Readonly<Record<string, string>>;
}

export interface PersistOptions extends Cancellable {
  /** Milliseconds until the first attempt; 0n unless told. */
  readonly waitMs?: bigint;
}

export interface FreeOptions extends Cancellable {
  readonly recursive?: boolean;
  /** Frees pinned files too. */
  readonly forced?: boolean;
}

/**
 * A connection to a cluster. Paths are absolute, `/a/b`. Errors are AlluviumErrors with the kind the server answered;
 * temporary ones have been retried before they are thrown.
 */
export interface FileSystem {
  /** `notFound` when nothing is there. */
  status(path: string, options?: StatusOptions): Promise<FileStatus>;
  exists(path: string, options?: StatusOptions): Promise<boolean>;
  /** The children of a directory, or the file itself, in the order the master sends them (by name). */
  list(path: string, options?: ListOptions): AsyncIterable<FileStatus>;
  createDirectory(path: string, options?: CreateDirectoryOptions): Promise<void>;
  remove(path: string, options?: RemoveOptions): Promise<void>;
  /** `alreadyExists` when `to` is there, unless both are files and it may be replaced. */
  rename(from: string, to: string, options?: RenameOptions): Promise<void>;
  setAttribute(path: string, options: SetAttributeOptions): Promise<void>;
  setAcl(path: string, change: AclChange, options?: SetAclOptions): Promise<void>;
  /** Removes cached copies of what is persisted. */
  free(path: string, options?: FreeOptions): Promise<void>;
  /** Asks for persistence; answers when the master has noted it, not when it is done. */
  persist(path: string, options?: PersistOptions): Promise<void>;
  /** What waits to be persisted at or below a path. */
  persistQueue(path: string, options?: PersistQueueOptions): Promise<PersistQueueReport>;
  /** Nothing is persisted to a mount until it is resumed. For super users. */
  pausePersist(mountPoint: string, reason: string, options?: Cancellable): Promise<void>;
  resumePersist(mountPoint: string, options?: Cancellable): Promise<void>;

  /**
   * Committed changes at or below a path, in order, until the caller stops; a broken connection is made anew and goes on where it
   * was. Only against a master that offers it: `unimplemented` otherwise.
   */
  watch(path: string, options?: WatchOptions): AsyncIterable<WatchUpdate>;

  open(path: string, options?: OpenOptions): Promise<ReadableFile>;
  /** The file is visible as incomplete until the answer's `close()`. */
  create(path: string, options?: CreateFileOptions): Promise<WritableFile>;

  mount(path: string, ufsUri: string, options?: MountOptions): Promise<void>;
  unmount(path: string, options?: Cancellable): Promise<void>;
  /** Other options in place of all that the mount had. */
  updateMount(path: string, options?: MountOptions): Promise<void>;
  mounts(options?: Cancellable): Promise<MountPoint[]>;
  /** The path that shows an object of a store; `invalidArgument` when none does. */
  reverseResolve(ufsUri: string, options?: Cancellable): Promise<string>;

  /** `notFound` for an unknown block. */
  block(blockId: bigint, options?: Cancellable): Promise<BlockReport>;
  workers(options?: Cancellable): Promise<WorkerReport[]>;
  cluster(options?: Cancellable): Promise<ClusterReport>;
  configuration(options?: Cancellable): Promise<ConfigurationReport>;
  /** What operators ask and order. */
  readonly admin: ClusterAdmin;
  /** Comparing what is known with what the under stores have. */
  readonly sync: StoreSync;

  close(): Promise<void>;
}
