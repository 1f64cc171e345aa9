// One RocksDB, used synchronously by the one thread that owns the namespace. Everything native goes through here, so that nothing
// of it is touched once it is closed, and one error of the disk ends its use for good.
import { AlluviumError, fail, messageOf } from '@alluvium/base';
import type { BatchHandle, DatabaseHandle, IteratorHandle, OpenOptions, RangeOptions, RocksBinding } from './binding.js';

/** Keys from `first` up to, without, `end`. */
export interface KeyRange {
  readonly first: Uint8Array;
  readonly end: Uint8Array;
}

const MIB = 1 << 20;

/**
 * What RocksDB may take of the memory, besides a few MiB for what it is doing: 256 MiB of blocks, indexes and filters, and 96 MiB
 * of memtables (six of 16 MiB); a snapshot keeps the memtables of its moment, 96 MiB at the most, until it ends.
 */
const OPTIONS: OpenOptions = {
  createIfMissing: true,
  errorIfExists: true,
  parallelism: 2,
  memtableMemoryBudget: 64 * MIB,
  compaction: 'level',
  compression: false,
  // The log of RocksDB serves nobody here: a start begins with an empty database.
  walCompression: false,
  cacheSize: 256 * MIB,
  cacheIndexAndFilterBlocks: true,
  optimize: 'point-lookup',
  blockSize: 8192,
};

const VALUES = { valueEncoding: 'buffer' } as const;
const ROWS = { keyEncoding: 'buffer', valueEncoding: 'buffer', asyncIO: false } as const;
const NONE = {};

export class RocksDatabase {
  /** Resolves when the database cannot be relied on any more: a read or a write has failed. */
  readonly failed: Promise<Error>;
  readonly #binding: RocksBinding;
  readonly #handle: DatabaseHandle;
  readonly #batch: BatchHandle;
  readonly #scans = new Set<Scan>();
  readonly #fail: (error: Error) => void;
  /** Why nothing is answered any more. */
  #refusal: AlluviumError | undefined;
  #closing: Promise<void> | undefined;

  private constructor(binding: RocksBinding, handle: DatabaseHandle) {
    this.#binding = binding;
    this.#handle = handle;
    this.#batch = binding.batch_init();
    const failed = Promise.withResolvers<Error>();
    this.failed = failed.promise;
    this.#fail = failed.resolve;
  }

  /** Makes a database in a directory that has none, and whose parent is there. */
  static async create(binding: RocksBinding, directory: string): Promise<RocksDatabase> {
    const handle = binding.db_init(directory);
    const opened = Promise.withResolvers<void>();
    binding.db_open(handle, OPTIONS, (error) => (error === null ? opened.resolve() : opened.reject(error)));
    try {
      await opened.promise;
    } catch (error) {
      throw fail('unavailable', `Cannot open the metastore "${directory}": ${messageOf(error)}`, error);
    }
    return new RocksDatabase(binding, handle);
  }

