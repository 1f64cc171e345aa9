// One program at work in a directory that nobody else touches, so that every outcome is known beforehand: each operation is held
// against the model. When the cluster does not say whether one happened, it is looked at what is there.
import { kindOf, sleep, type ErrorKind } from '@alluvium/base';
import type { FileStatus, FileSystem, WriteType } from '@alluvium/client';
import { NamespaceModel, type Attributes, type ModelEntry, type ModelFile, type SeededRandom } from '@alluvium/testkit';
import { createDirectory, violated, type Excuses, type Program } from './world.js';

const WRITE_TYPES: readonly WriteType[] = ['MUST_CACHE', 'CACHE_THROUGH', 'THROUGH', 'ASYNC_THROUGH'];
const BLOCK_SIZES = [1000, 4096, 65_536, 1 << 20];
const NAMES = ['a', 'b', 'c', 'd'];
const MAX_DEPTH = 3;
/** No disturbance is as long. */
const SETTLED_MS = 600_000;
const AGAIN_MS = 1000;
/** Stands for the content of a file that was never completed. */
const INCOMPLETE = Buffer.alloc(0);

/** One operation: on the model, on the cluster, and where it may leave its traces when it ends without an answer. */
interface Operation {
  readonly what: string;
  readonly model: (model: NamespaceModel) => void;
  readonly run: (fs: FileSystem) => Promise<void>;
  /** `each`: path by path, before or after; `whole`: everything or nothing. */
  readonly partly: 'each' | 'whole';
  /** What is to be gone. */
  readonly removes?: string;
  /** Of a rename: the new name, which the store knows before the namespace does. */
  readonly from?: string;
  readonly to?: string;
  /** Where an unfinished file may be left, or none. */
  readonly writes?: string;
}

interface Seen {
  readonly directory: boolean;
  readonly length: number;
  readonly completed: boolean;
  readonly mode: number;
  readonly pinned: boolean;
  readonly ttlMs: number;
}

export class OwnSubtree {
  readonly root: string;
  readonly program: Program;
  readonly #excuses: Excuses;
  readonly #random: SeededRandom;
  #model = new NamespaceModel();
  /** How and when each content was written. */
  readonly #written = new Map<Buffer, { readonly writeType: WriteType; readonly atMs: number }>();
  /**
   * Contents that an operation without an answer was to remove. The store loses a file before the namespace does, so that a crash
   * in between leaves a name whose bytes are gone.
   */
  readonly #doomed = new Set<Buffer>();
  #contents = 0;

  constructor(program: Program, excuses: Excuses) {
    this.program = program;
    this.root = `/${program.name}`;
    this.#excuses = excuses;
    this.#random = program.random.fork();
  }

  async prepare(): Promise<void> {
    await this.program.ask('prepare', (fs) => fs.createDirectory(this.root, { allowExists: true, writeType: 'MUST_CACHE' }));
    this.#model.createDirectory(this.root);
  }

  /** One operation, checked. */
  async step(): Promise<void> {
    const draw = this.#random.below(100);
    if (draw < 34) return this.#change(this.#create());
    if (draw < 44) return this.#change(this.#makeDirectory());
    if (draw < 56) return this.#change(this.#rename());
    if (draw < 64) return this.#change(this.#remove());
    if (draw < 71) return this.#change(this.#setAttribute());
    if (draw < 86) return this.#read(this.#somePath(0.9));
    if (draw < 92) return this.#look(this.#somePath(0.7));
    if (draw < 95) return this.#compare();
    return draw < 98 ? this.#free(this.#somePath(0.9)) : this.#persist(this.#somePath(0.9));
  }

