import type { BlockId } from '@alluvium/base';
import type { BlockStore } from '../block-store.js';
import { allOf, BLOCKS, idOf } from './keys.js';
import { NumberTable } from './number-table.js';
import type { RocksDatabase } from './rocks-database.js';
import { writeWindow } from './write-window.js';

/** Block lengths in RocksDB, and `cacheSize` of them in memory. */
export class RocksBlockStore implements BlockStore {
  readonly #database: RocksDatabase;
  readonly #lengths: NumberTable;
  readonly #window: number;
  #size = 0;

  constructor(database: RocksDatabase, cacheSize: number) {
    this.#database = database;
    this.#lengths = new NumberTable(database, BLOCKS, cacheSize);
    this.#window = writeWindow(cacheSize);
  }

  get size(): number {
    return this.#size;
  }

  length(id: BlockId): number | undefined {
    this.#database.requireOpen();
    return this.#lengths.get(id);
  }

  put(id: BlockId, length: number): void {
    if (this.length(id) === undefined) this.#size++;
    this.#lengths.set(id, length);
    if (this.#lengths.waiting > this.#window) this.#write();
  }

  remove(id: BlockId): void {
    if (this.length(id) === undefined) return;
    this.#size--;
    this.#lengths.delete(id);
    if (this.#lengths.waiting > this.#window) this.#write();
  }

  snapshot(): Iterator<[BlockId, number]> {
    this.#write();
    const scan = this.#database.scan(allOf(BLOCKS));
    return {
      next(): IteratorResult<[BlockId, number]> {
        const row = scan.next();
        return row === undefined
          ? { done: true, value: undefined }
          : { done: false, value: [idOf(row[0]) as BlockId, row[1].readDoubleBE(0)] };
      },
      return(): IteratorResult<[BlockId, number]> {
        scan.close();
        return { done: true, value: undefined };
      },
    };
  }

  clear(): void {
    this.#lengths.forget();
    this.#size = 0;
    this.#database.clear(allOf(BLOCKS));
  }

  #write(): void {
    this.#lengths.putChanges();
    this.#database.write();
  }
}
