import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { AlluviumError, fail } from '@alluvium/base';
import { diskError, errnoOf } from '@alluvium/platform';
import type { CreateOptions, UfsWriter } from '../under-store.js';
import { contentHashOf } from './content-hash.js';
import type { AccountNames } from './node-account-names.js';
import type { DurableNames } from './node-durable-names.js';
import type { TemporaryFile } from './node-temporary-files.js';

const SYNC_BYTES = 128 * 2 ** 20;

interface LocalWriterParts {
  readonly temporary: TemporaryFile;
  readonly target: string;
  readonly parent: string;
  readonly options: CreateOptions;
  readonly accounts: AccountNames;
  readonly names: DurableNames;
}

/** A file on its way: hidden until commit. */
export class LocalWriter implements UfsWriter {
  readonly #p: LocalWriterParts;
  #length = 0;
  #unsynced = 0;
  /** Of the first write that failed: what follows it would leave a hole. */
  #failure: AlluviumError | undefined;
  #ended = false;

  constructor(parts: LocalWriterParts) {
    this.#p = parts;
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    this.#mustBeOpen('write');
    let rest = parts.filter((part) => part.length > 0);
    while (rest.length > 0) {
      const { bytesWritten } = await this.#try('write', () => this.#p.temporary.file.writev(rest, this.#length));
      this.#length += bytesWritten;
      this.#unsynced += bytesWritten;
      rest = after(rest, bytesWritten);
    }
    // A commit must not wait for gigabytes that are still in memory.
    if (this.#unsynced >= SYNC_BYTES) await this.#sync();
  }

  async commit(): Promise<{ length: number; contentHash: string }> {
    const { temporary, parent, names } = this.#p;
    this.#mustBeOpen('commit');
    this.#ended = true;
    try {
      if (this.#failure !== undefined) throw this.#failure;
      let stats = await this.#seal(temporary.file, temporary.path);
      try {
        await this.#giveName(temporary.path);
      } catch (error) {
        if (errnoOf(error) !== 'EXDEV') throw error;
        stats = await this.#copyBeside();
      }
      await names.keep(parent);
      await names.sync(parent);
      return { length: this.#length, contentHash: contentHashOf(stats) };
    } catch (error) {
      throw error instanceof AlluviumError ? error : diskError('create', this.#p.target, error);
    } finally {
      await temporary.discard();
    }
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#p.temporary.discard();
  }

  /** Mode, owner and bytes are what they are to be when the file gets its name. */
  async #seal(file: fs.FileHandle, path: string): Promise<Stats> {
    const { options, accounts } = this.#p;
    await this.#try('create', () => file.chmod(options.mode ?? 0o644));
    await accounts.tryChown(path, options.owner, options.group);
    await this.#try('sync', () => file.sync());
    return this.#try('sync', () => file.stat());
  }

  async #giveName(path: string): Promise<void> {
    const { target, options } = this.#p;
    if (options.ifAbsent !== true) return fs.rename(path, target);
    // link() refuses an existing name; rename() would replace it.
    await fs.link(path, target);
    await fs.unlink(path);
  }

  /** The target turned out to be on another file system than the temporary file. */
  async #copyBeside(): Promise<Stats> {
    const { path, beside } = this.#p.temporary;
    try {
      await fs.copyFile(path, beside, constants.COPYFILE_EXCL);
      const file = await fs.open(beside, 'r');
      try {
        const stats = await this.#seal(file, beside);
        await this.#giveName(beside);
        return stats;
      } finally {
        await file.close();
      }
    } catch (error) {
      await fs.rm(beside, { force: true });
      throw error;
    }
  }

  async #try<T>(action: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw (this.#failure ??= diskError(action, this.#p.target, error));
    }
  }

  async #sync(): Promise<void> {
    this.#unsynced = 0;
    await this.#try('sync', () => this.#p.temporary.file.datasync());
  }

  #mustBeOpen(action: string): void {
    if (this.#ended) throw fail('failedPrecondition', `Cannot ${action} "${this.#p.target}": it is closed`);
  }
}

function after(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  let skip = written;
  for (const part of parts) {
    if (skip >= part.length) skip -= part.length;
    else {
      out.push(skip === 0 ? part : part.subarray(skip));
      skip = 0;
    }
  }
  return out;
}
