import { baseName, joinPath, kindOf } from '@alluvium/base';
import type { NormalPath } from '@alluvium/base';
import type { FileStatus, FileSystem } from '@alluvium/client';
import type { Sink, Tree, TreeEntry } from './tree.js';

/** The cluster as a side of a copy. */
export class ClusterTree implements Tree {
  readonly #fileSystem: FileSystem;
  readonly #signal: AbortSignal;

  constructor(fileSystem: FileSystem, signal: AbortSignal) {
    this.#fileSystem = fileSystem;
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

  create(path: string, options: { readonly overwrite: boolean }): Promise<Sink> {
    return this.#fileSystem.create(path, { overwrite: options.overwrite, signal: this.#signal });
  }
}

function entryOf(status: FileStatus): TreeEntry {
  return { name: status.name, kind: status.folder ? 'directory' : 'file', lengthBytes: Number(status.lengthBytes) };
}