  /** Everything is there as it was acknowledged. */
  async finalCheck(): Promise<void> {
    await this.#compare();
    for (const [path, entry] of this.#model.below(this.root)) if (entry.kind === 'file') await this.#read(path);
    await this.#persisted();
  }

  /** Waits until what is to reach the store has, and holds the bytes there against the model. */
  async #persisted(): Promise<void> {
    const { clock, store } = this.program.cluster;
    const untilMs = clock.monotonicMs() + 6 * 3_600_000;
    const stored = new Map<string, Buffer>();
    for (const [path, entry] of this.#model.below(this.root)) {
      if (entry.kind === 'directory' || entry.bytes === INCOMPLETE) continue;
      for (;;) {
        const { persistenceState } = (await this.program.ask(`final status ${path}`, (fs) => fs.status(path)))!;
        if (persistenceState === 'PERSISTED') stored.set(path, entry.bytes);
        if (persistenceState !== 'TO_BE_PERSISTED' || this.#mayBeLost(entry)) break;
        if (clock.monotonicMs() > untilMs) violated(`${path} is never persisted`);
        await sleep(clock, 5000);
      }
    }
    const files = store.files();
    for (const [path, bytes] of stored) {
      const found = files.get(path.slice(1));
      if (found === undefined && this.#doomed.has(bytes)) continue;
      if (found === undefined) violated(`${path} is PERSISTED but not in the store`);
      if (!found.equals(bytes)) violated(`${path}: the store has ${found.length} bytes that are not the ${bytes.length} that were written`);
    }
    for (const path of files.keys()) {
      if (!`/${path}`.startsWith(`${this.root}/`) || stored.has(`/${path}`)) continue;
      // Brought there by an attempt to persist it that was not journaled, before the cache lost it.
      const entry = this.#model.get(`/${path}`);
      if (entry?.kind === 'file' && this.#mayBeLost(entry) && entry.bytes.equals(files.get(path)!)) continue;
      violated(
        `the store has /${path}, which ${this.#model.get(`/${path}`) === undefined ? 'is not in the namespace' : 'is not PERSISTED'}`,
      );
    }
  }

  /** Runs a change on both sides. */
  async #change(operation: Operation): Promise<void> {
    const before = this.#model;
    const after = before.copy();
    let expected: ErrorKind | undefined;
    try {
      operation.model(after);
    } catch (error) {
      expected = kindOf(error);
    }
    const outcome = await this.program.attempt(operation.what, operation.run, expected);
    if ('value' in outcome) {
      if (expected !== undefined) violated(`${operation.what} succeeds; ${expected} expected`);
      this.#model = after;
    } else if (outcome.kind !== expected) {
      await this.program.quiet();
      await this.#adopt(operation, before, expected === undefined ? after : before);
    }
  }

  /** The model becomes what is there, if that is one of the ways in which the operation may have ended. */
  async #adopt(operation: Operation, before: NamespaceModel, after: NamespaceModel): Promise<void> {
    if (operation.partly === 'whole') {
      this.#model = await this.#eitherOf(operation, before, after);
      return;
    }
    const seen = await this.#list();
    const model = before.copy();
    for (const path of new Set([...before.below(this.root).keys(), ...after.below(this.root).keys(), ...seen.keys()])) {
      const at = seen.get(path);
      const old = before.get(path);
      const candidates = [old, after.get(path)];
      // A file that was to be replaced may be gone, or there without its content.
      if (path === operation.writes) {
        const { mode, pinned, ttlMs } = after.get(path) ?? { mode: 0o644, pinned: false, ttlMs: -1 };
        candidates.push({ kind: 'file', bytes: INCOMPLETE, mode, pinned, ttlMs });
        if (old === undefined || after.get(path) !== old) candidates.push(undefined);
      }
      const matching = candidates.filter((candidate, i) => candidates.indexOf(candidate) === i && whyNot(candidate, at) === undefined);
      if (matching.length === 0) violated(`${operation.what} left ${path} as neither before nor after: ${JSON.stringify(at)}`);
      if (old?.kind === 'file' && after.get(path) !== old) this.#doomed.add(old.bytes);
      model.force(path, matching.length === 1 ? matching[0] : await this.#byContent(path, matching));
    }
    this.#model = model;
    // What was half done in the store is set right by doing it again.
    await this.#adoptDirectories();
    const { writes, removes } = operation;
    await sleep(this.program.cluster.clock, AGAIN_MS);
    if (writes !== undefined && this.#isLeftOver(model.get(writes))) await this.#change(this.#removal(writes, false));
    if (removes !== undefined && model.get(removes) !== undefined && after.get(removes) === undefined) await this.#change(operation);
  }

  /** Directories come to the store before the namespace: those that it has already are asked for again. */
  async #adoptDirectories(): Promise<void> {
    const { store } = this.program.cluster;
    for (const path of store.directories().map((at) => `/${at}`)) {
      if (!path.startsWith(`${this.root}/`) || this.#model.get(path) !== undefined) continue;
      const mode = store.entries.get(path.slice(1))?.mode ?? 0;
      await this.#change({
        what: `mkdir ${path} again`,
        partly: 'each',
        model: (model) => model.createDirectory(path, { allowExists: true, mode }),
        run: (fs) => fs.createDirectory(path, { allowExists: true, mode, writeType: 'CACHE_THROUGH' }),
      });
    }
  }

  /** Never completed, or meant to be replaced. */
  #isLeftOver(entry: ModelEntry | undefined): boolean {
    return entry?.kind === 'file' && (isIncomplete(entry) || this.#doomed.has(entry.bytes));
  }

  /** All or nothing, in the namespace and in the store; what the store has not answered yet is settled by the master later. */
  async #eitherOf({ what, from = '', to = '' }: Operation, before: NamespaceModel, after: NamespaceModel): Promise<NamespaceModel> {
    const { clock, store } = this.program.cluster;
    const untilMs = clock.monotonicMs() + SETTLED_MS;
    for (;;) {
      const seen = await this.#list();
      const found = [before, after].find((model) => this.#difference(model, seen) === undefined);
      const parted = found === before && before !== after && store.entries.has(to.slice(1)) && !store.entries.has(from.slice(1));
      if (found !== undefined && !parted) return found;
      if (clock.monotonicMs() > untilMs) {
        const how = parted ? 'the store has it under the new name' : `${this.#difference(before, seen)}; ${this.#difference(after, seen)}`;
        violated(`${what} ended half done: ${how}`);
      }
      await sleep(clock, 1000);
    }
  }

  async #byContent(path: string, candidates: readonly (ModelEntry | undefined)[]): Promise<ModelEntry | undefined> {
    const files = candidates.filter((candidate): candidate is ModelFile => candidate?.kind === 'file');
    if (files.length !== candidates.length || files.some((file) => this.#mayBeLost(file))) return candidates.at(-1);
    const bytes = (await this.program.ask(`read ${path} to know it`, (fs) => bytesOf(fs, path)))!;
    const found = files.find((file) => file.bytes.equals(bytes));
    return found ?? violated(`${path} has ${bytes.length} bytes that nobody wrote there`);
  }

  async #compare(): Promise<void> {
    const difference = this.#difference(this.#model, await this.#list());
    if (difference !== undefined) violated(`listing of ${this.root}: ${difference}`);
  }

  async #list(): Promise<Map<string, Seen>> {
    const all = await this.program.ask('list', async (fs) => {
      const out = new Map<string, Seen>();
      for await (const status of fs.list(this.root, { recursive: true })) out.set(status.path, seenOf(status));
      return out;
    });
    return all!;
  }

