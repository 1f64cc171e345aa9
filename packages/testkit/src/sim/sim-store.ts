// An under store that outlives the processes that use it: each process sees it through a handle of its own, which is slow,
// fails as told, and never answers once its process is dead.
import { fail, sleep, type Clock } from '@alluvium/base';
import type {
  Capabilities,
  CreateOptions,
  DirectoryOptions,
  ListOptions,
  ReadOptions,
  UfsStatus,
  UfsWriter,
  UnderStore,
} from '@alluvium/ufs';
import type { SeededRandom } from './seeded-random.js';
import type { SimTrace } from './sim-trace.js';

export interface StoredEntry {
  readonly directory: boolean;
  readonly bytes: Buffer;
  owner: string;
  group: string;
  mode: number;
  readonly modifiedMs: number;
  readonly version: number;
}

export interface SimStoreOptions {
  readonly uri: string;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly trace: SimTrace;
}

const CAPABILITIES: Capabilities = {
  type: 'local',
  objectStore: false,
  rename: 'atomic',
  permissions: true,
  conditionalCreate: true,
  directories: 'real',
};
const CHUNK_BYTES = 64 << 10;

export class SimStore {
  readonly entries = new Map<string, StoredEntry>();
  readonly #o: SimStoreOptions;
  /** Longest time that a call takes. */
  maxLatencyMs = 2;
  /** The share of calls that fail with `unavailable`, half of them after they have done their work. */
  errorShare = 0;
  /** How many calls have failed so. */
  failures = 0;
  #versions = 0;

