// An under store that outlives the processes that use it: each process sees it through a handle of its own, which is slow,
// fails as told, and never answers once its process is dead. It is a file system, or a bucket: objects and markers, where a
// directory is a prefix and a rename a copy of each object and then its removal.
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
import type { Pause } from './pause.js';
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

export type StoreKind = 'files' | 'objects';

/** A moment of a call at which its process may die: before the store has done anything, or before the answer arrives. */
export type StoreStep = (process: string, what: string, when: 'before' | 'after') => void;

export interface SimStoreOptions {
  readonly uri: string;
  readonly kind?: StoreKind;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly trace: SimTrace;
}

const CAPABILITIES: Readonly<Record<StoreKind, Capabilities>> = {
  files: { type: 'local', objectStore: false, rename: 'atomic', permissions: true, conditionalCreate: true, directories: 'real' },
  objects: { type: 's3', objectStore: true, rename: 'copy', permissions: false, conditionalCreate: true, directories: 'marker' },
};
const CHUNK_BYTES = 64 << 10;
/** Longer than anybody waits for an answer. */
const NEVER_MS = 600_000;
/** A file of its own for what is neither. */
const NO_BYTES = Buffer.alloc(0);

export class SimStore {
  readonly entries = new Map<string, StoredEntry>();
  readonly #o: SimStoreOptions;
  /** Longest time that a call takes. */
  maxLatencyMs = 2;
  /** The share of calls that fail with `unavailable`, half of them after they have done their work. */
  errorShare = 0;
  /** The share of calls that are never answered, half of them after they have done their work. */
  hangShare = 0;
  /** How many calls have failed so. */
  failures = 0;
  /** Told of every step of every call. */
  step: StoreStep | undefined;
  readonly kind: StoreKind;
  #versions = 0;