  #difference(model: NamespaceModel, seen: ReadonlyMap<string, Seen>): string | undefined {
    const below = model.below(this.root);
    for (const path of new Set([...below.keys(), ...seen.keys()])) {
      const why = whyNot(below.get(path), seen.get(path));
      if (why !== undefined) return `${path}: ${why}`;
    }
    return undefined;
  }

  async #read(path: string): Promise<void> {
    const entry = this.#model.get(path);
    if (entry !== undefined && isIncomplete(entry)) return;
    const expected = this.#expected((model) => model.read(path));
    const outcome = await this.program
      .attempt(`read ${path}`, (fs) => bytesOf(fs, path), expected)
      .catch((error: unknown) => {
        if (entry?.kind === 'file' && this.#mayBeLost(entry)) return { kind: 'unavailable' as const, message: String(error) };
        throw error;
      });
    if (!('value' in outcome)) return;
    if (expected !== undefined) violated(`read ${path} succeeds; ${expected} expected`);
    const { bytes } = entry as ModelFile;
    if (!outcome.value.equals(bytes)) violated(`${path}: ${outcome.value.length} bytes read are not the ${bytes.length} that were written`);
  }

  async #look(path: string): Promise<void> {
    const expected = this.#expected((model) => model.status(path));
    const outcome = await this.program.attempt(`status ${path}`, (fs) => fs.status(path), expected);
    if (!('value' in outcome)) return;
    const why = whyNot(this.#model.get(path), seenOf(outcome.value));
    if (why !== undefined) violated(`status ${path}: ${why}`);
  }

  /** Nothing changes but the cache. */
  async #free(path: string): Promise<void> {
    const expected = this.#expected((model) => model.status(path));
    const outcome = await this.program.attempt(`free ${path}`, (fs) => fs.free(path, { recursive: true }), expected ?? 'unknown');
    if ('value' in outcome && expected !== undefined) violated(`free ${path} succeeds; ${expected} expected`);
  }

  async #persist(path: string): Promise<void> {
    const entry = this.#model.get(path);
    if (entry?.kind !== 'file' || isIncomplete(entry)) return;
    await this.program.attempt(`persist ${path}`, (fs) => fs.persist(path));
  }

  #expected(action: (model: NamespaceModel) => unknown): ErrorKind | undefined {
    try {
      action(this.#model);
      return undefined;
    } catch (error) {
      return kindOf(error);
    }
  }

  /** It was in a cache only, and a machine with a cache lost power since; or it was to be removed. */
  #mayBeLost({ bytes }: ModelFile): boolean {
    if (this.#doomed.has(bytes)) return true;
    const written = this.#written.get(bytes);
    if (written === undefined || written.writeType === 'THROUGH' || written.writeType === 'CACHE_THROUGH') return false;
    return this.#excuses.lastWorkerCrashMs >= written.atMs;
  }

  #create(): Operation {
    const path = this.#somePath(0.25);
    const random = this.#random;
    const overwrite = random.chance(0.3);
    const recursive = random.chance(0.4);
    const mode = random.pick([0o644, 0o600, 0o640]);
    const writeType = random.pick(WRITE_TYPES);
    const blockSize = random.pick(BLOCK_SIZES);
    const length = random.chance(0.1)
      ? 0
      : random.below(random.pick([100, blockSize * 3 + 1, 20_000].map((size) => Math.min(size, 1_500_000))));
    const bytes = this.#content(length);
    this.#written.set(bytes, { writeType, atMs: this.program.cluster.clock.monotonicMs() });
    const pieces = 1 + random.below(3);
    return {
      what: `create ${path} ${length} bytes ${writeType} block ${blockSize}${overwrite ? ' overwrite' : ''}${recursive ? ' recursive' : ''}`,
      partly: 'each',
      writes: path,
      model: (model) => model.create(path, bytes, { overwrite, recursive, mode }),
      run: async (fs) => {
        const file = await fs.create(path, { writeType, overwrite, recursive, mode, blockSizeBytes: BigInt(blockSize) });
        for (let i = 0; i < pieces; i++)
          await file.write(bytes.subarray(Math.floor((length * i) / pieces), Math.floor((length * (i + 1)) / pieces)));
        await file.close();
      },
    };
  }

  #makeDirectory(): Operation {
    const path = this.#somePath(0.2);
    const recursive = this.#random.chance(0.5);
    const allowExists = this.#random.chance(0.3);
    const mode = this.#random.pick([0o755, 0o700]);
    const writeType = this.#random.pick(WRITE_TYPES);
    return {
      what: `mkdir ${path} ${writeType}${recursive ? ' recursive' : ''}${allowExists ? ' allowExists' : ''}`,
      partly: 'each',
      model: (model) => model.createDirectory(path, { recursive, allowExists, mode }),
      run: (fs) => createDirectory(this.program.cluster, fs, path, { recursive, allowExists, mode, writeType }),
    };
  }

  #rename(): Operation {
    const from = this.#somePath(0.9);
    const to = this.#somePath(0.2);
    return {
      what: `rename ${from} ${to}`,
      partly: 'whole',
      from,
      to,
      model: (model) => model.rename(from, to),
      run: (fs) => fs.rename(from, to),
    };
  }

  #remove(): Operation {
    return this.#removal(this.#somePath(0.9), this.#random.chance(0.6));
  }

  #removal(path: string, recursive: boolean): Operation {
    return {
      what: `remove ${path}${recursive ? ' recursive' : ''}`,
      partly: 'each',
      removes: path,
      model: (model) => model.remove(path, { recursive }),
      run: (fs) => fs.remove(path, { recursive }),
    };
  }

  #setAttribute(): Operation {
    const path = this.#somePath(0.9);
    const recursive = this.#random.chance(0.3);
    const change: Attributes = this.#random.pick<Attributes>([
      { mode: 0o600 },
      { mode: 0o755 },
      { pinned: true },
      { pinned: false },
      { ttlMs: 10 ** 12 },
    ]);
    return {
      what: `set ${path} ${JSON.stringify(change)}${recursive ? ' recursive' : ''}`,
      partly: 'each',
      model: (model) => model.setAttribute(path, change, { recursive }),
      run: (fs) => {
        const { mode, pinned, ttlMs } = change;
        return fs.setAttribute(path, {
          recursive,
          ...(mode === undefined ? {} : { mode }),
          ...(pinned === undefined ? {} : { pinned }),
          ...(ttlMs === undefined ? {} : { ttlMs: BigInt(ttlMs) }),
        });
      },
    };
  }

  /** A path of something that exists, with this probability, or any path. */
  #somePath(existing: number): string {
    const below = [...this.#model.below(this.root).keys()];
    if (below.length > 0 && this.#random.chance(existing)) return this.#random.pick(below);
    // Most new names in directories that exist.
    const directories = [this.root, ...below.filter((path) => this.#model.get(path)?.kind === 'directory')];
    if (this.#random.chance(0.7)) {
      const parent = this.#random.pick(directories);
      if (parent.split('/').length - 2 < MAX_DEPTH) return `${parent}/${this.#random.pick(NAMES)}`;
    }
    return this.root + Array.from({ length: 1 + this.#random.below(MAX_DEPTH) }, () => `/${this.#random.pick(NAMES)}`).join('');
  }

  /** Bytes that are nobody else's. */
  #content(length: number): Buffer {
    const out = Buffer.alloc(length);
    let x = (this.#random.uint32() ^ ++this.#contents) >>> 0;
    for (let i = 0; i < length; i++) {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      out[i] = x >>> 24;
    }
    return out;
  }
}

function isIncomplete(entry: ModelEntry | undefined): boolean {
  return entry?.kind === 'file' && entry.bytes === INCOMPLETE;
}

function seenOf(status: FileStatus): Seen {
  const { folder, lengthBytes, completed, mode, pinned, ttlMs } = status;
  return { directory: folder, length: Number(lengthBytes), completed, mode, pinned, ttlMs: Number(ttlMs) };
}

/** Undefined when what was seen is what is expected. */
function whyNot(entry: ModelEntry | undefined, seen: Seen | undefined): string | undefined {
  if (entry === undefined || seen === undefined)
    return (entry === undefined) === (seen === undefined) ? undefined : entry === undefined ? 'is there, and should not be' : 'is missing';
  if (seen.directory !== (entry.kind === 'directory')) return `is a ${seen.directory ? 'directory' : 'file'}`;
  if (entry.kind === 'file') {
    const incomplete = isIncomplete(entry);
    if (seen.completed === incomplete) return seen.completed ? 'is completed' : 'is incomplete';
    if (!incomplete && seen.length !== entry.bytes.length) return `has ${seen.length} bytes; ${entry.bytes.length} expected`;
  }
  if (seen.mode !== entry.mode) return `has mode ${seen.mode.toString(8)}; ${entry.mode.toString(8)} expected`;
  if (seen.pinned !== entry.pinned) return `is ${seen.pinned ? '' : 'not '}pinned`;
  return seen.ttlMs === entry.ttlMs ? undefined : `has TTL ${seen.ttlMs}; ${entry.ttlMs} expected`;
}

export async function bytesOf(fs: FileSystem, path: string): Promise<Buffer> {
  const file = await fs.open(path);
  try {
    const parts: Uint8Array[] = [];
    for await (const part of file.chunks()) parts.push(Buffer.from(part));
    return Buffer.concat(parts);
  } finally {
    await file.close();
  }
}
