// What is used of the native module of @nxtedition/rocksdb, which has no types of its own: its functions without the classes above
// them, which know no synchronous read or write. Loaded only when it is asked for.
import { fail, messageOf } from '@alluvium/base';

declare const handle: unique symbol;
export type DatabaseHandle = { readonly [handle]: 'database' };
export type BatchHandle = { readonly [handle]: 'batch' };
export type IteratorHandle = { readonly [handle]: 'iterator' };

export interface OpenOptions {
  readonly createIfMissing: boolean;
  readonly errorIfExists: boolean;
  /** Threads that flush and compact. */
  readonly parallelism: number;
  /** Four memtables are a quarter of this each; six at the most are there while they wait to be written. */
  readonly memtableMemoryBudget: number;
  readonly compaction: 'level' | 'universal';
  /** Of the bottom of the tree, with a dictionary. */
  readonly compression: boolean;
  readonly walCompression: boolean;
  /** Bytes of blocks, and of indexes and filters when they are to be in it. */
  readonly cacheSize: number;
  readonly cacheIndexAndFilterBlocks: boolean;
  readonly optimize: 'point-lookup' | '';
  /** Bytes before compression. */
  readonly blockSize: number;
}

/** Keys from `gte` up to, without, `lt`. Encodings have no default. */
export interface RangeOptions {
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
  readonly limit?: number;
  readonly fillCache?: boolean;
  readonly asyncIO?: boolean;
  readonly keyEncoding: 'buffer';
  readonly valueEncoding: 'buffer';
}

/** Keys and values in turn. */
export interface Rows {
  readonly rows: readonly Buffer[];
  readonly finished: boolean;
}

type Callback = (error: Error | null) => void;

/**
 * Everything throws what RocksDB says. Nothing but `db_close` may be called on a database that is being closed, nor anything on an
 * iterator that is: the process would crash.
 */
export interface RocksBinding {
  db_init(path: string): DatabaseHandle;
  db_open(database: DatabaseHandle, options: OpenOptions, done: Callback): void;
  db_close(database: DatabaseHandle, done: Callback): void;
  /** The values, undefined where there is none. */
  db_get_many_sync(database: DatabaseHandle, keys: readonly Uint8Array[], options: object): (Buffer | null | undefined)[];
  db_query(database: DatabaseHandle, options: RangeOptions): Rows;
  db_clear(database: DatabaseHandle, range: Pick<RangeOptions, 'gte' | 'lt'>): void;
  db_get_property(database: DatabaseHandle, name: string): string;
  batch_init(): BatchHandle;
  batch_put(batch: BatchHandle, key: Uint8Array, value: Uint8Array, options: object): void;
  batch_del(batch: BatchHandle, key: Uint8Array, options: object): void;
  batch_write(database: DatabaseHandle, batch: BatchHandle, options: object): void;
  batch_clear(batch: BatchHandle): void;
  /** Shows the moment at which it was made. */
  iterator_init(database: DatabaseHandle, options: RangeOptions): IteratorHandle;
  iterator_nextv_sync(iterator: IteratorHandle, count: number): Rows;
  iterator_close(iterator: IteratorHandle): void;
}

const PACKAGE = '@nxtedition/rocksdb';

/** Throws `failedPrecondition` with what to do where the library is missing or does not run on this machine. */
export async function loadRocks(library: string = PACKAGE): Promise<RocksBinding> {
  try {
    return ((await import(`${library}/binding.js`)) as { default: RocksBinding }).default;
  } catch (error) {
    const remedy = `install it (npm install ${PACKAGE}@12) or set alluxio.master.metastore=HEAP`;
    throw fail('failedPrecondition', `Cannot use RocksDB: ${library} cannot be loaded here (${firstLine(error)}); ${remedy}`, error);
  }
}

function firstLine(error: unknown): string {
  return messageOf(error).split('\n', 1)[0]!;
}
