// An under store in memory: a tree of directories and immutable files. It waits for nothing, so a simulation may own all time.
import { fail, type Clock } from '@alluvium/base';
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

export interface MemoryStoreOptions {
  readonly clock: Clock;
  readonly uri?: string;
  /** Bytes that one step of a read answers. */
  readonly chunkBytes?: number;
}

interface StoredFile {
  readonly bytes: Buffer;
  readonly contentHash: string;
}

interface Node {
  /** Undefined for a directory. */
  readonly file: StoredFile | undefined;
  readonly modifiedMs: number;
  readonly owner: string;
  readonly group: string;
  readonly mode: number;
}

export class MemoryStore implements UnderStore {
  readonly uri: string;
  readonly capabilities: Capabilities = {
    type: 'memory',
    objectStore: false,
    rename: 'atomic',
    permissions: true,
    conditionalCreate: true,
    directories: 'real',
  };
  readonly #clock: Clock;
  readonly #chunkBytes: number;
  readonly #nodes = new Map<string, Node>();
  #versions = 0;

  constructor({ clock, uri = 'memory:///', chunkBytes = 64 * 1024 }: MemoryStoreOptions) {
    this.uri = uri;
    this.#clock = clock;
    this.#chunkBytes = chunkBytes;
    this.#nodes.set('', this.#node(undefined, {}));
  }

