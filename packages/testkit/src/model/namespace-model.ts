// What a namespace is, as simply as it can be said: the cluster is compared with this, operation by operation.
import { fail } from '@alluvium/base';

export type ModelTtlAction = 'DELETE' | 'FREE' | 'DELETE_ALLUXIO';

export interface ModelAttributes {
  readonly owner: string;
  readonly group: string;
  readonly mode: number;
  readonly pinned: boolean;
  readonly ttlMs: number;
  readonly ttlAction: ModelTtlAction;
  readonly xattr: Readonly<Record<string, string>>;
}

export interface ModelDirectory extends ModelAttributes {
  readonly kind: 'directory';
}

export interface ModelFile extends ModelAttributes {
  readonly kind: 'file';
  readonly bytes: Buffer;
  readonly replicationMin: number;
  readonly replicationMax: number;
}

export type ModelEntry = ModelDirectory | ModelFile;

export type ModelXattrStrategy = 'TRUNCATE' | 'UNION_REPLACE' | 'UNION_PRESERVE' | 'DELETE_KEYS';

/** Only what is present acts. */
export interface ModelChange extends Partial<Omit<ModelAttributes, 'xattr'>> {
  readonly replicationMin?: number;
  readonly replicationMax?: number;
  readonly xattr?: Readonly<Record<string, string>>;
  readonly xattrStrategy?: ModelXattrStrategy;
}

export interface ModelCreation {
  readonly recursive?: boolean;
  readonly mode?: number;
  readonly ttlMs?: number;
  readonly ttlAction?: ModelTtlAction;
  readonly xattr?: Readonly<Record<string, string>>;
  /** Directories that are made on the way get them too, unless told. */
  readonly xattrOfLeafOnly?: boolean;
}

/** Of directories that are made because something below them is. */
const PARENT_MODE = 0o755;

/**
 * Paths and what is there. Every operation either happens as a whole or throws an AlluviumError of the kind that the cluster has
 * to answer, with nothing changed. The user may do everything, and owns what is made.
 */
export class NamespaceModel {
  readonly #entries: Map<string, ModelEntry>;
  readonly #user: string;

  constructor(user: string, entries: Iterable<readonly [string, ModelEntry]> = []) {
    this.#user = user;
    this.#entries = new Map([['/', { kind: 'directory', ...this.#fresh({}) }], ...entries]);
  }

