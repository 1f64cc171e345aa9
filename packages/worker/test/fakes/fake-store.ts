import { fail } from '@alluvium/base';
import type { Capabilities, CreateOptions, ReadOptions, UfsStatus, UfsWriter, UnderStore, UnderStoreFactory } from '@alluvium/ufs';

/** An under store of files in memory, which counts what it is asked and fails on demand. */
export class FakeStore implements UnderStore {
  readonly uri = 'mem://bucket';
  readonly capabilities: Capabilities = {
    type: 'mem',
    objectStore: true,
    rename: 'copy',
    permissions: false,
    conditionalCreate: true,
    directories: 'marker',
  };
  readonly files = new Map<string, Buffer>();
  readonly created = new Map<string, CreateOptions>();
  readonly reads: { path: string; offset: number; length: number }[] = [];
  /** Content hashes that are not made of the length. */
  readonly hashes = new Map<string, string>();
  /** Bytes that reads have given. */
  bytesRead = 0;
  looks = 0;
  /** Bodies end after so many bytes, without an error. */
  truncate: number | undefined;
  aborted = 0;
  closed = 0;
  /** Called before each part of a read. */
  beforePart: (() => Promise<void> | void) | undefined;
  /** Called when a writer has taken bytes. */
  afterWrite: (() => void) | undefined;
  readonly partBytes: number;

  constructor(partBytes = 100_000) {
    this.partBytes = partBytes;
  }

  async status(path: string): Promise<UfsStatus | undefined> {
    this.looks++;
    const bytes = this.files.get(path);
    if (bytes === undefined) return undefined;
    return {
      name: path,
      directory: false,
      length: bytes.length,
      modifiedMs: 0,
      owner: '',
      group: '',
      mode: 0o644,
      contentHash: this.#hash(path, bytes),
    };
  }

  #hash(path: string, bytes: Buffer): string {
    return this.hashes.get(path) ?? `hash-${bytes.length}`;
  }

  async *list(): AsyncIterable<UfsStatus> {}

  async *read(path: string, { offset, length, signal, ifMatch }: ReadOptions): AsyncIterable<Uint8Array> {
    this.reads.push({ path, offset, length });
    const bytes = this.files.get(path);
    if (bytes === undefined) throw fail('notFound', `${path} (No such file or directory)`);
    if (ifMatch !== undefined && ifMatch !== this.#hash(path, bytes)) throw fail('aborted', `${path} was changed meanwhile`);
    const end = Math.min(bytes.length, offset + Math.min(length, this.truncate ?? length));
    for (let at = offset; at < end; at += this.partBytes) {
      await this.beforePart?.();
      signal?.throwIfAborted();
      const part = Buffer.from(bytes.subarray(at, Math.min(end, at + this.partBytes)));
      this.bytesRead += part.length;
      yield part;
    }
  }

  async create(path: string, options: CreateOptions = {}): Promise<UfsWriter> {
    const parts: Buffer[] = [];
    this.created.set(path, options);
    return {
      write: async (given) => {
        for (const part of given) parts.push(Buffer.from(part));
        this.afterWrite?.();
      },
      commit: async () => {
        const bytes = Buffer.concat(parts);
        this.files.set(path, bytes);
        return { length: bytes.length, contentHash: `hash-${bytes.length}` };
      },
      abort: async () => {
        this.aborted++;
      },
    };
  }

  async makeDirectory(): Promise<void> {}
  async removeFile(path: string): Promise<boolean> {
    return this.files.delete(path);
  }
  async removeDirectory(): Promise<boolean> {
    return false;
  }
  async rename(): Promise<void> {}
  async setOwner(): Promise<void> {}
  async setMode(): Promise<void> {}
  async space(): Promise<undefined> {
    return undefined;
  }
  async close(): Promise<void> {
    this.closed++;
  }
}

export function factoryOf(store: FakeStore): UnderStoreFactory {
  return { open: () => store };
}
