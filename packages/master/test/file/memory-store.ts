import { fail } from '@alluvium/base';
import type {
  Capabilities,
  CreateOptions,
  DirectoryOptions,
  ListOptions,
  ReadOptions,
  UfsStatus,
  UfsWriter,
  UnderStore,
  UnderStoreFactory,
} from '@alluvium/ufs';

export interface Stored {
  directory: boolean;
  bytes: Buffer;
  owner: string;
  group: string;
  mode: number;
  modifiedMs: number;
}

/** An under store in memory that tells what was asked of it, and fails or waits where a test says so. */
export class MemoryStore implements UnderStore {
  readonly uri: string;
  capabilities: Capabilities = {
    type: 'local',
    objectStore: false,
    rename: 'atomic',
    permissions: true,
    conditionalCreate: true,
    directories: 'real',
  };
  readonly entries = new Map<string, Stored>();
  readonly calls: string[] = [];
  /** Called before each call; may throw, or answer a promise to wait for. */
  before: (call: string) => void | Promise<void> = () => {};
  /** Called when a call that changes something has done so. */
  after: ((call: string) => void | Promise<void>) | undefined;
  closed = false;
  #ticks = 1000;

  constructor(uri: string) {
    this.uri = uri;
    this.entries.set('', this.newDirectory('ufs', 'ufs', 0o755));
  }

  file(path: string, content: string | Buffer): void {
    this.parents(path);
    this.entries.set(path, {
      directory: false,
      bytes: typeof content === 'string' ? Buffer.from(content) : content,
      owner: 'ufs',
      group: 'ufs',
      mode: 0o640,
      modifiedMs: this.#ticks++,
    });
  }

  directory(path: string): void {
    this.parents(`${path}/x`);
  }

  paths(): string[] {
    return [...this.entries.keys()].filter((path) => path !== '').toSorted();
  }

  async status(path: string): Promise<UfsStatus | undefined> {
    await this.called(`status ${path}`);
    const entry = this.entries.get(path);
    return entry === undefined ? undefined : this.describe(path.slice(path.lastIndexOf('/') + 1), entry);
  }

  async *list(path: string, options?: ListOptions): AsyncIterable<UfsStatus> {
    await this.called(`list ${path}`);
    if (this.entries.get(path)?.directory !== true) throw fail('notFound', `${path} is not there`);
    const prefix = path === '' ? '' : `${path}/`;
    const key = (at: string): string => (this.entries.get(at)?.directory === true ? `${at}/` : at);
    for (const at of this.paths().sort((a, b) => (key(a) < key(b) ? -1 : 1))) {
      const name = at.slice(prefix.length);
      if (!at.startsWith(prefix) || name === '' || (options?.recursive !== true && name.includes('/'))) continue;
      await this.called(`list ${path}: ${name}`);
      const entry = this.entries.get(at);
      if (entry !== undefined) yield this.describe(name, entry);
    }
  }

  async *read(path: string, options: ReadOptions): AsyncIterable<Uint8Array> {
    await this.called(`read ${path}`);
    yield this.entries.get(path)!.bytes.subarray(options.offset, options.offset + options.length);
  }

  async create(path: string, options: CreateOptions = {}): Promise<UfsWriter> {
    await this.called(`create ${path}`);
    const parts: Uint8Array[] = [];
    return {
      write: async (more) => void parts.push(...more),
      commit: async () => {
        this.file(path, Buffer.concat(parts));
        Object.assign(this.entries.get(path)!, {
          owner: options.owner ?? 'ufs',
          group: options.group ?? 'ufs',
          mode: options.mode ?? 0o644,
        });
        return { length: this.entries.get(path)!.bytes.length, contentHash: 'x' };
      },
      abort: async () => {},
    };
  }

  async makeDirectory(path: string, options: DirectoryOptions = {}): Promise<void> {
    await this.called(`makeDirectory ${path}`);
    if (this.entries.get(path)?.directory === false) throw fail('alreadyExists', `${path} is a file`);
    this.parents(path);
    if (!this.entries.has(path))
      this.entries.set(path, this.newDirectory(options.owner ?? 'ufs', options.group ?? 'ufs', options.mode ?? 0o755));
    await this.done(`makeDirectory ${path}`);
  }

