// The disk as the block store sees it: block files that were read stay open for the next reader, so that a small read costs neither
// an open nor a close. A file that is removed or replaced is let go at once, after its last reader:
// neither its space nor its bytes outlive it.
import { messageOf } from '@alluvium/base';
import type { Disk, DiskFile, Logger } from '@alluvium/platform';

/** Block files are named by their id, in a folder that is not hidden; sidecars and files in the making are not kept. */
const BLOCK_FILE = /(^|\/)[^./][^/]*\/(0|[1-9][0-9]*)$/;

export interface KeptFilesOptions {
  readonly disk: Disk;
  readonly log: Logger;
  /** Files kept open that nobody reads. */
  readonly maxIdle: number;
}

export class KeptFiles implements Disk {
  readonly #disk: Disk;
  readonly #log: Logger;
  readonly #maxIdle: number;
  /** By path, those that are served from. */
  readonly #kept = new Map<string, KeptFile>();
  /** Paths that are being opened. What is opened under a stale one may be a file that is gone, and is not kept. */
  readonly #opening = new Map<string, { openers: number; isStale: boolean }>();
  readonly #closing = new Set<Promise<void>>();
  #idle = 0;
  #closed = false;
  readonly scan?: NonNullable<Disk['scan']>;
  readonly readFileNow?: NonNullable<Disk['readFileNow']>;
  readonly link?: NonNullable<Disk['link']>;
  readonly setMode?: NonNullable<Disk['setMode']>;

  constructor({ disk, log, maxIdle }: KeptFilesOptions) {
    this.#disk = disk;
    this.#log = log;
    this.#maxIdle = maxIdle;
    if (disk.scan !== undefined) this.scan = disk.scan.bind(disk);
    if (disk.readFileNow !== undefined) this.readFileNow = disk.readFileNow.bind(disk);
    if (disk.link !== undefined) this.link = disk.link.bind(disk);
    if (disk.setMode !== undefined) this.setMode = disk.setMode.bind(disk);
  }

  /** Files that are open. */
  get count(): number {
    return this.#kept.size;
  }

  /** The file, if it is open; for use at once, before anything else happens. */
  at(path: string): KeptFile | undefined {
    const file = this.#kept.get(path);
    if (file !== undefined) file.used = true;
    return file;
  }

  async open(path: string, access: 'read' | 'write' | 'create' | 'update', mode?: number): Promise<DiskFile> {
    if (access !== 'read' || !BLOCK_FILE.test(path)) {
      if (access === 'write') this.#letGo(path);
      return this.#disk.open(path, access, mode);
    }
    const kept = this.at(path);
    if (kept !== undefined) return this.#handle(kept);
    const opening = this.#opening.get(path) ?? { openers: 0, isStale: false };
    this.#opening.set(path, opening);
    opening.openers++;
    try {
      const file = await this.#disk.open(path, 'read');
      const opened = new KeptFile(path, file);
      if (!opening.isStale && !this.#closed && !this.#kept.has(path)) this.#kept.set(path, opened);
      else opened.isLeaving = true;
      this.#idle++;
      return this.#handle(opened);
    } finally {
      opening.openers--;
      if (opening.openers === 0 && !opening.isStale) this.#opening.delete(path);
    }
  }

  async remove(path: string): Promise<void> {
    this.#letGo(path);
    await this.#disk.remove(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#letGo(from);
    this.#letGo(to);
    await this.#disk.rename(from, to);
  }

  async removeDirectory(path: string, options?: { recursive?: boolean }): Promise<void> {
    this.letGoOfAll();
    await this.#disk.removeDirectory(path, options);
  }

  makeDirectory(path: string, mode?: number) {
    return this.#disk.makeDirectory(path, mode);
  }

  list(path: string) {
    return this.#disk.list(path);
  }

  stat(path: string) {
    return this.#disk.stat(path);
  }

  readFile(path: string) {
    return this.#disk.readFile(path);
  }

  syncDirectory(path: string) {
    return this.#disk.syncDirectory(path);
  }

  space(path: string) {
    return this.#disk.space(path);
  }

  /** Whoever reads goes on with what he has; the next one opens anew. */
  letGoOfAll(): void {
    for (const path of [...this.#opening.keys(), ...this.#kept.keys()]) this.#letGo(path);
  }

  /** Closes what nobody reads, and the rest with its last reader; keeps nothing from now on. */
  async close(): Promise<void> {
    this.#closed = true;
    this.letGoOfAll();
    await Promise.all(this.#closing);
  }

  #letGo(path: string): void {
    const opening = this.#opening.get(path);
    if (opening !== undefined) {
      opening.isStale = true;
      this.#opening.delete(path);
    }
    const file = this.#kept.get(path);
    if (file === undefined) return;
    this.#kept.delete(path);
    file.isLeaving = true;
    if (file.readers === 0) void this.#close(file);
  }

  #handle(file: KeptFile): DiskFile {
    if (file.readers++ === 0) this.#idle--;
    return new Handle(file, async () => {
      if (--file.readers > 0) return;
      this.#idle++;
      if (file.isLeaving) await this.#close(file);
      else if (this.#idle > this.#maxIdle) this.#closeOneIdle();
    });
  }

  #closeOneIdle(): void {
    let left = 2 * this.#kept.size;
    for (const [path, file] of this.#kept) {
      if (left-- === 0) return;
      if (file.readers === 0 && !file.used) return this.#letGo(path);
      file.used = false;
      this.#kept.delete(path);
      this.#kept.set(path, file);
    }
  }

  /** Of a file without readers. */
  #close(file: KeptFile): Promise<void> {
    this.#idle--;
    const closing = file.file
      .close()
      .catch((error: unknown) => this.#log.warn('block file not closed', { path: file.path, reason: messageOf(error) }))
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    return closing;
  }
}

/** A block file that is open. */
export class KeptFile {
  readonly path: string;
  readonly file: DiskFile;
  readers = 0;
  used = true;
  /** Closed with its last reader. */
  isLeaving = false;

  constructor(path: string, file: DiskFile) {
    this.path = path;
    this.file = file;
  }
}

/** What one `open` gave. */
class Handle implements DiskFile {
  readonly #kept: KeptFile;
  readonly #release: () => Promise<void>;
  #closed: Promise<void> | undefined;

  constructor(kept: KeptFile, release: () => Promise<void>) {
    this.#kept = kept;
    this.#release = release;
  }

  get path(): string {
    return this.#kept.path;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#kept.file.read(into, position);
  }

  readNow(into: Uint8Array, position: number): number | undefined {
    return this.#kept.file.readNow?.(into, position);
  }

  write(parts: readonly Uint8Array[], position: number): Promise<void> {
    return this.#kept.file.write(parts, position);
  }

  sync(): Promise<void> {
    return this.#kept.file.sync();
  }

  truncate(length: number): Promise<void> {
    return this.#kept.file.truncate(length);
  }

  forget(): void {
    this.#kept.file.forget?.();
  }

  length(): Promise<number> {
    return this.#kept.file.length();
  }

  close(): Promise<void> {
    this.#closed ??= this.#release();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