  constructor(options: SimStoreOptions) {
    this.#o = options;
    this.entries.set('', this.#entry(true, Buffer.alloc(0), {}));
  }

  /** The store as a process sees it for as long as `alive` holds. */
  handle(alive: () => boolean): UnderStore {
    return new StoreHandle(this, this.#o.uri, alive);
  }

  /** Files and their bytes, by path. */
  files(): Map<string, Buffer> {
    const out = new Map<string, Buffer>();
    for (const [path, { directory, bytes }] of this.entries) if (!directory) out.set(path, bytes);
    return out;
  }

  directories(): string[] {
    return [...this.entries].filter(([path, { directory }]) => directory && path !== '').map(([path]) => path);
  }

  /** One call: it takes its time, then has its effect, or not, and is answered, or not. */
  async call<T>(alive: () => boolean, what: string, effect: () => T): Promise<T> {
    const { clock, random, trace } = this.#o;
    await sleep(clock, random.next() * this.maxLatencyMs);
    if (!alive()) return new Promise(() => {});
    const fails = this.errorShare > 0 && random.chance(this.errorShare);
    if (fails) this.failures++;
    if (fails && random.chance(0.5)) {
      trace.add(`store ${what}: fails`);
      throw fail('unavailable', `The store does not answer to ${what}`);
    }
    let value: T;
    try {
      value = effect();
    } catch (error) {
      trace.add(`store ${what}: ${String(error)}`);
      throw error;
    }
    trace.add(`store ${what}${fails ? ': done, and fails' : ''}`);
    await sleep(clock, random.next() * this.maxLatencyMs);
    if (!alive()) return new Promise(() => {});
    if (fails) throw fail('unavailable', `The answer of the store to ${what} was lost`);
    return value;
  }

  status(path: string, name: string): UfsStatus | undefined {
    const entry = this.entries.get(path);
    if (entry === undefined) return undefined;
    const { directory, owner, group, mode, modifiedMs, version } = entry;
    const contentHash = directory ? undefined : `v${version}`;
    return { name, directory, owner, group, mode, modifiedMs, length: entry.bytes.length, contentHash };
  }

  list(path: string, recursive: boolean): UfsStatus[] {
    if (this.entries.get(path)?.directory !== true) throw fail('notFound', `No directory ${path}`);
    const prefix = path === '' ? '' : `${path}/`;
    return [...this.entries.keys()]
      .filter((at) => at !== '' && at.startsWith(prefix) && (recursive || !at.includes('/', prefix.length)))
      .sort()
      .map((at) => this.status(at, at.slice(prefix.length))!);
  }

  put(path: string, bytes: Buffer, options: CreateOptions): UfsStatus {
    if (this.entries.get(path)?.directory === true) throw fail('alreadyExists', `${path} is a directory`);
    if (options.ifAbsent === true && this.entries.has(path)) throw fail('alreadyExists', `${path} exists`);
    this.#makeParents(path);
    this.entries.set(path, this.#entry(false, bytes, options));
    return this.status(path, '')!;
  }

  makeDirectory(path: string, options: DirectoryOptions): void {
    if (this.entries.get(path)?.directory === false) throw fail('alreadyExists', `${path} is a file`);
    this.#makeParents(path);
    if (!this.entries.has(path)) this.entries.set(path, this.#entry(true, Buffer.alloc(0), options));
  }

  removeFile(path: string): boolean {
    if (this.entries.get(path)?.directory === true) throw fail('failedPrecondition', `${path} is a directory`);
    return this.entries.delete(path);
  }

  removeDirectory(path: string, recursive: boolean): boolean {
    if (!this.entries.has(path)) return false;
    if (this.entries.get(path)?.directory === false) throw fail('failedPrecondition', `${path} is a file`);
    const below = [...this.entries.keys()].filter((at) => at.startsWith(`${path}/`));
    if (below.length > 0 && !recursive) throw fail('failedPrecondition', `${path} is not empty`);
    for (const at of below) this.entries.delete(at);
    return this.entries.delete(path);
  }

  rename(from: string, to: string, overwrite: boolean): void {
    const source = this.entries.get(from);
    if (source === undefined) throw fail('notFound', `${from} is not there`);
    const target = this.entries.get(to);
    if (target !== undefined && !(overwrite && !target.directory && !source.directory)) throw fail('alreadyExists', `${to} exists`);
    if (this.entries.get(to.includes('/') ? to.slice(0, to.lastIndexOf('/')) : '')?.directory !== true)
      throw fail('notFound', `No directory above ${to}`);
    for (const at of [...this.entries.keys()]) {
      if (at !== from && !at.startsWith(`${from}/`)) continue;
      this.entries.set(to + at.slice(from.length), this.entries.get(at)!);
      this.entries.delete(at);
    }
  }

  change(path: string, change: { owner?: string | undefined; group?: string | undefined; mode?: number }): void {
    const entry = this.entries.get(path);
    if (entry === undefined) throw fail('notFound', `${path} is not there`);
    if (change.owner !== undefined) entry.owner = change.owner;
    if (change.group !== undefined) entry.group = change.group;
    if (change.mode !== undefined) entry.mode = change.mode;
  }

  #makeParents(path: string): void {
    for (let cut = path.indexOf('/'); cut > 0; cut = path.indexOf('/', cut + 1)) {
      const at = path.slice(0, cut);
      const entry = this.entries.get(at);
      if (entry?.directory === false) throw fail('alreadyExists', `${at} is a file`);
      if (entry === undefined) this.entries.set(at, this.#entry(true, Buffer.alloc(0), {}));
    }
  }

  #entry(directory: boolean, bytes: Buffer, { owner = 'store', group = 'store', mode }: DirectoryOptions): StoredEntry {
    const modifiedMs = this.#o.clock.nowMs();
    return { directory, bytes, owner, group, mode: mode ?? (directory ? 0o755 : 0o644), modifiedMs, version: ++this.#versions };
  }
}

class StoreHandle implements UnderStore {
  readonly uri: string;
  readonly capabilities = CAPABILITIES;
  readonly #store: SimStore;
  readonly #alive: () => boolean;

  constructor(store: SimStore, uri: string, alive: () => boolean) {
    this.#store = store;
    this.uri = uri;
    this.#alive = alive;
  }

  status(path: string): Promise<UfsStatus | undefined> {
    return this.#call(`status ${path}`, () => this.#store.status(path, path.slice(path.lastIndexOf('/') + 1)));
  }

  async *list(path: string, options?: ListOptions): AsyncIterable<UfsStatus> {
    const found = await this.#call(`list ${path}`, () => this.#store.list(path, options?.recursive === true));
    for (const status of found) yield status;
  }

  async *read(path: string, { offset, length, ifMatch, signal }: ReadOptions): AsyncIterable<Uint8Array> {
    let at = offset;
    const end = offset + length;
    while (at < end) {
      signal?.throwIfAborted();
      const chunk = await this.#call(`read ${path} ${at}`, () => {
        const entry = this.#store.entries.get(path);
        if (entry === undefined || entry.directory) throw fail('notFound', `${path} is not there`);
        if (ifMatch !== undefined && ifMatch !== `v${entry.version}`) throw fail('aborted', `${path} has changed`);
        return Buffer.from(entry.bytes.subarray(at, Math.min(end, at + CHUNK_BYTES)));
      });
      if (chunk.length === 0) return;
      at += chunk.length;
      yield chunk;
    }
  }

  async create(path: string, options: CreateOptions = {}): Promise<UfsWriter> {
    const parts: Buffer[] = [];
    let state: 'open' | 'committed' | 'aborted' = 'open';
    await this.#call(`create ${path}`, () => undefined);
    return {
      write: async (given) => {
        for (const part of given) parts.push(Buffer.from(part));
        await this.#call(`write ${path}`, () => undefined);
      },
      commit: async () => {
        const { length, contentHash } = await this.#call(`commit ${path}`, () => {
          if (state === 'aborted') throw fail('cancelled', `The writing of ${path} was given up`);
          state = 'committed';
          return this.#store.put(path, Buffer.concat(parts), options);
        });
        return { length, contentHash };
      },
      abort: async () => {
        if (state === 'open') state = 'aborted';
      },
    };
  }

  makeDirectory(path: string, options: DirectoryOptions = {}): Promise<void> {
    return this.#call(`makeDirectory ${path}`, () => this.#store.makeDirectory(path, options));
  }

  removeFile(path: string): Promise<boolean> {
    return this.#call(`removeFile ${path}`, () => this.#store.removeFile(path));
  }

  removeDirectory(path: string, options: { recursive: boolean }): Promise<boolean> {
    return this.#call(`removeDirectory ${path}`, () => this.#store.removeDirectory(path, options.recursive));
  }

  rename(from: string, to: string, options: { overwrite?: boolean } = {}): Promise<void> {
    return this.#call(`rename ${from} ${to}`, () => this.#store.rename(from, to, options.overwrite === true));
  }

  setOwner(path: string, owner: string | undefined, group: string | undefined): Promise<void> {
    return this.#call(`setOwner ${path}`, () => this.#store.change(path, { owner, group }));
  }

  setMode(path: string, mode: number): Promise<void> {
    return this.#call(`setMode ${path}`, () => this.#store.change(path, { mode }));
  }

  async space(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {}

  #call<T>(what: string, effect: () => T): Promise<T> {
    return this.#store.call(this.#alive, what, effect);
  }
}
