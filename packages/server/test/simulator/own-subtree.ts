// One program at work in a directory that nobody else touches, so that every outcome is known beforehand: each operation is held
// against the model. When the cluster does not say whether one happened, it is looked at what is there.
import { kindOf, sleep, type ErrorKind } from '@alluvium/base';
import type { FileSystem, WriteType } from '@alluvium/client';
import { fileMethods } from '@alluvium/client/master/services.js';
import { NamespaceModel, SIM_USER, type ModelFile, type SeededRandom, type SimStore } from '@alluvium/testkit';
import { common } from '@alluvium/wire';
import { INCOMPLETE, entryFrom, seenOf, whyNot, type Seen } from './model-view.js';
import { SubtreeOperations, type Operation } from './subtree-operations.js';
import { violated, type Excuses, type Program } from './world.js';

const PERSISTED_WITHIN_MS = 6 * 3_600_000;

/** Where a subtree is kept. */
export interface Place {
  readonly root: string;
  readonly store: SimStore;
  /** Of the root, in the store. */
  readonly at: string;
  /** Of the store, where the root is a mount point. */
  readonly uri?: string;
}

export class OwnSubtree {
  readonly place: Place;
  readonly program: Program;
  readonly operations: SubtreeOperations;
  readonly #excuses: Excuses;
  readonly #random: SeededRandom;
  #model = new NamespaceModel(SIM_USER);
  /** How and when each content was written. */
  readonly #written = new Map<Buffer, { readonly writeType: WriteType; readonly atMs: number }>();

  constructor(program: Program, excuses: Excuses, place: Place) {
    this.program = program;
    this.place = place;
    this.#excuses = excuses;
    this.#random = program.random.fork();
    this.operations = new SubtreeOperations(
      place.root,
      this.#random,
      () => this.#model,
      ({ bytes, writeType }) => this.#written.set(bytes, { writeType, atMs: program.cluster.clock.monotonicMs() }),
    );
  }

  get root(): string {
    return this.place.root;
  }

  get model(): NamespaceModel {
    return this.#model;
  }

  /** The root stands: it was made or mounted. */
  prepare(): void {
    this.#model.createDirectory(this.root, { recursive: true });
  }

  /** One operation, checked. */
  async step(): Promise<void> {
    const draw = this.#random.below(100);
    if (draw < 66) return this.change(this.operations.draw());
    if (draw < 80) return this.#read(this.#somePath(0.9));
    if (draw < 88) return this.#look(this.#somePath(0.7));
    if (draw < 92) return this.compare();
    if (draw < 94) return this.#checkAccess(this.#somePath(0.7));
    return draw < 97 ? this.#free(this.#somePath(0.9)) : this.#persist(this.#somePath(0.9));
  }

