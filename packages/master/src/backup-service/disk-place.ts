import { fail, kindOf } from '@alluvium/base';
import type { Disk, DiskFile } from '@alluvium/platform';
import type { BackupPlace, PlacedFile } from './place.js';

const READ_BYTES = 1 << 20;
/** A backup holds the credentials of mounted stores. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** A directory of the master's disk. */
export class DiskPlace implements BackupPlace {
  readonly uri: string;
  readonly #disk: Disk;
  readonly #directory: string;

  /** `directory`: absolute, without trailing `/`; '' is the root. */
  constructor(disk: Disk, directory: string) {
    this.uri = `file://${directory}`;
    this.#disk = disk;
    this.#directory = directory;
  }

  async list(): Promise<PlacedFile[]> {
    const files: PlacedFile[] = [];
    const directory = this.#directory === '' ? '/' : this.#directory;
    const there = await this.#disk.stat(directory);
    if (there === undefined) return files;
    if (there.kind !== 'directory') throw fail('failedPrecondition', `Cannot back up to "${directory}": it is not a directory`);
    for (const { name, kind } of await this.#disk.list(directory)) {
      const status = kind === 'file' ? await this.#disk.stat(this.#at(name)) : undefined;
      if (status !== undefined) files.push({ name, bytes: status.length });
    }
    return files;
  }

  async write(name: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
    await this.#makeDirectory(this.#directory);
    const file = await this.#disk.open(this.#at(name), 'write', FILE_MODE);
    let length = 0;
    try {
      length = await fill(file, chunks);
    } catch (error) {
      await this.remove(name).catch(() => undefined);
      throw error;
    }
    await this.#sync();
    return length;
  }

  async *read(name: string): AsyncIterable<Buffer> {
    await using file = await this.#disk.open(this.#at(name), 'read');
    for (let position = 0; ;) {
      const chunk = Buffer.allocUnsafe(READ_BYTES);
      const read = await file.read(chunk, position);
      if (read > 0) yield chunk.subarray(0, read);
      if (read < READ_BYTES) return;
      position += read;
    }
  }

  async move(from: string, to: string): Promise<void> {
    await this.#disk.rename(this.#at(from), this.#at(to));
    await this.#sync();
  }

  async remove(name: string): Promise<void> {
    await this.#disk.remove(this.#at(name));
    await this.#sync();
  }

  async removeAbandoned(): Promise<void> {}

  async close(): Promise<void> {}

  #at(name: string): string {
    return `${this.#directory}/${name}`;
  }

  #sync(): Promise<void> {
    return this.#disk.syncDirectory(this.#directory === '' ? '/' : this.#directory);
  }

  /** Each new directory is durable in the one above it. */
  async #makeDirectory(path: string): Promise<void> {
    if (path === '' || (await this.#disk.stat(path))?.kind === 'directory') return;
    const parent = path.slice(0, path.lastIndexOf('/'));
    await this.#makeDirectory(parent);
    try {
      await this.#disk.makeDirectory(path, DIRECTORY_MODE);
    } catch (error) {
      throw kindOf(error) === 'failedPrecondition' || kindOf(error) === 'alreadyExists'
        ? fail('failedPrecondition', `Cannot back up to "${this.#directory}": ${path} is not a directory`, error)
        : error;
    }
    await this.#disk.syncDirectory(parent === '' ? '/' : parent);
  }
}

/** Writes, makes durable, closes; answers the length. */
async function fill(file: DiskFile, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
  await using open = file;
  let length = 0;
  for await (const chunk of chunks) {
    await open.write([chunk], length);
    length += chunk.length;
  }
  await open.sync();
  return length;
}
