/**
 * The under-store seam. A store serves one root (`file:///data`, `s3://bucket/prefix`); paths are relative to it, `/`-separated,
 * without leading or trailing `/`, '' for the root itself. Every error is an AlluviumError; `temporary` ones may be retried.
 * One behaviour suite (packages/ufs/test/behaviour.ts) holds for every store; what a store cannot do it says in `capabilities`.
 */
export interface UnderStore {
  /** The root as configured, without trailing `/`. */
  readonly uri: string;
  readonly capabilities: Capabilities;

  /** Undefined when nothing is there. An object-store "directory" is a prefix with objects or a marker. */
  status(path: string, options?: UfsCallOptions): Promise<UfsStatus | undefined>;

  /**
   * Direct children in the order of their names' UTF-8 bytes, where a directory's name counts with a `/` behind it (the order of
   * object keys), streamed page by page. `recursive`: everything below in the same order, `name` being the path relative to the
   * listed directory. Throws `notFound` when the directory is not there.
   */
  list(path: string, options?: ListOptions): AsyncIterable<UfsStatus>;

  /**
   * The bytes of `[offset, offset + length)`, fewer only where the file ends. With `ifMatch` the read fails with `aborted`
   * when the content hash, or the version, is no longer the given one, instead of mixing two versions.
   */
  read(path: string, options: ReadOptions): AsyncIterable<Uint8Array>;

  /** A writer of a new file; nothing is visible under `path` before `commit`. Missing parents are made. */
  create(path: string, options?: CreateOptions): Promise<UfsWriter>;

  /** Makes a directory and its missing parents; no error when it exists. Throws `alreadyExists` when a file is in the way. */
  makeDirectory(path: string, options?: DirectoryOptions): Promise<void>;

  /** Removes a file; false when it was not there. */
  removeFile(path: string, options?: UfsCallOptions): Promise<boolean>;

  /** Removes a directory; `failedPrecondition` when not empty and not recursive; false when it was not there. Never the root. */
  removeDirectory(path: string, options: { recursive: boolean } & UfsCallOptions): Promise<boolean>;

  /**
   * Renames a file or directory. `alreadyExists` when `to` exists, unless `overwrite` and both are files; `notFound` when
   * `from` is missing. Atomic only where `capabilities.rename` says so.
   */
  rename(from: string, to: string, options?: { overwrite?: boolean } & UfsCallOptions): Promise<void>;

  /** `unimplemented` where `capabilities.permissions` is false. */
  setOwner(path: string, owner: string | undefined, group: string | undefined): Promise<void>;
  setMode(path: string, mode: number): Promise<void>;

  /** Undefined where the store does not know (object stores). */
  space(): Promise<{ capacityBytes: number; usedBytes: number } | undefined>;

  /**
   * Removes what writers left that never ended, because their process was killed: temporary files, parts of uploads. Only what has
   * not grown for longer than the limit goes, for others may be writing. Answers how many it removed. Undefined where a writer that
   * dies leaves nothing.
   */
  removeAbandoned?(options: AbandonedOptions): Promise<number>;

  close(): Promise<void>;
}

export interface Capabilities {
  /** What Alluxio calls the store in listings and fingerprints: `local`, `s3`, `hdfs`. */
  readonly type: string;
  readonly objectStore: boolean;
  readonly rename: 'atomic' | 'copy';
  /** Owner, group and mode are stored. */
  readonly permissions: boolean;
  /** `create` with `ifAbsent` cannot be raced. */
  readonly conditionalCreate: boolean;
  /** Empty directories exist by themselves, not as marker objects. */
  readonly directories: 'real' | 'marker';
}

export interface UfsStatus {
  /** Base name, or for a recursive listing the path relative to the listed directory. '' for the root. */
  readonly name: string;
  readonly directory: boolean;
  /** Bytes; 0 for a directory. */
  readonly length: number;
  /** Milliseconds since the epoch; undefined where the store does not know. */
  readonly modifiedMs: number | undefined;
  readonly owner: string;
  readonly group: string;
  /** Permission bits, 0o000 to 0o777. */
  readonly mode: number;
  /** Changes whenever the content does: `(len:L, modtime:M)` for local files as in Alluxio's fingerprints, the ETag for S3. Undefined for directories. */
  readonly contentHash: string | undefined;
  /**
   * Differs also between contents of equal length and time of change, and may differ between equal contents. Absent where the content
   * hash does as much.
   */
  readonly version?: string;
}

export interface UfsCallOptions {
  readonly signal?: AbortSignal;
}

export interface AbandonedOptions extends UfsCallOptions {
  readonly olderThanMs: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

export interface ListOptions extends UfsCallOptions {
  readonly recursive?: boolean;
}

export interface ReadOptions extends UfsCallOptions {
  readonly offset: number;
  readonly length: number;
  readonly ifMatch?: string;
}

export interface CreateOptions extends UfsCallOptions {
  readonly owner?: string;
  readonly group?: string;
  readonly mode?: number;
  /** Fail with `alreadyExists` instead of replacing. */
  readonly ifAbsent?: boolean;
}

export interface DirectoryOptions extends UfsCallOptions {
  readonly owner?: string;
  readonly group?: string;
  readonly mode?: number;
}

export interface UfsWriter {
  /** Takes the bytes in order; resolves when the writer has room for more. The views are the writer's until then. */
  write(parts: readonly Uint8Array[]): Promise<void>;
  /** Makes the file visible and durable; answers what is stored. */
  commit(): Promise<{ length: number; contentHash: string | undefined }>;
  /** Leaves nothing behind. Harmless after commit. */
  abort(): Promise<void>;
}
