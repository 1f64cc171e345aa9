/**
 * The local disk, handed in from outside: `nodeDisk` is the real one, the simulator has one that loses what was not synced.
 * Every error is an AlluviumError: ENOENT `notFound`, EEXIST `alreadyExists`, ENOSPC and EDQUOT `resourceExhausted`,
 * EACCES, EPERM and EROFS `permissionDenied`, ENOTEMPTY, ENOTDIR and EISDIR `failedPrecondition`, ENAMETOOLONG
 * `invalidArgument`, EMFILE and ENFILE `unavailable`, EIO `dataLoss`, the rest `unknown`.
 */
export interface Disk {
  /** Makes a directory and its missing parents; no error when it exists. `mode` is applied exactly (no umask). */
  makeDirectory(path: string, mode?: number): Promise<void>;
  list(path: string): Promise<DiskEntry[]>;
  /** The same piece by piece, in no order, for directories with very many entries, where the platform can. */
  scan?(path: string): AsyncIterable<readonly DiskEntry[]>;
  /** Undefined when nothing is there. Follows symbolic links. */
  stat(path: string): Promise<DiskStat | undefined>;
  /** `write` truncates or creates; `create` fails when the file exists; `update` opens for reading and writing, creating if absent. `mode` is applied exactly. */
  open(path: string, access: 'read' | 'write' | 'create' | 'update', mode?: number): Promise<DiskFile>;
  readFile(path: string): Promise<Buffer>;
  /** The same in the calling thread, where the platform can: a tenth of the CPU, for small files that the kernel has in memory. */
  readFileNow?(path: string): Buffer;
  /** Replaces `to` atomically. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; no error when it is gone already. */
  remove(path: string): Promise<void>;
  /** Removes an empty directory, or with everything below it. No error when it is gone already. */
  removeDirectory(path: string, options?: { recursive?: boolean }): Promise<void>;
  /** A second name for a file, where the platform has such. Fails when `name` exists. */
  link?(path: string, name: string): Promise<void>;
  /** Exactly this mode (no umask), where the platform has such. */
  setMode?(path: string, mode: number): Promise<void>;
  /** Makes creations, renames and removals in the directory durable. */
  syncDirectory(path: string): Promise<void>;
  space(path: string): Promise<DiskSpace>;
}

export interface DiskEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'other';
}

export interface DiskStat {
  readonly kind: 'file' | 'directory' | 'other';
  readonly length: number;
  readonly modifiedMs: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface DiskSpace {
  readonly capacityBytes: number;
  readonly availableBytes: number;
}

export interface DiskFile extends AsyncDisposable {
  readonly path: string;
  /** Fills `into` from `position`; answers the bytes read, fewer only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all parts, one after the other, from `position`. */
  write(parts: readonly Uint8Array[], position: number): Promise<void>;
  /** fdatasync. */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  /**
   * Gives up what the system keeps of the file in memory, where the platform can, so that what is read next comes from the disk. What
   * was not synced stays where it is.
   */
  forget?(): void;
  length(): Promise<number>;
  /**
   * As `read`, on the calling thread, where the bytes are in memory for certain (a file on tmpfs); undefined where a disk may have to be
   * waited for.
   */
  readNow?(into: Uint8Array, position: number): number | undefined;
  close(): Promise<void>;
}
