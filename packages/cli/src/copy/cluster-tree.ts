import { baseName, fail, joinPath, kindOf, parentPath } from '@alluvium/base';
import type { NormalPath, Random } from '@alluvium/base';
import type { FileStatus, FileSystem, WritableFile } from '@alluvium/client';
import type { Sink, Tree, TreeEntry } from './tree.js';

/** The cluster as a side of a copy. */
export class ClusterTree implements Tree {
  readonly #fileSystem: FileSystem;
  readonly #random: Random;
  readonly #signal: AbortSignal;

  constructor(fileSystem: FileSystem, random: Random, signal: AbortSignal) {
    this.#fileSystem = fileSystem;
    this.#random = random;
    this.#signal = signal;
  }

  label(path: string): string {
    return path;
  }

  baseName(path: string): string {
    return baseName(path as NormalPath);
  }

  child(path: string, name: string): string {
    return joinPath(path as NormalPath, name);
  }

  async stat(path: string): Promise<TreeEntry | undefined> {
    try {
      return entryOf(await this.#fileSystem.status(path, { signal: this.#signal }));
    } catch (error) {
      if (kindOf(error) === 'notFound') return undefined;
      throw error;
    }
  }

  async *list(path: string): AsyncIterable<TreeEntry> {
    for await (const status of this.#fileSystem.list(path, { signal: this.#signal })) yield entryOf(status);
  }

  makeDirectory(path: string): Promise<void> {
    return this.#fileSystem.createDirectory(path, { allowExists: true, signal: this.#signal });
  }

  async *read(path: string): AsyncIterable<Uint8Array> {
    const file = await this.#fileSystem.open(path, { signal: this.#signal });
    try {
      yield* file.chunks({ signal: this.#signal });
    } finally {
      await file.close();
    }
  }

  /** What is to be replaced stays until the new file is whole: that is written beside it, and takes its name in one step. */
  async create(path: string, options: { readonly overwrite: boolean }): Promise<Sink> {
    const existing = options.overwrite ? await this.stat(path) : undefined;
    if (existing?.kind === 'directory') throw fail('failedPrecondition', `Cannot write "${path}": it is a directory`);
    if (existing === undefined) return this.#fileSystem.create(path, { signal: this.#signal });
    const name = Buffer.from(this.#random.bytes(8)).toString('hex');
    const temporary = joinPath(parentPath(path as NormalPath), `.alluvium-${name}.copying`);
    const file = await this.#fileSystem.create(temporary, { signal: this.#signal });
    return new ReplacingFile(this.#fileSystem, file, { temporary, path });
  }

  async takeAttributes(path: string, from: string): Promise<void> {
    const { owner, group, mode } = await this.#fileSystem.status(from, { signal: this.#signal });
    await this.#fileSystem.setAttribute(path, { owner, group, mode, signal: this.#signal });
  }
}

/** A file under a temporary name, that replaces another when it is whole. */
class ReplacingFile implements Sink {
  readonly #fileSystem: FileSystem;
  readonly #file: WritableFile;
  readonly #names: { readonly temporary: string; readonly path: string };
  #isClosed = false;

  constructor(fileSystem: FileSystem, file: WritableFile, names: { readonly temporary: string; readonly path: string }) {
    this.#fileSystem = fileSystem;
    this.#file = file;
    this.#names = names;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#file.write(bytes);
  }

  async close(): Promise<void> {
    await this.#file.close();
    this.#isClosed = true;
    await this.#fileSystem.rename(this.#names.temporary, this.#names.path, { overwrite: true });
  }

  async abort(): Promise<void> {
    if (this.#isClosed) await this.#fileSystem.remove(this.#names.temporary);
    else await this.#file.abort();
  }
}

function entryOf(status: FileStatus): TreeEntry {
  return { name: status.name, kind: status.folder ? 'directory' : 'file', lengthBytes: Number(status.lengthBytes) };
}
