import { baseName, fail, isWithin, normalPath, parentPath } from '@alluvium/base';
import type { NormalPath } from '@alluvium/base';
import type {
  AclChange,
  BlockReport,
  Cancellable,
  ClusterReport,
  ConfigurationReport,
  CreateDirectoryOptions,
  CreateFileOptions,
  FileStatus,
  FileSystem,
  FreeOptions,
  ListOptions,
  MountOptions,
  MountPoint,
  PersistQueueOptions,
  PersistQueueReport,
  ReadableFile,
  RemoveOptions,
  RenameOptions,
  SetAclOptions,
  SetAttributeOptions,
  WatchOptions,
  WatchUpdate,
  WorkerReport,
  WritableFile,
} from '@alluvium/client';

import { FakeAdmin } from './fake-admin.js';
import { FakeStoreSync } from './fake-store-sync.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Node {
  status: Mutable<FileStatus>;
  bytes: Uint8Array;
}

const TIME_MS = BigInt(Date.UTC(2026, 10, 21, 7, 25, 50, 123));

/** A cluster in a map: enough of its behaviour for the commands, none of its machinery. */
export class FakeFileSystem implements FileSystem {
  readonly admin = new FakeAdmin();
  readonly sync = new FakeStoreSync(this.admin);
  readonly nodes = new Map<string, Node>();
  readonly calls: string[] = [];
  /** What each path was last asked to change. */
  readonly attributes = new Map<string, SetAttributeOptions>();
  readonly mountPoints = new Map<string, MountPoint>();
  closed = false;
  /** What the last listing was asked for. */
  listOptions: ListOptions | undefined;
  /** What the last removal was asked for. */
  removeOptions: RemoveOptions | undefined;
  /** How many looks at a file it takes until a wanted persistence is done. */
  persistAfterLooks = 2;
  /** How often a free has to be asked for until the copies are gone. */
  freeAfterCalls = 0;
  /** Called before each chunk of a read is given; may wait, throw or abort. */
  onChunk: (path: string, at: number) => void | Promise<void> = () => {};
  chunkBytes = 4;
  /** Files written at the same time at most. */
  mostWriters = 0;
  /** What a watcher is told; then it ends. */
  updates: readonly WatchUpdate[] = [];
  watchOptions: WatchOptions | undefined;
  /** What the last setAcl asked for. */
  aclChange: AclChange | undefined;
  queue: PersistQueueReport = {
    entries: [],
    files: 0n,
    bytes: 0n,
    running: 0n,
    held: 0n,
    lost: 0n,
    setAside: 0n,
    oldestSinceMs: undefined,
    paused: [],
  };
  #writers = 0;
  #nextId = 1n;
  readonly #looks = new Map<string, number>();

  constructor() {
    this.#add('/', { folder: true });
  }

  /** Adds a persisted file and its parents. */
  file(path: string, content: string | Uint8Array, attributes: Partial<FileStatus> = {}): this {
    this.directory(parentPath(path as NormalPath));
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const node = this.#add(path, { persisted: true, persistenceState: 'PERSISTED', ...attributes });
    this.#fill(node, bytes);
    Object.assign(node.status, attributes);
    return this;
  }

  directory(path: string): this {
    if (this.nodes.has(path)) return this;
    this.directory(parentPath(path as NormalPath));
    this.#add(path, { folder: true });
    return this;
  }

