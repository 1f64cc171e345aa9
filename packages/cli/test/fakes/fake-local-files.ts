import { fail } from '@alluvium/base';
import type { LocalEntry, LocalFiles, LocalWriter } from '@alluvium/cli';

/** Files of this machine in a map: bytes for a file, undefined for a directory. The current directory is `/here`. */
export class FakeLocalFiles implements LocalFiles {
  readonly entries = new Map<string, Uint8Array | undefined | 'link'>([
    ['/', undefined],
    ['/here', undefined],
  ]);
  /** The device takes no more than this. */
  freeBytes = Infinity;
  /** Files that were opened for writing and neither closed nor given up. */
  openWriters = 0;

  file(path: string, content: string | Uint8Array): this {
    let parent = '';
    for (const name of path.split('/').slice(1, -1)) this.entries.set((parent += `/${name}`), undefined);
    this.entries.set(path, typeof content === 'string' ? new TextEncoder().encode(content) : content);
    return this;
  }

  content(path: string): string {
    return new TextDecoder().decode(this.entries.get(path) as Uint8Array);
  }

  get paths(): string[] {
    return [...this.entries.keys()].sort();
  }

  resolve(path: string): string {
    const absolute = path.startsWith('/') ? path : `/here/${path}`;
    return absolute.replace(/\/\.(?=\/|$)/g, '').replace(/(.)\/+$/, '$1');
  }

  async stat(path: string): Promise<LocalEntry | undefined> {
    if (!this.entries.has(path)) return undefined;
    const entry = this.entries.get(path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (entry === 'link') return { name, kind: 'directoryLink', lengthBytes: 0 };
    return entry === undefined ? { name, kind: 'directory', lengthBytes: 0 } : { name, kind: 'file', lengthBytes: entry.length };
  }

  async list(path: string): Promise<readonly LocalEntry[]> {
    const prefix = path === '/' ? '/' : `${path}/`;
    const children = this.paths.filter((each) => each.startsWith(prefix) && each !== '/' && !each.slice(prefix.length).includes('/'));
    return Promise.all(children.map(async (each) => (await this.stat(each))!));
  }

  async makeDirectory(path: string): Promise<void> {
    this.entries.set(path, undefined);
  }

  async *read(path: string): AsyncIterable<Uint8Array> {
    const bytes = this.entries.get(path);
    if (!(bytes instanceof Uint8Array)) throw fail('notFound', `Cannot open "${path}": nothing is there`);
    for (let at = 0; at < bytes.length; at += 4) yield bytes.slice(at, at + 4);
  }

  async create(path: string): Promise<LocalWriter> {
    if (this.entries.has(path)) throw fail('alreadyExists', `Cannot write "${path}": it exists`);
    if (!this.entries.has(path.slice(0, path.lastIndexOf('/')) || '/')) throw fail('notFound', `Cannot write "${path}": no such directory`);
    const chunks: Uint8Array[] = [];
    this.entries.set(path, new Uint8Array());
    this.openWriters++;
    return {
      write: async (bytes) => {
        this.freeBytes -= bytes.length;
        if (this.freeBytes < 0) throw fail('resourceExhausted', `Cannot write "${path}": the device is full`);
        chunks.push(bytes.slice());
        this.entries.set(path, Buffer.concat(chunks));
      },
      close: async () => void this.openWriters--,
      abort: async () => void this.openWriters--,
    };
  }

  async rename(from: string, to: string, options: { readonly overwrite: boolean }): Promise<void> {
    if (this.entries.has(to) && !options.overwrite) throw fail('alreadyExists', `Cannot write "${to}": it exists`);
    this.entries.set(to, this.entries.get(from));
    this.entries.delete(from);
  }

  async remove(path: string): Promise<void> {
    this.entries.delete(path);
  }
}