  /** All paths, for assertions. */
  paths(): string[] {
    return [...this.#nodes.keys()].filter((path) => path !== '').sort();
  }

  async status(path: string): Promise<UfsStatus | undefined> {
    const node = this.#look(path);
    return node === undefined ? undefined : describe(nameOf(path), node);
  }

  async *list(path: string, options: ListOptions = {}): AsyncIterable<UfsStatus> {
    if (this.#directory(path) === undefined) throw fail('notFound', `Cannot list "${path}": nothing is there`);
    const prefix = path === '' ? '' : `${path}/`;
    const below = [...this.#nodes.keys()].filter((other) => other !== '' && other !== path && other.startsWith(prefix));
    const key = (other: string): string => (this.#nodes.get(other)?.file === undefined ? `${other}/` : other);
    below.sort((a, b) => Buffer.compare(Buffer.from(key(a)), Buffer.from(key(b))));
    for (const other of below) {
      throwIfCancelled(options.signal);
      const name = other.slice(prefix.length);
      const node = this.#nodes.get(other);
      if (node !== undefined && (options.recursive === true || !name.includes('/')) && !isHidden(name)) yield describe(name, node);
    }
  }

  async *read(path: string, options: ReadOptions): AsyncIterable<Uint8Array> {
    const node = this.#look(path);
    if (node === undefined) throw fail('notFound', `Cannot read "${path}": nothing is there`);
    if (node.file === undefined) throw fail('invalidArgument', `Cannot read "${path}": it is a directory`);
    if (options.ifMatch !== undefined && options.ifMatch !== node.file.contentHash)
      throw fail('aborted', `Cannot read "${path}": it was changed meanwhile`);
    const bytes = node.file.bytes.subarray(options.offset, options.offset + options.length);
    for (let at = 0; at < bytes.length; at += this.#chunkBytes) {
      throwIfCancelled(options.signal);
      yield Buffer.from(bytes.subarray(at, at + this.#chunkBytes));
    }
  }

  async create(path: string, options: CreateOptions = {}): Promise<UfsWriter> {
    this.#changeable('create', path);
    this.#mayReplace(path, options);
    const parts: Buffer[] = [];
    let open = true;
    const mustBeOpen = (): void => {
      if (!open) throw fail('failedPrecondition', `Cannot write "${path}": it is closed`);
    };
    return {
      write: async (views) => {
        mustBeOpen();
        for (const view of views) parts.push(Buffer.from(view));
      },
      commit: async () => {
        mustBeOpen();
        open = false;
        this.#mayReplace(path, options);
        this.#makeParents(path);
        const file = { bytes: Buffer.concat(parts), contentHash: `v${++this.#versions}` };
        this.#nodes.set(path, this.#node(file, { mode: 0o644, ...options }));
        return { length: file.bytes.length, contentHash: file.contentHash };
      },
      abort: async () => {
        open = false;
      },
    };
  }

  async makeDirectory(path: string, options: DirectoryOptions = {}): Promise<void> {
    const node = this.#look(path);
    if (node?.file !== undefined) throw fail('alreadyExists', `Cannot make "${path}": a file is there`);
    if (node !== undefined) return;
    this.#makeParents(path);
    this.#nodes.set(path, this.#node(undefined, options));
  }

  async removeFile(path: string): Promise<boolean> {
    this.#changeable('remove', path);
    const node = this.#look(path);
    if (node === undefined) return false;
    if (node.file === undefined) throw fail('invalidArgument', `Cannot remove "${path}": it is a directory`);
    return this.#nodes.delete(path);
  }

  async removeDirectory(path: string, options: { recursive: boolean }): Promise<boolean> {
    this.#changeable('remove', path);
    const node = this.#look(path);
    if (node === undefined) return false;
    if (node.file !== undefined) throw fail('invalidArgument', `Cannot remove "${path}": it is a file`);
    const below = this.#below(path);
    if (below.length > 0 && !options.recursive) throw fail('failedPrecondition', `Cannot remove "${path}": it is not empty`);
    for (const other of [...below, path]) this.#nodes.delete(other);
    return true;
  }

  async rename(from: string, to: string, options: { overwrite?: boolean } = {}): Promise<void> {
    this.#changeable('rename', from);
    this.#changeable('rename', to);
    const node = this.#look(from);
    if (node === undefined) throw fail('notFound', `Cannot rename "${from}": nothing is there`);
    if (to.startsWith(`${from}/`)) throw fail('invalidArgument', `Cannot rename "${from}" to "${to}": it lies inside`);
    const target = this.#look(to);
    if (target !== undefined && !(options.overwrite === true && target.file !== undefined && node.file !== undefined))
      throw fail('alreadyExists', `Cannot rename "${from}" to "${to}": the target exists`);
    this.#makeParents(to);
    for (const other of [from, ...this.#below(from)]) {
      this.#nodes.set(to + other.slice(from.length), this.#nodes.get(other)!);
      this.#nodes.delete(other);
    }
  }

  async setOwner(path: string, owner: string | undefined, group: string | undefined): Promise<void> {
    const node = this.#existing(path);
    this.#nodes.set(path, { ...node, owner: owner ?? node.owner, group: group ?? node.group });
  }

  async setMode(path: string, mode: number): Promise<void> {
    this.#nodes.set(path, { ...this.#existing(path), mode });
  }

  async space(): Promise<{ capacityBytes: number; usedBytes: number }> {
    let usedBytes = 0;
    for (const { file } of this.#nodes.values()) usedBytes += file?.bytes.length ?? 0;
    return { capacityBytes: 2 ** 40, usedBytes };
  }

  async close(): Promise<void> {}

  #node(file: StoredFile | undefined, { owner = 'memory', group = 'memory', mode = 0o755 }: DirectoryOptions): Node {
    return { file, modifiedMs: this.#clock.nowMs(), owner, group, mode };
  }

  #look(path: string): Node | undefined {
    if (path !== '' && (path.includes('\0') || path.split('/').some((part) => part === '' || part === '.' || part === '..')))
      throw fail('invalidArgument', `Path "${path}" is invalid.`);
    return this.#nodes.get(path);
  }

  #existing(path: string): Node {
    const node = this.#look(path);
    if (node === undefined) throw fail('notFound', `Nothing is at "${path}"`);
    return node;
  }

  #directory(path: string): Node | undefined {
    const node = this.#look(path);
    return node?.file === undefined ? node : undefined;
  }

  #below(path: string): string[] {
    return [...this.#nodes.keys()].filter((other) => other.startsWith(`${path}/`));
  }

  #changeable(action: string, path: string): void {
    if (path === '') throw fail('invalidArgument', `Cannot ${action} the root of a store`);
    this.#look(path);
  }

  #mayReplace(path: string, { ifAbsent = false }: CreateOptions): void {
    const there = this.#look(path);
    if (there !== undefined && (ifAbsent || there.file === undefined)) throw fail('alreadyExists', `Cannot create "${path}": it exists`);
  }

  #makeParents(path: string): void {
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      const parent = path.slice(0, end);
      const node = this.#nodes.get(parent);
      if (node?.file !== undefined) throw fail('failedPrecondition', `Cannot make "${path}": ${parent} is a file`);
      if (node === undefined) this.#nodes.set(parent, this.#node(undefined, {}));
    }
  }
}

function describe(name: string, { file, modifiedMs, owner, group, mode }: Node): UfsStatus {
  return {
    name,
    directory: file === undefined,
    length: file?.bytes.length ?? 0,
    modifiedMs,
    owner,
    group,
    mode,
    contentHash: file?.contentHash,
  };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** As in the real stores: files on their way in. */
function isHidden(name: string): boolean {
  return name.split('/').some((part) => part === '.alluxio_ufs_persistence' || /\.alluxio\.0x[0-9A-Fa-f]{16}\.tmp$/.test(part));
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw fail('cancelled', 'The request was given up');
}