  constructor(options: SimStoreOptions) {
    this.#o = options;
    this.kind = options.kind ?? 'files';
    this.entries.set('', this.#entry(true, NO_BYTES, {}));
  }

  get uri(): string {
    return this.#o.uri;
  }

  /** The store as the process of this name sees it for as long as `alive` holds. */
  handle(process: string, alive: () => boolean, pause?: Pause): UnderStore {
    return new StoreHandle(this, { process, alive, pause });
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
  async call<T>({ process, alive, pause }: StoreCaller, what: string, effect: () => T): Promise<T> {
    const { clock, random, trace } = this.#o;
    await sleep(clock, random.next() * this.maxLatencyMs);
    if (alive()) this.step?.(process, what, 'before');
    if (pause?.isOn === true) await pause.over();
    if (!alive()) return new Promise(() => {});
    const hangs = this.hangShare > 0 && random.chance(this.hangShare);
    const fails = hangs || (this.errorShare > 0 && random.chance(this.errorShare));
    if (fails) this.failures++;
    if (fails && random.chance(0.5)) {
      trace.add(`store ${what}: ${hangs ? 'hangs' : 'fails'}`);
      if (hangs) await sleep(clock, NEVER_MS);
      throw fail('unavailable', `The store does not answer to ${what}`);
    }
    let value: T;
    try {
      value = effect();
    } catch (error) {
      trace.add(`store ${what}: ${String(error)}`);
      throw error;
    }
    trace.add(`store ${what}${fails ? `: done, and ${hangs ? 'hangs' : 'fails'}` : ''}`);
    await sleep(clock, hangs ? NEVER_MS : random.next() * this.maxLatencyMs);
    if (alive()) this.step?.(process, what, 'after');
    if (pause?.isOn === true) await pause.over();
    if (!alive()) return new Promise(() => {});
    if (fails) throw fail('unavailable', `The answer of the store to ${what} was lost`);
    return value;
  }

  status(path: string, name: string): UfsStatus | undefined {
    const entry = this.entries.get(path);
    if (entry === undefined) return this.isPrefix(path) ? this.#implied(name) : undefined;
    const { directory, owner, group, mode, modifiedMs, version } = entry;
    const contentHash = directory ? undefined : `v${version}`;
    // Objects have neither.
    const who = this.kind === 'files' ? { owner, group, mode } : { owner: '', group: '', mode: 0o700 };
    return { name, directory, ...who, modifiedMs, length: entry.bytes.length, contentHash };
  }

  isDirectory(path: string): boolean {
    return this.entries.get(path)?.directory ?? this.isPrefix(path);
  }

  /** Whether objects below make a directory of the path. */
  isPrefix(path: string): boolean {
    return this.kind === 'objects' && this.below(path).length > 0;
  }

  /** Paths with an entry of their own. */
  below(path: string): string[] {
    const prefix = path === '' ? '' : `${path}/`;
    return [...this.entries.keys()].filter((at) => at !== '' && at.startsWith(prefix));
  }

  list(path: string, recursive: boolean): UfsStatus[] {
    if (!this.isDirectory(path)) throw fail('notFound', `No directory ${path}`);
    const prefix = path === '' ? '' : `${path}/`;
    const names = new Set<string>();
    for (const at of this.below(path)) {
      const parts = at.slice(prefix.length).split('/');
      // What is listed of an object are the directories above it, too.
      for (let depth = 1; depth <= (recursive ? parts.length : 1); depth++) names.add(parts.slice(0, depth).join('/'));
    }
    return [...names]
      .filter((name) => !isHidden(name))
      .map((name) => this.status(prefix + name, name)!)
      .map((status) => ({ status, key: Buffer.from(status.directory ? `${status.name}/` : status.name) }))
      .sort((a, b) => Buffer.compare(a.key, b.key))
      .map(({ status }) => status);
  }

  put(path: string, bytes: Buffer, options: CreateOptions): UfsStatus {
    if (this.kind === 'files' && this.entries.get(path)?.directory === true) throw fail('alreadyExists', `${path} is a directory`);
    if (options.ifAbsent === true && this.entries.has(path)) throw fail('alreadyExists', `${path} exists`);
    this.#makeParents(path);
    this.entries.set(path, this.#entry(false, bytes, options));
    return this.status(path, '')!;
  }

  makeDirectory(path: string, options: DirectoryOptions): void {
    if (this.entries.get(path)?.directory === false) throw fail('alreadyExists', `${path} is a file`);
    this.#makeParents(path);
    if (!this.entries.has(path)) this.entries.set(path, this.#entry(true, NO_BYTES, options));
  }

  removeFile(path: string): boolean {
    if (this.entries.get(path)?.directory === true) {
      if (this.kind === 'objects') return false;
      throw fail('invalidArgument', `${path} is a directory`);
    }
    return this.entries.delete(path);
  }

  removeDirectory(path: string, recursive: boolean): boolean {
    if (!this.isDirectory(path)) {
      if (this.entries.has(path) && this.kind === 'files') throw fail('invalidArgument', `${path} is a file`);
      return false;
    }
    const below = this.below(path);
    if (below.length > 0 && !recursive) throw fail('failedPrecondition', `${path} is not empty`);
    for (const at of below) this.entries.delete(at);
    this.entries.delete(path);
    return true;
  }

  /** What a rename may not begin with. Answers the paths to move: a file, or what is below a directory and its own entry. */
  checkRename(from: string, to: string, overwrite: boolean): string[] {
    if (this.status(from, '') === undefined) throw fail('notFound', `${from} is not there`);
    if (to.startsWith(`${from}/`)) throw fail('invalidArgument', `${to} is below ${from}`);
    const directory = this.isDirectory(from);
    const target = this.status(to, '');
    if (target !== undefined && !(overwrite && !target.directory && !directory)) throw fail('alreadyExists', `${to} exists`);
    const below = directory ? this.below(from) : [];
    return this.entries.has(from) ? [from, ...below] : below;
  }

  rename(from: string, to: string, overwrite: boolean): void {
    const moved = this.checkRename(from, to, overwrite);
    this.#makeParents(to);
    for (const at of moved) {
      this.entries.set(to + at.slice(from.length), this.entries.get(at)!);
      this.entries.delete(at);
    }
  }

  /** Of one object; the copy has the same hash, as that of an object in one part. */
  copy(from: string, to: string): void {
    const { directory, bytes, version } = this.entries.get(from) ?? this.#missing(from);
    this.entries.set(to, { ...this.#entry(directory, bytes, {}), version });
  }

  change(path: string, change: { owner?: string | undefined; group?: string | undefined; mode?: number }): void {
    const entry = this.entries.get(path);
    if (entry === undefined) throw fail('notFound', `${path} is not there`);
    if (change.owner !== undefined) entry.owner = change.owner;
    if (change.group !== undefined) entry.group = change.group;
    if (change.mode !== undefined) entry.mode = change.mode;
  }

  #missing(path: string): never {
    throw fail('notFound', `${path} is not there`);
  }

  #implied(name: string): UfsStatus {
    return {
      name,
      directory: true,
      owner: '',
      group: '',
      mode: 0o700,
      modifiedMs: undefined,
      length: 0,
      contentHash: undefined,
    };
  }

  #makeParents(path: string): void {
    if (this.kind === 'objects') return;
    for (let cut = path.indexOf('/'); cut > 0; cut = path.indexOf('/', cut + 1)) {
      const at = path.slice(0, cut);
      const entry = this.entries.get(at);
      if (entry?.directory === false) throw fail('failedPrecondition', `${at} is a file`);
      if (entry === undefined) this.entries.set(at, this.#entry(true, NO_BYTES, {}));
    }
  }

  #entry(directory: boolean, bytes: Buffer, { owner = 'store', group = 'store', mode }: DirectoryOptions): StoredEntry {
    const modifiedMs = this.#o.clock.nowMs();
    return { directory, bytes, owner, group, mode: mode ?? (directory ? 0o755 : 0o644), modifiedMs, version: ++this.#versions };
  }
}

/** Whose call it is. */
interface StoreCaller {
  readonly process: string;
  readonly alive: () => boolean;
  /** Whether it stands still. */
  readonly pause: Pause | undefined;
}

class StoreHandle implements UnderStore {
  readonly uri: string;
  readonly capabilities: Capabilities;
  readonly #store: SimStore;
  readonly #caller: StoreCaller;

  constructor(store: SimStore, caller: StoreCaller) {
    this.#store = store;
    this.uri = store.uri;
    this.capabilities = CAPABILITIES[store.kind];
    this.#caller = caller;
  }

  async status(path: string): Promise<UfsStatus | undefined> {
    requireValid(path);
    return this.#call(`status ${path}`, () => this.#store.status(path, path.slice(path.lastIndexOf('/') + 1)));
  }

  async *list(path: string, options?: ListOptions): AsyncIterable<UfsStatus> {
    requireValid(path);
    const found = await this.#call(`list ${path}`, () => this.#store.list(path, options?.recursive === true));
    for (const status of found) {
      requireWanted(options?.signal);
      yield status;
    }
  }

  async *read(path: string, { offset, length, ifMatch, signal }: ReadOptions): AsyncIterable<Uint8Array> {
    requireValid(path);
    let at = offset;
    const end = offset + length;
    while (at < end) {
      requireWanted(signal);
      const chunk = await this.#call(`read ${path} ${at}`, () => {
        const entry = this.#store.entries.get(path);
        if (entry === undefined && !this.#store.isPrefix(path)) throw fail('notFound', `${path} is not there`);
        if (entry === undefined || entry.directory) throw fail('invalidArgument', `${path} is a directory`);
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
    requireChangeable(path);
    await this.#call(`create ${path}`, () => undefined);
    return {
      write: async (given) => {
        if (state !== 'open') throw fail('failedPrecondition', `The writing of ${path} is over`);
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

  async makeDirectory(path: string, options: DirectoryOptions = {}): Promise<void> {
    requireValid(path);
    return this.#call(`makeDirectory ${path}`, () => this.#store.makeDirectory(path, options));
  }

  async removeFile(path: string): Promise<boolean> {
    requireChangeable(path);
    return this.#call(`removeFile ${path}`, () => this.#store.removeFile(path));
  }

  async removeDirectory(path: string, options: { recursive: boolean }): Promise<boolean> {
    requireChangeable(path);
    return this.#call(`removeDirectory ${path}`, () => this.#store.removeDirectory(path, options.recursive));
  }

  async rename(from: string, to: string, options: { overwrite?: boolean } = {}): Promise<void> {
    const overwrite = options.overwrite === true;
    requireChangeable(from);
    requireChangeable(to);
    if (this.#store.kind === 'files') return this.#call(`rename ${from} ${to}`, () => this.#store.rename(from, to, overwrite));
    const moved = await this.#call(`rename ${from} ${to}`, () => this.#store.checkRename(from, to, overwrite));
    for (const at of moved) await this.#call(`copy ${at}`, () => this.#store.copy(at, to + at.slice(from.length)));
    for (const at of moved) await this.#call(`delete ${at}`, () => this.#store.entries.delete(at));
  }

  async setOwner(path: string, owner: string | undefined, group: string | undefined): Promise<void> {
    this.#requirePermissions();
    return this.#call(`setOwner ${path}`, () => this.#store.change(path, { owner, group }));
  }

  async setMode(path: string, mode: number): Promise<void> {
    this.#requirePermissions();
    return this.#call(`setMode ${path}`, () => this.#store.change(path, { mode }));
  }

  async space(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {}

  #requirePermissions(): void {
    if (!this.capabilities.permissions) throw fail('unimplemented', `Objects of ${this.uri} have neither owner nor mode`);
  }

  #call<T>(what: string, effect: () => T): Promise<T> {
    return this.#store.call(this.#caller, what, effect);
  }
}

function requireValid(path: string): void {
  if (path !== '' && (path.includes('\0') || path.split('/').some((part) => part === '' || part === '.' || part === '..')))
    throw fail('invalidArgument', `Path "${path}" is invalid.`);
}

function requireChangeable(path: string): void {
  if (path === '') throw fail('invalidArgument', 'The root of a store is not changed');
  requireValid(path);
}

function requireWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw fail('cancelled', 'The request was given up');
}

/** As in the real stores: files on their way in. */
function isHidden(name: string): boolean {
  return name.split('/').some((part) => part === '.alluxio_ufs_persistence' || /\.alluxio\.0x[0-9A-Fa-f]{16}\.tmp$/.test(part));
}
