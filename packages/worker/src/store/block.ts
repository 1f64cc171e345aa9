import type { BlockId } from '@alluvium/base';
import type { DiskFile } from '@alluvium/platform';
import type { Pages } from './pages.js';
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

/**
 * A committed block.
 *
 *   live --remove, evict, damaged--> leaving --last reader gone, files removed--> gone
 */
export class Block {
  readonly id: BlockId;
  readonly length: number;
  /** Grows with every block that this store commits, so that two copies of one id can be told apart. */
  readonly generation: bigint;
  readonly committedMs: number;
  /** Where its file is; another one after a move, while those who read go on with the file they opened. */
  directory: StorageDirectory;
  /** Pinned by its writer until the master's pin list or the file's state says otherwise. */
  pinned: boolean;
  /** The master knows of the block; before that it is in no report. */
  announced: boolean;
  /** Readers and others who need the file to stay; a held block is never a victim, and its removal waits. */
  holds = 0;
  /** The file, open while somebody reads. */
  file: Promise<DiskFile> | undefined;
  leaving: Leaving | undefined;
  readonly #sums: Uint32Array;
  readonly #checked: Uint8Array;

  constructor(directory: StorageDirectory, made: NewBlock) {
    this.id = made.id;
    this.length = made.length;
    this.generation = made.generation;
    this.committedMs = made.committedMs;
    this.directory = directory;
    this.pinned = made.pinned;
    this.announced = made.announced;
    this.#sums = made.pages.sums;
    this.#checked = new Uint8Array(made.pages.present.length);
  }

  get pageCount(): number {
    return this.#sums.length;
  }

  /** CRC-32C of the page; undefined past the last one. */
  sumOf(page: number): number | undefined {
    return this.#sums[page];
  }

  /** Whether the page was found whole since this process started. */
  isChecked(page: number): boolean {
    return (this.#checked[page >> 3]! & (1 << (page & 7))) !== 0;
  }

  markChecked(page: number): void {
    this.#checked[page >> 3]! |= 1 << (page & 7);
  }
}

export interface Leaving {
  readonly gone: Promise<void>;
  /** Called when the last hold ends. */
  readonly unheld: () => void;
}
