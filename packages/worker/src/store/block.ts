import type { BlockId } from '@alluvium/base';
import { ANNOUNCED, LARGE_PAGES, PINNED, SLOT_MASK, type BlockTable } from './block-table.js';
import type { Leaving } from './claim.js';
import { allPages, LARGE_PAGE_BYTES, PAGE_BYTES, pageCountOf, type Pages } from './pages.js';
import type { StorageDirectory } from './storage-directory.js';

/** What a new block is made of. */
export interface NewBlock {
  readonly id: BlockId;
  readonly length: number;
  readonly generation: bigint;
  readonly pages: Pages;
  readonly pinned: boolean;
  readonly announced: boolean;
  readonly committedMs: number;
}

const GONE: Leaving = { gone: Promise.resolve(), unheld: () => undefined };

/**
 * A committed block, or what was one: a view of the table, made anew for everybody who asks, so two of one block are not the same object;
 * equal generations tell that they are of one block.
 *
 *   live --remove, evict, damaged--> leaving --last reader gone, files removed--> gone
 */
export class Block {
  readonly id: BlockId;
  readonly length: number;
  /** Grows with every block that this store commits, so that two copies of one id can be told apart. */
  readonly generation: bigint;
  /** Its place in `BlockStore.blocks`, the same as long as it lives. */
  readonly slot: number;
  readonly #table: BlockTable;
  readonly #directories: readonly StorageDirectory[];
  readonly #stamp: number;
  #directory: StorageDirectory;

  constructor(table: BlockTable, directories: readonly StorageDirectory[], slot: number) {
    const chunk = table.chunk(slot);
    const at = slot & SLOT_MASK;
    this.id = chunk.ids[at]! as BlockId;
    this.length = chunk.lengths[at]!;
    this.generation = chunk.generations[at]!;
    this.slot = slot;
    this.#table = table;
    this.#directories = directories;
    this.#stamp = chunk.stamps[at]!;
    this.#directory = directories[chunk.directories[at]!]!;
  }

  /** Whether the store still knows it, be it in service or leaving. */
  get isKnown(): boolean {
    return this.#table.stampOf(this.slot) === this.#stamp;
  }

  /** Where its file is; another one after a move, while those who read go on with the file they opened. */
  get directory(): StorageDirectory {
    if (this.isKnown) this.#directory = this.#directories[this.#table.directoryOf(this.slot)]!;
    return this.#directory;
  }

  /** On the monotonic clock, to the second. */
  get committedMs(): number {
    return this.#table.chunk(this.slot).committedSeconds[this.slot & SLOT_MASK]! * 1000;
  }

  /** Pinned by its writer until the master's pin list or the file's state says otherwise. */
  get pinned(): boolean {
    return this.isKnown && this.#table.has(this.slot, PINNED);
  }

  set pinned(pinned: boolean) {
    if (this.isKnown) this.#table.set(this.slot, PINNED, pinned);
  }

  /** The master knows of the block; before that it is in no report. */
  get announced(): boolean {
    return this.isKnown && this.#table.has(this.slot, ANNOUNCED);
  }

  set announced(announced: boolean) {
    if (this.isKnown) this.#table.set(this.slot, ANNOUNCED, announced);
  }

  /** Readers and others who need the file to stay; a held block is never a victim, and its removal waits. */
  get holds(): number {
    return this.isKnown ? (this.#table.claims.get(this.slot)?.holds ?? 0) : 0;
  }

  /** Undefined while the block is in service. */
  get leaving(): Leaving | undefined {
    return this.isKnown ? this.#table.claims.get(this.slot)?.leaving : GONE;
  }

  get pageBytes(): number {
    return this.isKnown && this.#table.has(this.slot, LARGE_PAGES) ? LARGE_PAGE_BYTES : PAGE_BYTES;
  }

  get pageCount(): number {
    return pageCountOf(this.length, this.pageBytes);
  }

  /** CRC-32C of the page; undefined past the last one. */
  sumOf(page: number): number | undefined {
    if (!this.isKnown || page >= this.pageCount) return undefined;
    const chunk = this.#table.chunk(this.slot);
    const at = this.slot & SLOT_MASK;
    return this.pageCount === 1 ? chunk.sums[at] : chunk.pages![at]![page];
  }
}

/** All pages of a whole block, as its sidecar has them. */
export function pagesOf(block: Block): Pages {
  return allPages(
    Uint32Array.from({ length: block.pageCount }, (_, page) => block.sumOf(page)!),
    block.pageBytes,
  );
}
