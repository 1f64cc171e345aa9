import type {
  AbandonedOptions,
  CreateOptions,
  DirectoryOptions,
  ListOptions,
  ReadOptions,
  UfsCallOptions,
  UfsStatus,
  UfsWriter,
  UnderStore,
  Capabilities,
} from '../under-store.js';

/** Passes everything on. Layers override what they add to. */
export class WrappedStore implements UnderStore {
  protected readonly inner: UnderStore;

  constructor(inner: UnderStore) {
    this.inner = inner;
  }

  get uri(): string {
    return this.inner.uri;
  }

  get capabilities(): Capabilities {
    return this.inner.capabilities;
  }

  /** Every call that answers once passes here; `verb` names it, `path` is what it is about. Layers override this. */
  protected call<T>(_verb: Verb, run: () => Promise<T>, _path: string): Promise<T> {
    return run();
  }

  status(path: string, options?: UfsCallOptions): Promise<UfsStatus | undefined> {
    return this.call('status', () => this.inner.status(path, options), path);
  }

  list(path: string, options?: ListOptions): AsyncIterable<UfsStatus> {
    return this.inner.list(path, options);
  }

  read(path: string, options: ReadOptions): AsyncIterable<Uint8Array> {
    return this.inner.read(path, options);
  }

  create(path: string, options?: CreateOptions): Promise<UfsWriter> {
    return this.call('create', () => this.inner.create(path, options), path);
  }

  makeDirectory(path: string, options?: DirectoryOptions): Promise<void> {
    return this.call('makeDirectory', () => this.inner.makeDirectory(path, options), path);
  }

  removeFile(path: string, options?: UfsCallOptions): Promise<boolean> {
    return this.call('removeFile', () => this.inner.removeFile(path, options), path);
  }

  removeDirectory(path: string, options: { recursive: boolean } & UfsCallOptions): Promise<boolean> {
    return this.call('removeDirectory', () => this.inner.removeDirectory(path, options), path);
  }

  rename(from: string, to: string, options?: { overwrite?: boolean } & UfsCallOptions): Promise<void> {
    return this.call('rename', () => this.inner.rename(from, to, options), from);
  }

  setOwner(path: string, owner: string | undefined, group: string | undefined): Promise<void> {
    return this.call('setOwner', () => this.inner.setOwner(path, owner, group), path);
  }

  setMode(path: string, mode: number): Promise<void> {
    return this.call('setMode', () => this.inner.setMode(path, mode), path);
  }

  space(): Promise<{ capacityBytes: number; usedBytes: number } | undefined> {
    return this.call('space', () => this.inner.space(), '');
  }

  removeAbandoned(options: AbandonedOptions): Promise<number> {
    return this.call('removeAbandoned', async () => (await this.inner.removeAbandoned?.(options)) ?? 0, '');
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

export type Verb =
  | 'status'
  | 'list'
  | 'read'
  | 'create'
  | 'write'
  | 'commit'
  | 'makeDirectory'
  | 'removeFile'
  | 'removeDirectory'
  | 'rename'
  | 'setOwner'
  | 'setMode'
  | 'space'
  | 'removeAbandoned';

/** Calls that may be repeated though the first try might have taken effect: the outcome is the same. */
export const REPEATABLE: ReadonlySet<Verb> = new Set<Verb>([
  'status',
  'list',
  'read',
  'makeDirectory',
  'setOwner',
  'setMode',
  'space',
  'removeAbandoned',
]);