  async removeFile(path: string): Promise<boolean> {
    await this.called(`removeFile ${path}`);
    const removed = this.entries.delete(path);
    await this.done(`removeFile ${path}`);
    return removed;
  }

  async removeDirectory(path: string, options: { recursive: boolean }): Promise<boolean> {
    await this.called(`removeDirectory ${path}${options.recursive ? ' recursive' : ''}`);
    const below = this.paths().filter((at) => at.startsWith(`${path}/`));
    if (below.length > 0 && !options.recursive) throw fail('failedPrecondition', `${path} is not empty`);
    for (const at of below) this.entries.delete(at);
    const removed = this.entries.delete(path);
    await this.done(`removeDirectory ${path}`);
    return removed;
  }

  async rename(from: string, to: string, options: { overwrite?: boolean } = {}): Promise<void> {
    await this.called(`rename ${from} ${to}`);
    if (!this.entries.has(from)) throw fail('notFound', `${from} is not there`);
    if (this.entries.has(to) && options.overwrite !== true) throw fail('alreadyExists', `${to} exists`);
    for (const at of this.paths()) {
      if (at !== from && !at.startsWith(`${from}/`)) continue;
      this.entries.set(to + at.slice(from.length), this.entries.get(at)!);
      this.entries.delete(at);
    }
    await this.done(`rename ${from} ${to}`);
  }

  async setOwner(path: string, owner: string | undefined, group: string | undefined): Promise<void> {
    await this.called(`setOwner ${path} ${owner ?? ''}:${group ?? ''}`);
    const entry = this.entries.get(path)!;
    if (owner !== undefined) entry.owner = owner;
    if (group !== undefined) entry.group = group;
    await this.done(`setOwner ${path}`);
  }

  async setMode(path: string, mode: number): Promise<void> {
    await this.called(`setMode ${path} ${mode.toString(8)}`);
    this.entries.get(path)!.mode = mode;
    await this.done(`setMode ${path}`);
  }

  async space(): Promise<{ capacityBytes: number; usedBytes: number }> {
    await this.called('space');
    return { capacityBytes: 1000, usedBytes: 10 };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  protected async called(call: string): Promise<void> {
    this.calls.push(call);
    await this.before(call);
  }

  protected async done(call: string): Promise<void> {
    if (this.after !== undefined) await this.after(call);
  }

  protected parents(path: string): void {
    for (let cut = path.indexOf('/'); cut > 0; cut = path.indexOf('/', cut + 1)) {
      const at = path.slice(0, cut);
      if (!this.entries.has(at)) this.entries.set(at, this.newDirectory('ufs', 'ufs', 0o755));
    }
  }

  protected newDirectory(owner: string, group: string, mode: number): Stored {
    return { directory: true, bytes: Buffer.alloc(0), owner, group, mode, modifiedMs: this.#ticks++ };
  }

  protected describe(name: string, entry: Stored): UfsStatus {
    const { directory, owner, group, mode, modifiedMs } = entry;
    return {
      name,
      directory,
      owner,
      group,
      mode,
      modifiedMs,
      length: entry.bytes.length,
      contentHash: directory ? undefined : `(len:${entry.bytes.length},_modtime:${modifiedMs})`,
    };
  }
}

/** Memory stores by URI. */
export class MemoryStores implements UnderStoreFactory {
  readonly stores = new Map<string, MemoryStore>();
  readonly #kind: new (uri: string) => MemoryStore;

  constructor(kind: new (uri: string) => MemoryStore = MemoryStore) {
    this.#kind = kind;
  }

  open(uri: string): UnderStore {
    if (/^[a-z]+:/.test(uri) && !uri.startsWith('mem:')) throw fail('invalidArgument', `No Under File System Factory found for: ${uri}`);
    return this.at(uri);
  }

  /** Stores with the same contents. */
  copy(): MemoryStores {
    const copy = new MemoryStores(this.#kind);
    for (const [uri, store] of this.stores) for (const [path, stored] of store.entries) copy.at(uri).entries.set(path, { ...stored });
    return copy;
  }

  at(uri: string): MemoryStore {
    let store = this.stores.get(uri);
    if (store === undefined) this.stores.set(uri, (store = new this.#kind(uri)));
    return store;
  }
}
