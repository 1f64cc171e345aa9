// Every call that the journal makes of its disk, by name: where a crash or a fault can come between. A call without a name does not
// compile, and a test goes through the names and ends the process before and after each.
import type { Disk, DiskEntry, DiskFile, DiskSpace, DiskStat } from '@alluvium/platform';

export const DISK_CALLS = [
  // A directory of the journal, there after a crash.
  'directory.make',
  'directory.sync',
  // Becoming the writer, and looking whether one still is.
  'epoch.list',
  'epoch.create',
  'epoch.close',
  'epoch.sync-directory',
  'epoch.remove',
  'epoch.look',
  // A start.
  'leftover.list',
  'leftover.remove',
  'segment.list',
  'segment.open',
  'segment.read',
  'segment.reopen',
  'segment.rewrite',
  'segment.settle',
  'segment.cut-tail',
  'segment.sync-tail',
  'checkpoint.list',
  'checkpoint.open',
  'checkpoint.read',
  // Commits.
  'segment.create',
  'segment.sync-directory',
  'segment.write',
  'segment.sync',
  'segment.trim',
  'segment.close',
  // A checkpoint, and the cut behind it.
  'checkpoint.create',
  'checkpoint.write',
  'checkpoint.sync',
  'checkpoint.close',
  'checkpoint.rename',
  'checkpoint.sync-directory',
  'checkpoint.discard',
  'checkpoint.remove',
  'segment.remove',
  // Space for what was taken when the disk is full.
  'reserve.look',
  'reserve.create',
  'reserve.write',
  'reserve.sync',
  'reserve.remove',
  'space.look',
  // What people are told.
  'segment.look',
  'checkpoint.look',
] as const;

export type DiskCallName = (typeof DISK_CALLS)[number];

/** Goes around each call. The simulator's way in: it fails a call, holds it up, or ends the process before or after it. */
export type AroundDiskCall = <T>(name: DiskCallName, path: string, call: () => Promise<T>) => Promise<T>;

const straight: AroundDiskCall = (_name, _path, call) => call();

/** A disk whose calls have names. */
export class NamedDisk {
  readonly #disk: Disk;
  readonly #around: AroundDiskCall;

  constructor(disk: Disk, around: AroundDiskCall = straight) {
    this.#disk = disk;
    this.#around = around;
  }

  makeDirectory(name: DiskCallName, path: string): Promise<void> {
    return this.#around(name, path, () => this.#disk.makeDirectory(path));
  }

  list(name: DiskCallName, path: string): Promise<DiskEntry[]> {
    return this.#around(name, path, () => this.#disk.list(path));
  }

  stat(name: DiskCallName, path: string): Promise<DiskStat | undefined> {
    return this.#around(name, path, () => this.#disk.stat(path));
  }

  open(name: DiskCallName, path: string, access: 'read' | 'write' | 'create' | 'update'): Promise<NamedFile> {
    return this.#around(name, path, async () => new NamedFile(await this.#disk.open(path, access), this.#around));
  }

  rename(name: DiskCallName, from: string, to: string): Promise<void> {
    return this.#around(name, from, () => this.#disk.rename(from, to));
  }

  remove(name: DiskCallName, path: string): Promise<void> {
    return this.#around(name, path, () => this.#disk.remove(path));
  }

  syncDirectory(name: DiskCallName, path: string): Promise<void> {
    return this.#around(name, path, () => this.#disk.syncDirectory(path));
  }

  space(name: DiskCallName, path: string): Promise<DiskSpace> {
    return this.#around(name, path, () => this.#disk.space(path));
  }
}

export class NamedFile implements AsyncDisposable {
  readonly #file: DiskFile;
  readonly #around: AroundDiskCall;

  constructor(file: DiskFile, around: AroundDiskCall) {
    this.#file = file;
    this.#around = around;
  }

  get path(): string {
    return this.#file.path;
  }

  length(): Promise<number> {
    return this.#file.length();
  }

  read(name: DiskCallName, into: Uint8Array, position: number): Promise<number> {
    return this.#around(name, this.path, () => this.#file.read(into, position));
  }

  write(name: DiskCallName, parts: readonly Uint8Array[], position: number): Promise<void> {
    return this.#around(name, this.path, () => this.#file.write(parts, position));
  }

  sync(name: DiskCallName): Promise<void> {
    return this.#around(name, this.path, () => this.#file.sync());
  }

  truncate(name: DiskCallName, length: number): Promise<void> {
    return this.#around(name, this.path, () => this.#file.truncate(length));
  }

  /** What is read next comes from the disk, where that can be had. */
  forget(): void {
    this.#file.forget?.();
  }

  /** The end of a file that was written: an error of it counts. */
  close(name: DiskCallName): Promise<void> {
    return this.#around(name, this.path, () => this.#file.close());
  }

  /** The end of a file that was read, or given up. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }
}