  /** Throws unless the database can be used. */
  requireOpen(): void {
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  get(key: Uint8Array): Buffer | undefined {
    this.requireOpen();
    try {
      const [value] = this.#binding.db_get_many_sync(this.#handle, [key], VALUES);
      if (value === null) throw new Error('a read was given up');
      return value;
    } catch (error) {
      throw this.#break('read', error);
    }
  }

  /** Adds to what {@link write} writes. */
  put(key: Uint8Array, value: Uint8Array): void {
    this.#binding.batch_put(this.#batch, key, value, NONE);
  }

  delete(key: Uint8Array): void {
    this.#binding.batch_del(this.#batch, key, NONE);
  }

  /** Writes what was put and deleted since the last time, all of it or nothing. */
  write(): void {
    this.requireOpen();
    try {
      this.#binding.batch_write(this.#handle, this.#batch, NONE);
      this.#binding.batch_clear(this.#batch);
    } catch (error) {
      throw this.#break('written', error);
    }
  }

  /** Keys and values in turn: the first rows of a range. */
  rows(range: KeyRange, limit: number): readonly Buffer[] {
    this.requireOpen();
    try {
      return this.#binding.db_query(this.#handle, { ...rangeOptions(range), limit, fillCache: true }).rows;
    } catch (error) {
      throw this.#break('read', error);
    }
  }

  /** All rows of a range at this moment. */
  scan(range: KeyRange): Scan {
    this.requireOpen();
    let iterator: IteratorHandle;
    try {
      iterator = this.#binding.iterator_init(this.#handle, rangeOptions(range));
    } catch (error) {
      throw this.#break('read', error);
    }
    const scan: Scan = new Scan(range, {
      read: (count) => {
        this.requireOpen();
        try {
          return this.#binding.iterator_nextv_sync(iterator, count);
        } catch (error) {
          throw this.#break('read', error);
        }
      },
      close: () => {
        this.#scans.delete(scan);
        this.#binding.iterator_close(iterator);
      },
    });
    this.#scans.add(scan);
    return scan;
  }

  /** Removes everything of a range; scans fail. */
  clear(range: KeyRange): void {
    this.requireOpen();
    for (const scan of [...this.#scans]) if (scan.overlaps(range)) scan.abort('The store was cleared under a snapshot');
    try {
      this.#binding.db_clear(this.#handle, { gte: range.first, lt: range.end });
    } catch (error) {
      throw this.#break('written', error);
    }
  }

  /** A figure of RocksDB, such as `rocksdb.cur-size-all-mem-tables`. */
  property(name: string): string {
    this.requireOpen();
    return this.#binding.db_get_property(this.#handle, name);
  }

  /** Whoever still reads is told `aborted` at the next step. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #close(): Promise<void> {
    this.#refusal = fail('aborted', 'The metastore was closed');
    for (const scan of [...this.#scans]) scan.abort(this.#refusal.message);
    this.#binding.batch_clear(this.#batch);
    const closed = Promise.withResolvers<void>();
    // What it says no longer matters: nothing of the database is used again.
    this.#binding.db_close(this.#handle, () => closed.resolve());
    return closed.promise;
  }

  #break(what: string, error: unknown): AlluviumError {
    if (error instanceof AlluviumError) return error;
    const remedy = 'it is made anew from checkpoint and journal when the master starts again';
    this.#refusal = fail('unavailable', `The metastore cannot be ${what}: ${messageOf(error)}; ${remedy}`, error);
    this.#fail(this.#refusal);
    return this.#refusal;
  }
}

function rangeOptions({ first, end }: KeyRange): RangeOptions {
  return { ...ROWS, gte: first, lt: end };
}

interface NativeScan {
  read(count: number): { readonly rows: readonly Buffer[]; readonly finished: boolean };
  close(): void;
}

const ROWS_AT_ONCE = 256;

/** Rows of a range as they were at one moment. Holds on to what RocksDB had then until it is at its end or closed. */
export class Scan {
  readonly #range: KeyRange;
  /** Undefined once it is at its end. */
  #native: NativeScan | undefined;
  #aborted: string | undefined;
  #rows: readonly Buffer[] = [];
  #at = 0;
  /** Nothing comes after `#rows`. */
  #finished = false;

  constructor(range: KeyRange, native: NativeScan) {
    this.#range = range;
    this.#native = native;
  }

  overlaps({ first, end }: KeyRange): boolean {
    return Buffer.compare(this.#range.first, end) < 0 && Buffer.compare(first, this.#range.end) < 0;
  }

  /** The key and value; undefined at the end. Throws `aborted` when the store was cleared or closed before that. */
  next(): readonly [key: Buffer, value: Buffer] | undefined {
    if (this.#aborted !== undefined) throw fail('aborted', this.#aborted);
    while (this.#at === this.#rows.length) {
      if (this.#finished) this.#release();
      if (this.#native === undefined) return undefined;
      const { rows, finished } = this.#native.read(ROWS_AT_ONCE);
      this.#rows = rows;
      this.#at = 0;
      this.#finished = finished;
    }
    const key = this.#rows[this.#at]!;
    const value = this.#rows[this.#at + 1]!;
    this.#at += 2;
    return [key, value];
  }

  close(): void {
    this.#rows = [];
    this.#at = 0;
    this.#release();
  }

  abort(reason: string): void {
    this.#aborted = reason;
    this.close();
  }

  #release(): void {
    const native = this.#native;
    this.#native = undefined;
    native?.close();
  }
}
