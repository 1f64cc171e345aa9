import { fail } from '@alluvium/base';
import type { Capabilities, DirectoryOptions, ListOptions, UfsStatus } from '@alluvium/ufs';
import { MemoryStore, type Stored } from './memory-store.js';

/**
 * A store in memory as S3 is one: objects and nothing else, a directory is a marker or what names have in common, a rename copies and
 * then removes, one object after the other.
 */
export class MemoryObjectStore extends MemoryStore {
  override capabilities: Capabilities = {
    type: 's3',
    objectStore: true,
    rename: 'copy',
    permissions: false,
    conditionalCreate: true,
    directories: 'marker',
  };

  protected override parents(): void {}

  override async status(path: string): Promise<UfsStatus | undefined> {
    await this.called(`status ${path}`);
    return this.#look(path);
  }

  override async *list(path: string, options?: ListOptions): AsyncIterable<UfsStatus> {
    await this.called(`list ${path}`);
    if (this.#look(path)?.directory !== true) throw fail('notFound', `${path} is not there`);
    const prefix = path === '' ? '' : `${path}/`;
    const names = new Set<string>();
    for (const at of this.paths()) {
      if (!at.startsWith(prefix)) continue;
      const name = at.slice(prefix.length);
      if (options?.recursive === true)
        for (let cut = name.indexOf('/'); cut > 0; cut = name.indexOf('/', cut + 1)) names.add(name.slice(0, cut));
      names.add(options?.recursive === true ? name : name.split('/')[0]!);
    }
    for (const name of [...names].toSorted()) {
      const status = this.#look(prefix + name);
      if (status !== undefined) yield { ...status, name };
    }
  }

  override async makeDirectory(path: string, _options?: DirectoryOptions): Promise<void> {
    await this.called(`makeDirectory ${path}`);
    if (this.#look(path)?.directory === false) throw fail('alreadyExists', `${path} is an object`);
    this.entries.set(path, this.newDirectory('', '', 0o700));
    await this.done(`makeDirectory ${path}`);
  }

  override async removeDirectory(path: string, options: { recursive: boolean }): Promise<boolean> {
    await this.called(`removeDirectory ${path}`);
    const below = this.paths().filter((at) => at.startsWith(`${path}/`));
    if (below.length > 0 && !options.recursive) throw fail('failedPrecondition', `${path} is not empty`);
    const there = this.#look(path) !== undefined;
    for (const at of [...below, path]) await this.#remove(at);
    return there;
  }

  override async rename(from: string, to: string, options: { overwrite?: boolean } = {}): Promise<void> {
    await this.called(`rename ${from} ${to}`);
    const source = this.#look(from);
    const target = this.#look(to);
    if (source === undefined) throw fail('notFound', `${from} is not there`);
    if (target !== undefined && !(options.overwrite === true && !source.directory && !target.directory))
      throw fail('alreadyExists', `${to} exists`);
    const objects = this.paths().filter((at) => at === from || at.startsWith(`${from}/`));
    for (const at of objects) {
      const source = this.entries.get(at) as Stored;
      // As in S3, where the copy of an object that was uploaded in parts has another hash.
      this.entries.set(to + at.slice(from.length), { ...source, modifiedMs: source.modifiedMs + 1 });
      await this.done(`copy ${at}`);
    }
    for (const at of objects) await this.#remove(at);
  }

  async #remove(path: string): Promise<void> {
    this.entries.delete(path);
    await this.done(`delete ${path}`);
  }

  #look(path: string): UfsStatus | undefined {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const entry = this.entries.get(path);
    if (entry !== undefined) return this.describe(name, entry);
    const prefix = `${path}/`;
    return this.paths().some((at) => at.startsWith(prefix)) ? this.describe(name, this.newDirectory('', '', 0o700)) : undefined;
  }
}
