import assert from 'node:assert/strict';
import { ROOT_PATH, fileIdOfBlock, kindOf, messageOf, normalPath, type BlockId, type ErrorKind, type InodeId } from '@alluvium/base';
import type { Journal, JournalEntry, JournalFigures, JournalStatus } from '@alluvium/journal';
import type { AuditRecord } from '@alluvium/master/audit/audit-line.js';
import { AuditTrail } from '@alluvium/master/audit/audit-trail.js';
import { BlockMaster } from '@alluvium/master/block/block-master.js';
import { findDamage } from '@alluvium/master/doctor/index.js';
import type { FileContext } from '@alluvium/master/file/context.js';
import { InodeTree } from '@alluvium/master/file/inode-tree.js';
import { defaultFileOptions, firstEntries, newFileContext } from '@alluvium/master/file/new-context.js';
import { completeFile } from '@alluvium/master/file/operations/complete-file.js';
import { createDirectory } from '@alluvium/master/file/operations/create-directory.js';
import { createFile } from '@alluvium/master/file/operations/create-file.js';
import { getNewBlockId } from '@alluvium/master/file/operations/get-new-block-id.js';
import { getStatus } from '@alluvium/master/file/operations/get-status.js';
import { listStatus } from '@alluvium/master/file/operations/list-status.js';
import { mount } from '@alluvium/master/file/operations/mount.js';
import { remove } from '@alluvium/master/file/operations/remove.js';
import { rename } from '@alluvium/master/file/operations/rename.js';
import { setAttribute } from '@alluvium/master/file/operations/set-attribute.js';
import { getPinnedFileIds } from '@alluvium/master/file/pinned-file-ids.js';
import { fileSystemMasterServices } from '@alluvium/master/file/service.js';
import { JobLedger } from '@alluvium/master/job/job-ledger.js';
import { JournalCommitter } from '@alluvium/master/journal-committer.js';
import { PathProperties } from '@alluvium/master/meta/path-properties.js';
import { storePath } from '@alluvium/master/mount/mount.js';
import { MountTable } from '@alluvium/master/mount/mount-table.js';
import { ServiceWords } from '@alluvium/master/replication/service-words.js';
import { MasterState } from '@alluvium/master/state.js';
import { heapBlockStore, type Inode, type InodeStore } from '@alluvium/metastore';
import { ServiceTable, type Method, type ServerCall, type ServerStream } from '@alluvium/net';
import { silentLogger } from '@alluvium/platform';
import { SeededRandom, SimClock } from '@alluvium/testkit';
import { fileSystemMaster as fs, journal as wireJournal } from '@alluvium/wire';
import { MemoryStores, type MemoryStore } from './memory-store.js';
import { newInodeStore } from './new-inode-store.js';

/** Keeps what is appended as bytes, so that a replay reads what a real journal would give it. */
export class RecordingJournal implements Journal {
  readonly operations: Uint8Array[][] = [];
  durableSequence = 0;
  refusal: Error | undefined;
  readonly failed = new Promise<Error>(() => {});
  /** Set: appended operations stay volatile until {@link release}. */
  slow = false;
  #waiting: (() => void)[] = [];

  get lastSequence(): number {
    return this.operations.length;
  }

  get figures(): JournalFigures {
    const state = this.refusal === undefined ? 'SERVING' : 'READ_ONLY';
    const checkpoints = { bytesSinceCheckpoint: 0, operationsSinceCheckpoint: 0, lastCheckpointMs: undefined, checkpointFailures: 0 };
    return { state, segments: 0, ...checkpoints, flushes: 0, slowFlushes: 0, longestFlushMs: 0, space: undefined, spaceLow: false };
  }

  async status(): Promise<JournalStatus> {
    const { lastSequence, durableSequence, refusal } = this;
    const where = { epoch: 1, lastSequence, durableSequence, refusal: refusal?.message, segmentBytes: 0, checkpoints: [] };
    return { ...this.figures, ...where, checkpointProgress: undefined, checkpointError: undefined };
  }

  append(entries: readonly JournalEntry[]): number {
    if (this.refusal !== undefined) throw this.refusal;
    this.operations.push(entries.map((entry) => wireJournal.JournalEntry.encode(entry).finish()));
    if (!this.slow) this.durableSequence = this.lastSequence;
    return this.lastSequence;
  }