  /** Everything is there as it was acknowledged. */
  async finalCheck(): Promise<void> {
    await this.compare();
    for (const [path, entry] of this.#model.below(this.root)) if (entry.kind === 'file') await this.#read(path);
    await this.#stored();
  }

  /** Waits until what is to reach the store has; answers what is PERSISTED. */
  async persisted(): Promise<Set<string>> {
    const { clock } = this.program.cluster;
    const untilMs = clock.monotonicMs() + PERSISTED_WITHIN_MS;
    for (;;) {
      const seen = await this.list();
      const waiting = [...seen].find(([path, { persistence }]) => persistence === 'TO_BE_PERSISTED' && this.#mustPersist(path));
      if (waiting === undefined)
        return new Set([...seen].filter(([, { persistence }]) => persistence === 'PERSISTED').map(([path]) => path));
      if (clock.monotonicMs() > untilMs) violated(`${waiting[0]} is never persisted`);
      await sleep(clock, 5000);
    }
  }

  /** After the cluster has forgotten what is at or below `path`: `kept` is loaded again, with the content it had and the store's attributes. */
  async reloaded(kept: ReadonlySet<string>, path: string): Promise<void> {
    const seen = await this.list('ALWAYS');
    const within = (at: string): boolean => at !== this.root && (at === path || at.startsWith(`${path}/`));
    const model = this.#model.copy();
    for (const at of this.#model.below(this.root).keys()) if (within(at)) model.force(at, undefined);
    // What might be lost may as well have reached the store meanwhile.
    const late = [...this.#model.below(this.root)].filter(([, entry]) => entry.kind === 'file' && this.#mayBeLost(entry)).map(([at]) => at);
    const reached = [...seen.keys()].filter((at) => late.some((file) => file === at || file.startsWith(`${at}/`)));
    for (const at of new Set([...kept, ...reached])) {
      const entry = this.#model.get(at);
      if (entry === undefined || !within(at)) continue;
      const loaded = seen.get(at);
      if (loaded === undefined) violated(`${at} was PERSISTED, and is not loaded again`);
      if (loaded.directory !== (entry.kind === 'directory')) violated(`${at} is loaded as a ${loaded.directory ? 'directory' : 'file'}`);
      model.force(at, entryFrom(loaded, entry.kind === 'file' ? entry.bytes : undefined));
    }
    this.#model = model;
    const difference = this.#difference(model, seen);
    if (difference !== undefined) violated(`${path} was forgotten and is loaded again: ${difference}`);
  }

  /** Where the store has it. */
  storePath(path: string): string {
    const below = path.slice(this.root.length + 1);
    return this.place.at === '' ? below : `${this.place.at}/${below}`;
  }

  /** What somebody else has put into the store. */
  found(path: string, bytes: Buffer, seen: Seen): void {
    this.#written.set(bytes, { writeType: 'THROUGH', atMs: 0 });
    this.#model.force(path, entryFrom(seen, seen.directory ? undefined : bytes));
  }

  /** What a job has made; `bytes` undefined: a directory. */
  copied(path: string, seen: Seen, bytes: Buffer | undefined, writeType: WriteType, atMs: number): void {
    if (bytes !== undefined) this.#written.set(bytes, { writeType, atMs });
    this.#model.force(path, entryFrom(seen, bytes));
  }

  gone(path: string): void {
    this.#model.force(path, undefined);
  }

  async compare(): Promise<void> {
    const difference = this.#difference(this.#model, await this.list());
    if (difference !== undefined) violated(`listing of ${this.root}: ${difference}`);
  }

  /** Runs a change on both sides. */
  async change(operation: Operation): Promise<void> {
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
      await this.#repeat(operation, before, expected === undefined ? after : before);
    }
  }

  async list(loadMetadata: 'ONCE' | 'ALWAYS' = 'ONCE'): Promise<Map<string, Seen>> {
    const all = await this.program.ask(`list ${this.root}`, async (fs) => {
      const out = new Map<string, Seen>();
      for await (const status of fs.list(this.root, { recursive: true, loadMetadata })) out.set(status.path, seenOf(status));
      return out;
    });
    return all!;
  }

  /** The bytes in the store against the model, and nothing else there. */
  async #stored(): Promise<void> {
    const stored = new Set(await this.persisted());
    const { store, at: root } = this.place;
    for (const path of stored) {
      const at = this.storePath(path);
      const entry = this.#model.get(path);
      if (entry === undefined) continue;
      if (entry.kind === 'directory') {
        if (!store.isDirectory(at)) violated(`${path} is PERSISTED, and no directory in the store`);
        continue;
      }
      const found = store.entries.get(at);
      if (found === undefined) violated(`${path} is PERSISTED but not in the store`);
      if (!found.bytes.equals(entry.bytes))
        violated(`${path}: the store has ${found.bytes.length} bytes that are not the ${entry.bytes.length} that were written`);
    }
    for (const at of store.below(root)) {
      const path = `${this.root}/${at.slice(root === '' ? 0 : root.length + 1)}`;
      if (stored.has(path) || path.includes('/.alluxio_ufs_persistence')) continue;
      const entry = this.#model.get(path);
      // Brought there by an attempt to persist it that was not journaled, before the cache lost it.
      if (entry?.kind === 'file' && this.#mayBeLost(entry) && entry.bytes.equals(store.entries.get(at)!.bytes)) continue;
      violated(`the store has ${path}, which is ${entry === undefined ? 'not in the namespace' : 'not PERSISTED'}`);
    }
  }

  #mustPersist(path: string): boolean {
    const entry = this.#model.get(path);
    return entry?.kind === 'file' && !this.#mayBeLost(entry);
  }

  /**
   * What is there must be one of the ways in which the operation may have been cut off. It may still go on by itself; asked for
   * again until there is an answer, it is done.
   */
  async #repeat(operation: Operation, before: NamespaceModel, after: NamespaceModel): Promise<void> {
    const seen = await this.list();
    const found = (model: NamespaceModel): boolean => this.#difference(model, seen) === undefined;
    if (operation.partly === 'each') this.#checkParts(operation, before, after, seen);
    else if (!found(before) && !found(after))
      violated(`${operation.what} is half done: ${this.#difference(before, seen)}; ${this.#difference(after, seen)}`);
    if (before !== after) await this.program.ask(`${operation.what} again`, operation.again, operation.hadHappened);
    this.#model = after;
  }

  #checkParts({ what, writes }: Operation, before: NamespaceModel, after: NamespaceModel, seen: ReadonlyMap<string, Seen>): void {
    for (const path of new Set([...before.below(this.root).keys(), ...after.below(this.root).keys(), ...seen.keys()])) {
      const at = seen.get(path);
      const candidates = [before.get(path), after.get(path)];
      // A file that was to be replaced may be gone, or there without its content.
      if (path === writes && before !== after) {
        const made = after.get(path);
        if (made?.kind === 'file') candidates.push({ ...made, bytes: INCOMPLETE });
        candidates.push(undefined);
      }
      const why = candidates.map((candidate) => whyNot(candidate, at));
      if (!why.includes(undefined)) violated(`${what} left ${path} as neither before nor after: ${why.join('; ')}`);
    }
  }

