// One block on its way from an under store into the cache, shared by everybody who reads it meanwhile. It runs ahead of
// the foremost reader by a bounded distance, ends when nobody wants it, and is committed when it is whole.
//
//   running --whole, master told--> cached
//      |----the file ended early--> short       (readers get what there is)
//      |----no room, not committed--> givenUp   (readers go on without the cache)
//      |----the store failed------> failed      (readers get the error)
import { fail, kindOf, messageOf } from '@alluvium/base';
import type { Disk, DiskFile, Logger } from '@alluvium/platform';
import type { BlockCommits } from '../write/commit-block.js';
import type { TempBlock } from '../store/temp-block.js';
import type { Mounts } from './mounts.js';
import { ufsReadError, type UfsBlock } from './ufs-block.js';

export type FetchOutcome = { readonly kind: 'cached' | 'short' | 'givenUp' } | { readonly kind: 'failed'; readonly error: Error };

export interface FetchDependencies {
  readonly disk: Disk;
  readonly log: Logger;
  readonly mounts: Mounts;
  readonly commits: BlockCommits;
  /** Bytes taken from an under store, for the counters. */
  readonly onBytes: (storeUri: string, bytes: number) => void;
}

/** How far the fetch runs ahead of its foremost reader. */
const READ_AHEAD_BYTES = 8 << 20;

/** Readers wait for the commit; a master that is away must not hold them long. */
const COMMIT_TIMEOUT_MS = 5000;

/** One reader's place in a fetch. */
export interface FetchReader {
  readonly file: DiskFile;
  /** How many bytes of the block are there, once more than `position` are or the fetch is over. Throws the fetch's error. */
  available(position: number): Promise<{ bytes: number; outcome: FetchOutcome | undefined }>;
  /** Resolves when the fetch is over; a cached block is then known to the master. */
  readonly done: Promise<FetchOutcome>;
  leave(): void;
}

export class BlockFetch {
  readonly block: UfsBlock;
  /** Resolves when the fetch is over and everything it held is released. */
  readonly done: Promise<FetchOutcome>;
  readonly #d: FetchDependencies;
  readonly #abort = new AbortController();
  readonly #beginner = {};
  readonly #positions = new Map<object, number>([[this.#beginner, 0]]);
  #file: Promise<DiskFile> | undefined;
  #written = 0;
  #outcome: FetchOutcome | undefined;
  #wake: () => void = () => undefined;
  #changed: Promise<void>;

  /** Takes over `temp`. Its beginner counts as a reader until it calls `begun`. */
  constructor(block: UfsBlock, temp: TempBlock, dependencies: FetchDependencies) {
    this.block = block;
    this.#d = dependencies;
    this.#changed = new Promise((resolve) => (this.#wake = resolve));
    this.#file = dependencies.disk.open(temp.path, 'read');
    this.#file.catch(() => undefined);
    this.done = this.#run(temp);
  }

  begun(): void {
    this.#leave(this.#beginner);
  }

  /** Whether a reader at `position` is better served here than by the store. */
  reaches(position: number): boolean {
    return this.#outcome === undefined && !this.#abort.signal.aborted && position <= this.#written + READ_AHEAD_BYTES;
  }

  async join(position: number): Promise<FetchReader> {
    const key = {};
    this.#positions.set(key, position);
    const file = this.#file;
    try {
      if (file === undefined) throw new Error('joined after its end');
      return { file: await file, available: (from) => this.#available(key, from), done: this.done, leave: () => this.#leave(key) };
    } catch (error) {
      this.#leave(key);
      throw kindOf(error) === 'notFound' ? await this.#whyGone(error) : error;
    }
  }

  /** The file goes with a fetch that ends before it could be opened: what counts is how that ended. */
  async #whyGone(error: unknown): Promise<unknown> {
    const outcome = await this.done;
    if (outcome.kind === 'failed') return outcome.error;
    return fail('unavailable', `Cannot join the fetch of block ${this.block.id}: it is over`, error);
  }

  /** Stays for the whole block without reading it. */
  async load(): Promise<FetchOutcome> {
    const key = {};
    this.#positions.set(key, this.block.length);
    try {
      this.#notify();
      return await this.done;
    } finally {
      this.#leave(key);
    }
  }

  async #available(key: object, position: number): Promise<{ bytes: number; outcome: FetchOutcome | undefined }> {
    this.#positions.set(key, position);
    this.#notify();
    while (this.#written <= position && this.#outcome === undefined) await this.#changed;
    if (this.#outcome?.kind === 'failed' && this.#written <= position) throw this.#outcome.error;
    return { bytes: this.#written, outcome: this.#outcome };
  }

  #leave(key: object): void {
    if (!this.#positions.delete(key) || this.#positions.size > 0) return;
    if (this.#outcome === undefined && this.#written < this.block.length) this.#abort.abort();
    this.#notify();
    if (this.#outcome !== undefined) this.#closeFile();
  }

  #closeFile(): void {
    const file = this.#file;
    this.#file = undefined;
    file?.then((open) => open.close()).catch(() => undefined);
  }

  #notify(): void {
    const wake = this.#wake;
    this.#changed = new Promise((resolve) => (this.#wake = resolve));
    wake();
  }

  async #run(temp: TempBlock): Promise<FetchOutcome> {
    let outcome: FetchOutcome;
    try {
      outcome = await this.#copy(temp);
    } catch (error) {
      outcome = { kind: 'failed', error: ufsReadError(this.block, this.#written, error) };
    }
    if (outcome.kind === 'cached') {
      try {
        await this.#d.commits.commit(temp, COMMIT_TIMEOUT_MS);
      } catch (error) {
        this.#d.log.warn('fetched block not committed', { block: this.block.id.toString(), reason: messageOf(error) });
        outcome = { kind: 'givenUp' };
      }
    } else {
      await temp.abort();
    }
    this.#outcome = outcome;
    this.#notify();
    if (this.#positions.size === 0) this.#closeFile();
    return outcome;
  }

  async #copy(temp: TempBlock): Promise<FetchOutcome> {
    const { block } = this;
    const signal = this.#abort.signal;
    using lease = await this.#d.mounts.lease(block.mount);
    const path = lease.relative(block.ufsPath);
    const status = await lease.store.status(path, { signal });
    if (status === undefined || status.directory) throw fail('notFound', `${block.ufsPath} (No such file or directory)`);
    const length = Math.min(block.length, Math.max(0, status.length - block.offsetInFile));
    const version = status.contentHash === undefined ? {} : { ifMatch: status.contentHash };
    if (length > 0) {
      for await (const part of lease.store.read(path, { offset: block.offsetInFile, length, signal, ...version })) {
        this.#d.onBytes(lease.store.uri, part.length);
        if (!(await this.#store(temp, part))) return { kind: 'givenUp' };
        this.#written += part.length;
        this.#notify();
        while (this.#written - this.#foremost() >= READ_AHEAD_BYTES && !signal.aborted) await this.#changed;
        if (signal.aborted) return { kind: 'givenUp' };
      }
    }
    return { kind: this.#written === block.length ? 'cached' : 'short' };
  }

  #foremost(): number {
    let foremost = 0;
    for (const position of this.#positions.values()) foremost = Math.max(foremost, position);
    return foremost;
  }

  /** False when the cache cannot take it: no room, or its disk fails. The reading goes on without it. */
  async #store(temp: TempBlock, part: Uint8Array): Promise<boolean> {
    try {
      await temp.write([part]);
      return true;
    } catch (error) {
      this.#d.log.debug('caching given up', { block: this.block.id.toString(), reason: messageOf(error) });
      return false;
    }
  }
}