  flushed(): Promise<void> | undefined {
    if (this.durableSequence === this.lastSequence) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  release(): void {
    this.durableSequence = this.lastSequence;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  entries(): JournalEntry[] {
    return this.operations.flat().map((bytes) => wireJournal.JournalEntry.decode(bytes));
  }

  /** Kinds of the entries appended since `from` operations. */
  kinds(from = 0): string[] {
    return this.operations
      .slice(from)
      .flat()
      .map((bytes) => wireJournal.JournalEntry.decode(bytes))
      .map(
        (entry) =>
          Object.entries(entry).find(([name, value]) => name !== 'operationId' && value !== undefined && !Array.isArray(value))?.[0] ??
          'none',
      );
  }

  checkpoint(): Promise<void> {
    return Promise.resolve();
  }

  begin(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export const GROUPS: Readonly<Record<string, readonly string[]>> = {
  root: ['root'],
  alice: ['users', 'staff'],
  bob: ['users'],
  boss: ['supergroup'],
};

function groupsOf(user: string): readonly string[] {
  return GROUPS[user] ?? [];
}

/** A file system master without a network: state, recording journal, memory stores and a clock that stands. */
export class World {
  readonly clock = new SimClock();
  readonly random = new SeededRandom(7);
  readonly stores: MemoryStores;
  readonly journal = new RecordingJournal();
  readonly blocks: BlockMaster;
  readonly inodes: InodeStore;
  readonly tree: InodeTree;
  readonly mounts: MountTable;
  readonly pathProperties = new PathProperties();
  readonly jobLedger = new JobLedger();
  readonly serviceWords = new ServiceWords();
  readonly state: MasterState;
  readonly c: FileContext;
  readonly requested: InodeId[] = [];
  readonly freed: BlockId[] = [];
  /** What the audit log is told of calls through the services. */
  readonly audited: AuditRecord[] = [];

  constructor(
    options: {
      readonly entries?: Iterable<JournalEntry>;
      readonly stores?: MemoryStores;
      readonly readOnly?: boolean;
      readonly recursiveBatch?: number;
      readonly inodes?: InodeStore;
    } = {},
  ) {
    this.inodes = options.inodes ?? newInodeStore();
    this.tree = new InodeTree(this.inodes);
    const { recursiveBatch = defaultFileOptions.recursiveBatch } = options;
    this.stores = options.stores ?? new MemoryStores();
    this.blocks = new BlockMaster(heapBlockStore(), this.clock, this.random, 0);
    this.mounts = new MountTable(
      { ufsUri: 'mem://root', readOnly: options.readOnly ?? false, shared: false, properties: new Map() },
      this.stores,
      silentLogger,
    );
    this.state = new MasterState([this.tree, this.mounts, this.blocks.state, this.pathProperties, this.jobLedger, this.serviceWords]);
    const committer = new JournalCommitter(this.journal, this.state);
    const { blocks } = this;
    this.c = newFileContext({
      clock: this.clock,
      random: this.random,
      log: silentLogger,
      committer,
      tree: this.tree,
      mounts: this.mounts,
      pathProperties: this.pathProperties,
      blocks: {
        length: (id) => blocks.length(id),
        locations: (id) => blocks.locations(id),
        whenLocated: (ids) => blocks.whenLocated(ids),
        nextContainer: (plan) => blocks.nextContainer(plan),
        free: (ids) => {
          const all = [...ids];
          this.freed.push(...all);
          blocks.free(all);
        },
      },
      groupsOf,
      persistRequested: (file) => void this.requested.push(file),
      audit: new AuditTrail({ clock: this.clock, tree: this.tree, groupsOf }, (record) => void this.audited.push(record)),
      permissions: { enabled: true, superUser: 'root', superGroup: 'supergroup' },
      options: { ...defaultFileOptions, defaultBlockSizeBytes: 10, listBatch: 3, recursiveBatch },
    });
    if (options.entries === undefined) void committer.commit(firstEntries(this.clock.nowMs(), 'root', 'root'));
    else for (const entry of options.entries) this.state.apply(entry);
  }

  /** The store of the root mount. */
  get store(): MemoryStore {
    return this.stores.at('mem://root');
  }

  inode(path: string): Inode | undefined {
    const walk = this.tree.walk(normalPath(path));
    return walk.inodes[walk.names.length];
  }

  async mkdir(path: string, options: fs.CreateDirectoryPOptions = {}, user = 'root'): Promise<void> {
    await createDirectory(this.c, { path, options: { writeType: fs.WritePType.MUST_CACHE, ...options } }, user);
  }

  async create(path: string, options: fs.CreateFilePOptions = {}, user = 'root'): Promise<fs.FileInfo> {
    const reply = await createFile(
      this.c,
      { path, options: { blockSizeBytes: 10n, writeType: fs.WritePType.MUST_CACHE, ...options } },
      user,
    );
    return reply.fileInfo!;
  }

  /** A complete file in the cache, as a client writes it. */
  async write(path: string, length: number, options: fs.CreateFilePOptions = {}, user = 'root'): Promise<void> {
    await this.create(path, options, user);
    for (let at = 0; at < length; at += 10) {
      const { id } = await getNewBlockId(this.c, { path }, user);
      // As a worker's commit: the file may be gone meanwhile.
      if (this.tree.get(fileIdOfBlock(id as BlockId)) === undefined) continue;
      await this.c.committer.commit([{ blockInfo: { blockId: id, length: BigInt(Math.min(10, length - at)) } }]);
    }
    await completeFile(this.c, { path, options: {} }, user);
  }

  /** A complete file that is in the store too. */
  async writeThrough(path: string, content: string, user = 'root'): Promise<void> {
    await this.create(path, { writeType: fs.WritePType.THROUGH, recursive: true }, user);
    const mount = this.mounts.resolve(normalPath(path));
    this.stores.at(mount.ufsUri).file(storePath(mount, normalPath(path)), content);
    await completeFile(this.c, { path, options: { ufsLength: BigInt(content.length) } }, user);
  }

  async status(path: string, options: fs.GetStatusPOptions = {}, user = 'root'): Promise<fs.FileInfo> {
    return (await getStatus(this.c, { path, options }, user)).fileInfo!;
  }

  async rm(path: string, options: fs.DeletePOptions = {}, user = 'root'): Promise<void> {
    await remove(this.c, { path, options }, user);
  }

  async mv(path: string, dstPath: string, options: fs.RenamePOptions = {}, user = 'root'): Promise<void> {
    await rename(this.c, { path, dstPath, options }, user);
  }

  async set(path: string, options: fs.SetAttributePOptions, user = 'root'): Promise<void> {
    await setAttribute(this.c, { path, options }, user);
  }

  async mount(alluxioPath: string, ufsPath: string, options: fs.MountPOptions = {}, user = 'root'): Promise<void> {
    await mount(this.c, { alluxioPath, ufsPath, options }, user);
  }

  /** The batches of a listing, as paths. */
  async list(path: string, options: fs.ListStatusPOptions = {}, user = 'root', sent?: () => Promise<void>): Promise<string[][]> {
    return (await this.listInfos(path, options, user, sent)).map((batch) => batch.map((info) => info.path!));
  }

  async listInfos(
    path: string,
    options: fs.ListStatusPOptions = {},
    user = 'root',
    sent: () => Promise<void> = () => Promise.resolve(),
  ): Promise<fs.FileInfo[][]> {
    const batches: fs.FileInfo[][] = [];
    let request: fs.ListStatusPRequest | undefined = { path, options };
    const stream = {
      caller: { user, connectionUser: user },
      read: () => {
        const next = request;
        request = undefined;
        return Promise.resolve(next);
      },
      write: (message: Uint8Array) => {
        batches.push(fs.ListStatusPResponse.decode(message).fileInfos!);
        return sent();
      },
    };
    await listStatus(this.c, stream as unknown as ServerStream<fs.ListStatusPRequest, Uint8Array>);
    return batches;
  }
}

/** What a worker is told not to evict. */
export async function pinnedIds(world: World): Promise<readonly bigint[]> {
  return fs.GetPinnedFileIdsPResponse.decode(await getPinnedFileIds(world.c)).pinnedFileIds!;
}

/** The state as the entries that rebuild it, comparable. */
export function dump(world: World): string[] {
  const out: string[] = [];
  const snapshot = world.state.snapshot();
  for (let next = snapshot.next(); next.done !== true; next = snapshot.next())
    out.push(Buffer.from(wireJournal.JournalEntry.encode(next.value).finish()).toString('hex'));
  return out.toSorted();
}

function snapshotOf(world: World): JournalEntry[] {
  const out: JournalEntry[] = [];
  const snapshot = world.state.snapshot();
  for (let next = snapshot.next(); next.done !== true; next = snapshot.next())
    out.push(wireJournal.JournalEntry.decode(wireJournal.JournalEntry.encode(next.value).finish()));
  return out;
}

/** By their ids. */
export function inodesOf({ inodes }: World): Inode[] {
  const out: Inode[] = [];
  const snapshot = inodes.snapshot();
  for (let next = snapshot.next(); next.done !== true; next = snapshot.next()) out.push(next.value);
  return out.toSorted((a, b) => Number(a.id - b.id));
}

/** What a master has that starts from the journal, and one that starts from a checkpoint, is what this one has. */
export function assertRebuilt(world: World): void {
  const live = dump(world);
  const fromJournal = replayed(world);
  const fromSnapshot = new World({ entries: snapshotOf(world), stores: world.stores });
  assert.deepEqual(dump(fromJournal), live, 'from the journal');
  assert.deepEqual(dump(fromSnapshot), live, 'from a snapshot');
  // An entry that forgets a field forgets it of both.
  assert.deepEqual(inodesOf(fromJournal), inodesOf(world), 'from the journal');
  assert.deepEqual(inodesOf(fromSnapshot), inodesOf(world), 'from a snapshot');
}

/** What the doctor would find is nothing. Paths of open intents are not held here as they are where a settler runs. */
export function assertHealthy(world: World): void {
  const found = findDamage(world).filter(({ kind }) => kind !== 'intent-without-inode');
  assert.deepEqual(
    found.map(({ kind, about, detail }) => `${kind}: ${about.subject}: ${detail}`),
    [],
  );
}

/** A test on a new world, after which journal and snapshot have to rebuild the state. */
export function program(run: (w: World) => Promise<void>, options: ConstructorParameters<typeof World>[0] = {}): () => Promise<void> {
  return async () => {
    const w = new World(options);
    await run(w);
    assert.ok(w.c.locks.isFree(ROOT_PATH, 'WRITE_EDGE'), 'no lock is left');
    assertRebuilt(w);
    assertHealthy(w);
  };
}

/** Calls through the services, as the network makes them: replies and errors held back until durable. */
export class Calls {
  readonly #table = new ServiceTable();

  constructor(world: World) {
    fileSystemMasterServices(world.c)(this.#table);
  }

  async unary<Q, R>(method: Method<Q, R>, request: Q, user = 'root'): Promise<R> {
    return await this.now(method, request, user);
  }

  /** As the handler answers it: a reply that waited for nothing is there at once. */
  now<Q, R>(method: Method<Q, R>, request: Q, user = 'root'): R | Promise<R> {
    const entry = this.#table.find(method.path);
    assert.ok(entry?.kind === 'unary', method.path);
    const call = { path: method.path, peer: '10.0.0.1:4711', caller: { user, connectionUser: user } };
    return entry.handler(request, call as ServerCall) as R | Promise<R>;
  }

  async stream(method: Method<never, never>, stream: unknown): Promise<void> {
    const entry = this.#table.find(method.path);
    assert.ok(entry?.kind === 'stream', method.path);
    await entry.handler(stream as ServerStream<unknown, unknown>);
  }
}

/** Resolves to whether the promise is settled once everything that can go on has gone on. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let over = false;
  promise.then(
    () => (over = true),
    () => (over = true),
  );
  await new Promise((resolve) => setImmediate(resolve));
  return over;
}

/** Something to wait for that a test lets go. */
export class Gate {
  #open!: () => void;
  readonly passed = new Promise<void>((resolve) => (this.#open = resolve));

  open(): void {
    this.#open();
  }
}

/** What a master that starts again has. */
export function replayed(world: World): World {
  return new World({ entries: world.journal.entries(), stores: world.stores });
}

export async function rejects(kind: ErrorKind, message: string | RegExp, run: () => unknown): Promise<void> {
  await assert.rejects(
    async () => {
      await run();
    },
    (error: unknown) => {
      if (typeof message === 'string') assert.equal(messageOf(error), message);
      else assert.match(messageOf(error), message);
      assert.equal(kindOf(error), kind);
      return true;
    },
  );
}

/** The wire's mode of octal permission bits. */
export function pmode(mode: number): NonNullable<fs.CreateFilePOptions['mode']> {
  const bits = (shift: number): NonNullable<NonNullable<fs.CreateFilePOptions['mode']>['ownerBits']> =>
    (((mode >> shift) & 7) + 1) as never;
  return { ownerBits: bits(6), groupBits: bits(3), otherBits: bits(0) };
}

let operations = 0n;
export function operationId(): { mostSignificantBits: bigint; leastSignificantBits: bigint } {
  return { mostSignificantBits: -5n, leastSignificantBits: --operations };
}
