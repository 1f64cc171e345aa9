import { fail } from '@alluvium/base';
import type { CliContext } from '../context.js';
import type { LocalWriter } from '../local-files.js';
import type { Sink, Tree, TreeEntry } from './tree.js';

/** Stands for standard input where a local file is read. */
export const STDIN = '-';

/** The files of this machine as a side of a copy. */
export class LocalTree implements Tree {
  readonly #context: CliContext;

  constructor(context: CliContext) {
    this.#context = context;
  }

  label(path: string): string {
    return path === STDIN ? 'standard input' : `file://${path}`;
  }

  baseName(path: string): string {
    return path.slice(path.lastIndexOf('/') + 1);
  }

  /** Names come from a cluster: one that would lead out of the directory is refused. */
  child(path: string, name: string): string {
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
      throw fail('invalidArgument', `Cannot write "${name}" below "${path}": no file here can have that name`);
    return path === '/' ? `/${name}` : `${path}/${name}`;
  }

  stat(path: string): Promise<TreeEntry | undefined> {
    return path === STDIN ? Promise.resolve({ name: STDIN, kind: 'other', lengthBytes: 0 }) : this.#context.local.stat(path);
  }

  async *list(path: string): AsyncIterable<TreeEntry> {
    yield* await this.#context.local.list(path);
  }

  makeDirectory(path: string): Promise<void> {
    return this.#context.local.makeDirectory(path);
  }

  read(path: string): AsyncIterable<Uint8Array> {
    return path === STDIN ? this.#context.stdin : this.#context.local.read(path, this.#context.signal);
  }

  async create(path: string, options: { readonly overwrite: boolean }): Promise<Sink> {
    const existing = await this.#context.local.stat(path);
    if (existing?.kind === 'directory') throw fail('failedPrecondition', `Cannot write "${path}": it is a directory`);
    if (existing !== undefined && !options.overwrite) throw fail('alreadyExists', `Cannot write "${path}": it exists`);
    const temporary = `${path.slice(0, path.lastIndexOf('/'))}/.alluvium-${this.#randomName()}.copying`;
    return new RenamedFile(this.#context, await this.#context.local.create(temporary), { temporary, path, overwrite: options.overwrite });
  }

  takeAttributes(path: string): Promise<void> {
    return Promise.reject(fail('unimplemented', `Cannot preserve the attributes of "${path}": only those of files of the cluster can be`));
  }

  #randomName(): string {
    return Buffer.from(this.#context.random.bytes(8)).toString('hex');
  }
}

/** A file under a temporary name, that gets its own when it is whole. */
class RenamedFile implements Sink {
  readonly #context: CliContext;
  readonly #writer: LocalWriter;
  readonly #names: { readonly temporary: string; readonly path: string; readonly overwrite: boolean };

  constructor(
    context: CliContext,
    writer: LocalWriter,
    names: { readonly temporary: string; readonly path: string; readonly overwrite: boolean },
  ) {
    this.#context = context;
    this.#writer = writer;
    this.#names = names;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#writer.write(bytes);
  }

  async close(): Promise<void> {
    await this.#writer.close();
    await this.#context.local.rename(this.#names.temporary, this.#names.path, { overwrite: this.#names.overwrite });
  }

  async abort(): Promise<void> {
    await this.#writer.abort();
    await this.#context.local.remove(this.#names.temporary);
  }
}
