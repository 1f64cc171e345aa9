import { kindOf } from '@alluvium/base';
import type { Disk, DiskFile } from '@alluvium/platform';

export interface RotatingFileOptions {
  readonly path: string;
  /** A file that has grown to this is set aside as `path.1`, the one before as `path.2`, ... */
  readonly maxBytes: number;
  /** Files in all, the current one included. */
  readonly files: number;
}

/** A log file that never grows without bound. One append at a time; after one that threw the next begins at the same place. */
export class RotatingFile {
  readonly #disk: Disk;
  readonly #options: RotatingFileOptions;
  #file: DiskFile | undefined;
  #length = 0;

  constructor(disk: Disk, options: RotatingFileOptions) {
    this.#disk = disk;
    this.#options = options;
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.#file === undefined) await this.#open();
    if (this.#length > 0 && this.#length + bytes.length > this.#options.maxBytes) await this.#rotate();
    await this.#file!.write([bytes], this.#length);
    this.#length += bytes.length;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #open(): Promise<void> {
    const { path } = this.#options;
    await this.#disk.makeDirectory(path.slice(0, path.lastIndexOf('/')) || '/');
    const file = await this.#disk.open(path, 'update', 0o640);
    this.#length = await file.length();
    this.#file = file;
  }

  async #rotate(): Promise<void> {
    const { path, files } = this.#options;
    await this.close();
    if (files <= 1) await this.#disk.remove(path);
    for (let at = files - 1; at >= 1; at--) await this.#move(at === 1 ? path : `${path}.${at - 1}`, `${path}.${at}`);
    await this.#open();
  }

  async #move(from: string, to: string): Promise<void> {
    try {
      await this.#disk.rename(from, to);
    } catch (error) {
      if (kindOf(error) !== 'notFound') throw error;
    }
  }
}