  content(path: string): string {
    return new TextDecoder().decode(this.#get(path).bytes);
  }

  get paths(): string[] {
    return [...this.nodes.keys()].sort();
  }

  async status(path: string, options?: Cancellable): Promise<FileStatus> {
    this.#called('status', path, options);
    const node = this.#get(path);
    const left = this.#looks.get(path);
    if (left !== undefined) {
      this.#looks.set(path, left - 1);
      if (left <= 0) Object.assign(node.status, { persisted: true, persistenceState: 'PERSISTED' });
    }
    return { ...node.status };
  }

  async exists(path: string, options?: Cancellable): Promise<boolean> {
    this.#called('exists', path, options);
    return this.nodes.has(normalPath(path));
  }

  async *list(path: string, options?: ListOptions): AsyncIterable<FileStatus> {
    this.#called('list', path, options);
    this.listOptions = options;
    const node = this.#get(path);
    if (!node.status.folder) return yield { ...node.status };
    for (const child of this.#below(path)) {
      options?.signal?.throwIfAborted();
      if (options?.recursive === true || parentPath(child as NormalPath) === path) yield { ...this.nodes.get(child)!.status };
    }
  }

  async createDirectory(path: string, options?: CreateDirectoryOptions): Promise<void> {
    this.#called('createDirectory', path, options);
    if (this.nodes.has(path)) {
      if (options?.allowExists === true && this.nodes.get(path)!.status.folder) return;
      throw fail('alreadyExists', `Not allowed to create directory because path already exists: ${path}`);
    }
    if (options?.recursive === true) this.directory(path);
    else this.#add(path, { folder: true });
  }

  async remove(path: string, options?: RemoveOptions): Promise<void> {
    this.#called(options?.alluxioOnly === true ? 'removeAlluxioOnly' : 'remove', path, options);
    this.removeOptions = options;
    this.#get(path);
    for (const child of this.#below(path)) this.nodes.delete(child);
    this.nodes.delete(path);
  }

  async rename(from: string, to: string, options?: RenameOptions): Promise<void> {
    this.#called('rename', `${from} ${to}`, options);
    const node = this.#get(from);
    if (options?.overwrite === true) this.nodes.delete(to);
    if (this.nodes.has(to)) throw fail('alreadyExists', `Cannot rename because destination already exists. src: ${from} dst: ${to}`);
    this.nodes.delete(from);
    this.#add(to, node.status).bytes = node.bytes;
  }

  async setAcl(path: string, change: AclChange, options: SetAclOptions = {}): Promise<void> {
    this.#called(`setAcl${options.recursive === true ? ' -R' : ''}`, path, options);
    this.#get(path);
    this.aclChange = change;
  }

  async setAttribute(path: string, options: SetAttributeOptions): Promise<void> {
    const { signal, recursive, ...attributes } = options;
    this.#called('setAttribute', path, signal === undefined ? {} : { signal });
    this.attributes.set(path, options);
    for (const each of [path, ...(recursive === true ? this.#below(path) : [])]) Object.assign(this.#get(each).status, attributes);
  }

  async free(path: string, options?: FreeOptions): Promise<void> {
    this.#called('free', path, options);
    const { status } = this.#get(path);
    if (status.pinned && options?.forced !== true)
      throw fail('failedPrecondition', `Cannot free file ${path} which is pinned. Please unpin it first`);
    if (--this.freeAfterCalls <= 0) status.inAlluxioPercentage = 0;
  }

  async persist(path: string, options?: Cancellable): Promise<void> {
    this.#called('persist', path, options);
    this.#get(path).status.persistenceState = 'TO_BE_PERSISTED';
    this.#looks.set(path, this.persistAfterLooks);
  }

  async persistQueue(path: string, options?: PersistQueueOptions): Promise<PersistQueueReport> {
    this.#called(`persistQueue ${options?.limit}`, path, options);
    return this.queue;
  }

  async pausePersist(mountPoint: string, reason: string, options?: Cancellable): Promise<void> {
    this.#called(`pausePersist "${reason}"`, mountPoint, options);
  }

  async resumePersist(mountPoint: string, options?: Cancellable): Promise<void> {
    this.#called('resumePersist', mountPoint, options);
  }

  async *watch(_path: string, options?: WatchOptions): AsyncGenerator<WatchUpdate, void, void> {
    this.watchOptions = options;
    yield* this.updates;
  }

  async open(path: string, options?: Cancellable): Promise<ReadableFile> {
    this.#called('open', path, options);
    const { status, bytes } = this.#get(path);
    return new FakeReadableFile(this, status, bytes);
  }

  async create(path: string, options?: CreateFileOptions): Promise<WritableFile> {
    this.#called('create', path, options);
    if (this.nodes.has(path)) {
      if (options?.overwrite !== true) throw fail('alreadyExists', `${path} already exists. If you want to overwrite the file, say so`);
      this.nodes.delete(path);
    }
    const node = this.#add(path, { completed: false });
    this.mostWriters = Math.max(this.mostWriters, ++this.#writers);
    const chunks: Uint8Array[] = [];
    return {
      path,
      get writtenBytes() {
        return BigInt(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
      },
      write: async (chunk) => void chunks.push(chunk.slice()),
      close: async () => {
        this.#writers--;
        this.#fill(node, Buffer.concat(chunks));
      },
      abort: async () => {
        this.#writers--;
        this.calls.push(`abort ${path}`);
        this.nodes.delete(path);
      },
      stream: () => new WritableStream<Uint8Array>(),
    };
  }

  async mount(path: string, ufsUri: string, options?: MountOptions): Promise<void> {
    this.#called('mount', path, options);
    this.#add(path, { folder: true, mountPoint: true });
    this.mountPoints.set(path, {
      path,
      ufsUri,
      ufsType: 'local',
      mountId: this.#nextId++,
      readOnly: options?.readOnly ?? false,
      shared: options?.shared ?? false,
      ufsMode: 'READ_WRITE',
      ufsCapacityBytes: 20n * 1024n ** 3n,
      ufsUsedBytes: -1n,
      properties: options?.properties ?? {},
    });
  }

  async updateMount(path: string, options?: MountOptions): Promise<void> {
    this.#called('updateMount', path, options);
    const point = this.mountPoints.get(path);
    if (point === undefined) throw fail('invalidArgument', `Failed to update mount properties for ${path}.`);
    const { readOnly = false, shared = false, properties = {} } = options ?? {};
    this.mountPoints.set(path, { ...point, readOnly, shared, properties });
  }

  async reverseResolve(ufsUri: string): Promise<string> {
    throw fail('invalidArgument', `${ufsUri} is not a valid ufs uri`);
  }

  async unmount(path: string, options?: Cancellable): Promise<void> {
    this.#called('unmount', path, options);
    if (!this.mountPoints.delete(path)) throw fail('invalidArgument', `Failed to unmount ${path}. It is no mount point.`);
    this.nodes.delete(path);
  }

  async mounts(): Promise<MountPoint[]> {
    return [...this.mountPoints.values()];
  }

  async block(blockId: bigint): Promise<BlockReport> {
    return { blockId, lengthBytes: 0n, locations: [] };
  }

  async workers(): Promise<WorkerReport[]> {
    return [
      {
        workerId: 9_007_199_254_740_993n,
        host: 'w1',
        rpcPort: 29999,
        dataPort: 29999,
        state: 'In Service',
        capacityBytes: 10n * 1024n ** 3n,
        usedBytes: 5n * 1024n ** 3n,
        startTimeMs: TIME_MS,
      },
    ];
  }

  async cluster(): Promise<ClusterReport> {
    return {
      leaderAddress: 'm1:19998',
      version: '2.9.4',
      clusterId: 'c0ffee',
      startTimeMs: TIME_MS,
      upTimeMs: 93_784_000n,
      capacityBytes: 10n * 1024n ** 3n,
      usedBytes: 5n * 1024n ** 3n,
      liveWorkers: 1,
      lostWorkers: 0,
    };
  }

  async configuration(): Promise<ConfigurationReport> {
    return {
      properties: [
        { name: 'alluxio.master.rpc.port', value: '19998', source: 'DEFAULT' },
        { name: 'alluxio.master.hostname', value: 'm1', source: 'SITE_PROPERTY' },
      ],
      clusterHash: 'h',
    };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #called(name: string, path: string, options?: Cancellable): void {
    if (options?.signal?.aborted === true) throw fail('cancelled', `${name} was cancelled`);
    this.calls.push(`${name} ${path}`);
  }

  #get(path: string): Node {
    const node = this.nodes.get(normalPath(path));
    if (node === undefined) throw fail('notFound', `Path "${path}" does not exist.`);
    return node;
  }

  #below(path: string): string[] {
    return this.paths.filter((each) => each !== path && isWithin(each as NormalPath, path as NormalPath));
  }

  #fill(node: Node, bytes: Uint8Array): void {
    const fileId = node.status.fileId;
    node.bytes = bytes;
    Object.assign(node.status, { completed: true, lengthBytes: BigInt(bytes.length), inAlluxioPercentage: bytes.length === 0 ? 0 : 100 });
    node.status.blocks =
      bytes.length === 0
        ? []
        : [
            {
              blockId: fileId + 1n,
              offset: 0n,
              lengthBytes: BigInt(bytes.length),
              locations: [{ workerId: 7n, host: 'w1', rpcPort: 29999, dataPort: 29999, tier: 'MEM' }],
            },
          ];
  }

  #add(path: string, attributes: Partial<FileStatus>): Node {
    const parent = this.nodes.get(parentPath(path as NormalPath));
    if (path !== '/' && parent?.status.folder !== true) throw fail('notFound', `Path "${parentPath(path as NormalPath)}" does not exist.`);
    if (path !== '/' && parent !== undefined) parent.status.lengthBytes++;
    const folder = attributes.folder ?? false;
    const status: Mutable<FileStatus> = {
      fileId: 33_554_431n + this.#nextId++ * 16_777_216n,
      folder,
      lengthBytes: 0n,
      blockSizeBytes: folder ? 0n : 67_108_864n,
      completed: true,
      owner: 'ann',
      group: 'staff',
      mode: folder ? 0o755 : 0o644,
      acl: [],
      defaultAcl: [],
      creationTimeMs: TIME_MS,
      lastModificationTimeMs: TIME_MS,
      lastAccessTimeMs: TIME_MS,
      ttlMs: -1n,
      ttlAction: 'FREE',
      pinned: false,
      pinnedMedia: [],
      cacheable: !folder,
      persisted: false,
      persistenceState: 'NOT_PERSISTED',
      mountPoint: false,
      mountId: 1n,
      ufsPath: `/store${path}`,
      ufsFingerprint: '',
      replicationMin: 0,
      replicationMax: -1,
      inAlluxioPercentage: 0,
      inMemoryPercentage: 0,
      blocks: [],
      xattr: {},
      ...attributes,
      path,
      name: baseName(path as NormalPath),
    };
    const node = { status, bytes: new Uint8Array() };
    this.nodes.set(path, node);
    return node;
  }
}

class FakeReadableFile implements ReadableFile {
  readonly status: FileStatus;
  readonly #owner: FakeFileSystem;
  readonly #bytes: Uint8Array;

  constructor(owner: FakeFileSystem, status: FileStatus, bytes: Uint8Array) {
    this.#owner = owner;
    this.status = status;
    this.#bytes = bytes;
  }

  async readAt(offset: bigint, into: Uint8Array): Promise<number> {
    const part = this.#bytes.subarray(Number(offset), Number(offset) + into.length);
    into.set(part);
    return part.length;
  }

  async *chunks(range: { offset?: bigint; length?: bigint; signal?: AbortSignal } = {}): AsyncIterable<Uint8Array> {
    const start = Number(range.offset ?? 0n);
    const end = range.length === undefined ? this.#bytes.length : start + Number(range.length);
    for (let at = start; at < end; at += this.#owner.chunkBytes) {
      await this.#owner.onChunk(this.status.path, at);
      if (range.signal?.aborted === true) throw fail('cancelled', 'the read was cancelled');
      yield this.#bytes.slice(at, Math.min(at + this.#owner.chunkBytes, end));
    }
  }

  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream();
  }

  async close(): Promise<void> {
    this.#owner.calls.push(`close ${this.status.path}`);
  }
}
