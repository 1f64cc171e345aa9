import * as fs from 'node:fs/promises';
import { fail, type AlluviumError } from '@alluvium/base';
import { diskError } from '@alluvium/platform';
import type { CreateOptions, UfsWriter } from '../under-store.js';
import { contentHashOf } from './content-hash.js';
import type { AccountNames } from './node-account-names.js';

const SYNC_BYTES = 128 * 2 ** 20;

interface LocalWriterParts {
  readonly file: fs.FileHandle;
  readonly temporary: string;
  readonly target: string;
  readonly parent: string;
  readonly options: CreateOptions;
  readonly accounts: AccountNames;
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
      const { bytesWritten } = await this.#try('write', () => this.#p.file.writev(rest, this.#length));
      this.#length += bytesWritten;
      this.#unsynced += bytesWritten;
      rest = after(rest, bytesWritten);
    }
    // A commit must not wait for gigabytes that are still in memory.
    if (this.#unsynced >= SYNC_BYTES) await this.#sync();
  }

  async commit(): Promise<{ length: number; contentHash: string }> {
    const { file, temporary, target, parent, options, accounts } = this.#p;
    this.#mustBeOpen('commit');
    this.#ended = true;
    try {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#try('create', () => file.chmod(options.mode ?? 0o644));
      await accounts.tryChown(temporary, options.owner, options.group);
      await this.#try('sync', () => file.sync());
      const stats = await this.#try('sync', () => file.stat());
      if (options.ifAbsent === true) {
        // link() refuses an existing name; rename() would replace it.
        await this.#try('create', () => fs.link(temporary, target));
        await this.#try('create', () => fs.unlink(temporary));
      } else {
        await this.#try('create', () => fs.rename(temporary, target));
      }
      await syncDirectory(parent);
      return { length: this.#length, contentHash: contentHashOf(stats) };
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#p.file.close();
    await fs.rm(this.#p.temporary, { force: true });
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
    await this.#try('sync', () => this.#p.file.datasync());
  }

  #mustBeOpen(action: string): void {
    if (this.#ended) throw fail('failedPrecondition', `Cannot ${action} "${this.#p.target}": it is closed`);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await fs.open(path, 'r');
  try {
    await directory.sync();
  } catch {
    // Some mounted file systems cannot sync a directory; their renames are as durable as they make them.
  } finally {
    await directory.close();
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