  copy(): NamespaceModel {
    return new NamespaceModel(this.#user, this.#entries);
  }

  get(path: string): ModelEntry | undefined {
    return this.#entries.get(path);
  }

  /** Everything below the directory, by path. */
  below(path: string): Map<string, ModelEntry> {
    const prefix = path === '/' ? '/' : `${path}/`;
    return new Map([...this.#entries].filter(([at]) => at !== '/' && at.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Puts an entry where it was seen; undefined removes it. */
  force(path: string, entry: ModelEntry | undefined): void {
    if (entry === undefined) this.#entries.delete(path);
    else this.#entries.set(path, entry);
  }

  create(
    path: string,
    bytes: Buffer,
    options: ModelCreation & { readonly overwrite?: boolean; readonly replicationMin?: number; readonly replicationMax?: number } = {},
  ): void {
    const { overwrite = false, replicationMin = 0, replicationMax = -1 } = options;
    this.#requireTraversable(path);
    const old = this.#entries.get(path);
    if (old !== undefined && (!overwrite || old.kind === 'directory')) throw fail('alreadyExists', path);
    if (replicationMax >= 0 && replicationMin > replicationMax) throw fail('internal', 'more copies at least than at most');
    const { pinned } = this.#parentFor(path, options);
    // What is pinned has a copy, and what must have copies is pinned.
    const least = pinned ? Math.max(1, replicationMin) : replicationMin;
    const attributes = { ...this.#fresh({ mode: 0o644, ...options }), pinned: least > 0 };
    this.#entries.set(path, { kind: 'file', bytes, ...attributes, replicationMin: least, replicationMax });
  }

  createDirectory(path: string, options: ModelCreation & { readonly allowExists?: boolean } = {}): void {
    this.#requireTraversable(path);
    const old = this.#entries.get(path);
    if (old !== undefined && options.allowExists !== true) throw fail('alreadyExists', path);
    if (old?.kind === 'file') throw fail('internal', `${path} is a file`);
    if (old !== undefined) return;
    const { pinned } = this.#parentFor(path, options);
    this.#entries.set(path, { kind: 'directory', ...this.#fresh(options), pinned });
  }

  rename(from: string, to: string, { overwrite = false } = {}): void {
    this.#requireTraversable(from);
    this.#requireTraversable(to);
    const source = this.status(from);
    if (from === to) return;
    if (to.startsWith(`${from}/`)) throw fail('invalidArgument', `${to} is below ${from}`);
    if (!this.#entries.has(parentOf(to))) throw fail('notFound', parentOf(to));
    const target = this.#entries.get(to);
    if (target !== undefined && !(overwrite && target.kind === 'file' && source.kind === 'file')) throw fail('alreadyExists', to);
    for (const [at, entry] of [[from, source] as const, ...this.below(from)]) {
      this.#entries.delete(at);
      this.#entries.set(to + at.slice(from.length), entry);
    }
  }

  remove(path: string, { recursive = false } = {}): void {
    this.target(path);
    const below = this.below(path);
    if (below.size > 0 && !recursive) throw fail('failedPrecondition', `${path} is not empty`);
    for (const at of [...below.keys(), path]) this.#entries.delete(at);
  }

  setAttribute(path: string, change: ModelChange, { recursive = false } = {}): void {
    this.target(path);
    const { pinned, replicationMin, replicationMax } = change;
    // Pinning a directory pins what is in it, and its number of copies is that of its files.
    const all = recursive || pinned !== undefined || replicationMin !== undefined || replicationMax !== undefined;
    const paths = [path, ...(all ? this.below(path).keys() : [])];
    for (const at of paths) changed(this.#entries.get(at)!, change);
    for (const at of paths) this.#entries.set(at, changed(this.#entries.get(at)!, change));
  }

  /** Who only looks is told that nothing is there, whatever the reason. */
  status(path: string): ModelEntry {
    return this.#entries.get(path) ?? missing(path);
  }

  /** Who wants to work on something is told when a file is in the way. */
  target(path: string): ModelEntry {
    this.#requireTraversable(path);
    return this.#entries.get(path) ?? missing(path);
  }

  /** The paths of the children, or of everything below, or of the file itself; sorted. */
  list(path: string, { recursive = false } = {}): string[] {
    if (this.status(path).kind === 'file') return [path];
    return [...this.below(path).keys()].filter((at) => recursive || parentOf(at) === path);
  }

  read(path: string): Buffer {
    const entry = this.status(path);
    if (entry.kind === 'directory') throw fail('invalidArgument', `${path} is a directory`);
    return entry.bytes;
  }

  #parentFor(path: string, options: ModelCreation): ModelEntry {
    const parent = parentOf(path);
    const found = this.#entries.get(parent);
    if (found !== undefined) return found;
    if (options.recursive !== true) throw fail('notFound', parent);
    const { pinned } = this.#parentFor(parent, options);
    const { ttlMs, ttlAction, xattr, xattrOfLeafOnly } = options;
    const attributes = this.#fresh({
      mode: PARENT_MODE,
      ...(ttlMs === undefined ? {} : { ttlMs }),
      ...(ttlAction === undefined ? {} : { ttlAction }),
      ...(xattr === undefined || xattrOfLeafOnly === true ? {} : { xattr }),
    });
    const made: ModelEntry = { kind: 'directory', ...attributes, pinned };
    this.#entries.set(parent, made);
    return made;
  }

  #fresh({ mode = 0o755, ttlMs = -1, ttlAction = 'FREE', xattr = {} }: ModelCreation): ModelAttributes {
    return { owner: this.#user, group: this.#user, mode, pinned: false, ttlMs, ttlAction, xattr };
  }

  /** No file on the way. */
  #requireTraversable(path: string): void {
    for (let at = parentOf(path); at !== '/'; at = parentOf(at))
      if (this.#entries.get(at)?.kind === 'file') throw fail('invalidArgument', `${at} is a file`);
  }
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function missing(path: string): never {
  throw fail('notFound', path);
}

function changed(entry: ModelEntry, change: ModelChange): ModelEntry {
  const { replicationMin, replicationMax, xattr, xattrStrategy = 'TRUNCATE', ...plain } = change;
  const attributes = xattr === undefined ? plain : { ...plain, xattr: mixed(entry.xattr, xattr, xattrStrategy) };
  if (entry.kind === 'directory') return { ...entry, ...attributes };
  const most = replicationMax ?? entry.replicationMax;
  let least = entry.replicationMin;
  if (plain.pinned !== undefined) least = plain.pinned ? Math.max(1, least) : 0;
  least = replicationMin ?? least;
  const wanted = replicationMin ?? entry.replicationMin;
  if ((replicationMin !== undefined || replicationMax !== undefined) && most >= 0 && wanted > most)
    throw fail('internal', 'more copies at least than at most');
  // The number of copies has the last word.
  const pinned = replicationMin !== undefined || replicationMax !== undefined ? least > 0 : (plain.pinned ?? entry.pinned);
  return { ...entry, ...attributes, pinned, replicationMin: least, replicationMax: most };
}

function mixed(
  old: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
  strategy: ModelXattrStrategy,
): Readonly<Record<string, string>> {
  if (Object.keys(given).length === 0) return old;
  switch (strategy) {
    case 'TRUNCATE':
      return given;
    case 'UNION_REPLACE':
      return { ...old, ...given };
    case 'UNION_PRESERVE':
      return { ...given, ...old };
    case 'DELETE_KEYS':
      return Object.fromEntries(Object.entries(old).filter(([name]) => !(name in given)));
  }
}
