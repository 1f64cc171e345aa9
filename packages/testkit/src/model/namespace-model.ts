// What a namespace is, as simply as it can be said: the cluster is compared with this, operation by operation.
import { fail } from '@alluvium/base';

export interface ModelDirectory {
  readonly kind: 'directory';
  readonly mode: number;
  readonly pinned: boolean;
  readonly ttlMs: number;
}

export interface ModelFile {
  readonly kind: 'file';
  readonly bytes: Buffer;
  readonly mode: number;
  readonly pinned: boolean;
  readonly ttlMs: number;
}

export type ModelEntry = ModelDirectory | ModelFile;

export interface Attributes {
  readonly mode?: number;
  readonly pinned?: boolean;
  readonly ttlMs?: number;
}

const ROOT: ModelDirectory = { kind: 'directory', mode: 0o755, pinned: false, ttlMs: -1 };

/**
 * Paths and what is there. Every operation either happens as a whole or throws an AlluviumError of the kind that the cluster has
 * to answer, with nothing changed. The user may do everything.
 */
export class NamespaceModel {
  readonly #entries: Map<string, ModelEntry>;

  constructor(entries: Iterable<readonly [string, ModelEntry]> = []) {
    this.#entries = new Map([['/', ROOT], ...entries]);
  }

  copy(): NamespaceModel {
    return new NamespaceModel(this.#entries);
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

  create(path: string, bytes: Buffer, { overwrite = false, recursive = false, mode = 0o644 } = {}): void {
    this.#requireTraversable(path);
    const old = this.#entries.get(path);
    if (old !== undefined && (!overwrite || old.kind === 'directory')) throw fail('alreadyExists', path);
    this.#makeParents(path, recursive);
    const { pinned } = this.#entries.get(parentOf(path))!;
    this.#entries.set(path, { kind: 'file', bytes, mode, pinned, ttlMs: -1 });
  }

  createDirectory(path: string, { recursive = false, allowExists = false, mode = 0o755 } = {}): void {
    this.#requireTraversable(path);
    const old = this.#entries.get(path);
    if (old !== undefined && !allowExists) throw fail('alreadyExists', path);
    if (old?.kind === 'file') throw fail('internal', `${path} is a file`);
    if (old !== undefined) return;
    this.#makeParents(path, recursive);
    const { pinned } = this.#entries.get(parentOf(path))!;
    this.#entries.set(path, { kind: 'directory', mode, pinned, ttlMs: -1 });
  }

  rename(from: string, to: string): void {
    this.#requireTraversable(from);
    this.#requireTraversable(to);
    this.status(from);
    if (from === to) return;
    if (to.startsWith(`${from}/`)) throw fail('invalidArgument', `${to} is below ${from}`);
    if (!this.#entries.has(parentOf(to))) throw fail('notFound', parentOf(to));
    if (this.#entries.has(to)) throw fail('alreadyExists', to);
    for (const [at, entry] of [[from, this.#entries.get(from)!] as const, ...this.below(from)]) {
      this.#entries.delete(at);
      this.#entries.set(to + at.slice(from.length), entry);
    }
  }

  remove(path: string, { recursive = false } = {}): void {
    this.status(path);
    const below = this.below(path);
    if (below.size > 0 && !recursive) throw fail('failedPrecondition', `${path} is not empty`);
    for (const at of [...below.keys(), path]) this.#entries.delete(at);
  }

  setAttribute(path: string, change: Attributes, { recursive = false } = {}): void {
    this.status(path);
    // Pinning a directory pins what is in it.
    const all = recursive || change.pinned !== undefined;
    for (const at of [path, ...(all ? this.below(path).keys() : [])]) this.#entries.set(at, { ...this.#entries.get(at)!, ...change });
  }

  status(path: string): ModelEntry {
    const entry = this.#entries.get(path);
    if (entry !== undefined) return entry;
    this.#requireTraversable(path);
    throw fail('notFound', path);
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

  #makeParents(path: string, recursive: boolean): void {
    const parent = parentOf(path);
    if (this.#entries.has(parent)) return;
    if (!recursive) throw fail('notFound', parent);
    this.#makeParents(parent, true);
    const { pinned } = this.#entries.get(parentOf(parent))!;
    this.#entries.set(parent, { kind: 'directory', mode: 0o755, pinned, ttlMs: -1 });
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