  #difference(model: NamespaceModel, seen: ReadonlyMap<string, Seen>): string | undefined {
    const below = model.below(this.root);
    for (const path of new Set([...below.keys(), ...seen.keys()])) {
      const why = whyNot(below.get(path), seen.get(path));
      if (why !== undefined) return `${path}: ${why}`;
    }
    return undefined;
  }

  /** Compares the content of a file with the model. */
  read(path: string): Promise<void> {
    return this.#read(path);
  }

  async #read(path: string): Promise<void> {
    const entry = this.#model.get(path);
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
    const exists = await this.program.attempt(`exists ${path}`, (fs) => fs.exists(path));
    if ('value' in exists && !exists.value) violated(`${path} has a status and does not exist`);
  }

  async #checkAccess(path: string): Promise<void> {
    const expected = this.#expected((model) => model.target(path));
    const request = { path, options: { bits: common.Bits.READ_EXECUTE } };
    const outcome = await this.program.attempt(`access ${path}`, (_, master) => master.unary(fileMethods.checkAccess, request), expected);
    if ('value' in outcome && expected !== undefined) violated(`checkAccess ${path} succeeds; ${expected} expected`);
  }

  /** Nothing changes but the cache. */
  async #free(path: string): Promise<void> {
    const expected = this.#expected((model) => model.target(path));
    const outcome = await this.program.attempt(`free ${path}`, (fs) => fs.free(path, { recursive: true }), expected ?? 'unknown');
    if ('value' in outcome && expected !== undefined) violated(`free ${path} succeeds; ${expected} expected`);
  }

  async #persist(path: string): Promise<void> {
    const entry = this.#model.get(path);
    if (entry?.kind !== 'file') return;
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

  /** It was in a cache only, and a machine with a cache lost power since, or its disk failed, or it had to go. */
  #mayBeLost({ bytes }: ModelFile): boolean {
    const written = this.#written.get(bytes);
    if (written === undefined || written.writeType === 'THROUGH' || written.writeType === 'CACHE_THROUGH') return false;
    return this.#excuses.lastCacheLossMs >= written.atMs || (written.writeType === 'MUST_CACHE' && this.#excuses.evicts);
  }

  #somePath(existing: number): string {
    return this.operations.somePath(existing);
  }
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
