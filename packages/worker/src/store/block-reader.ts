import type { DiskFile } from '@alluvium/platform';
import type { Block } from './block.js';

/** A block whose file stays where it is while it is read. `close` exactly once; more is harmless. */
export class BlockReader {
  readonly block: Block;
  readonly file: DiskFile;
  readonly #release: () => void;
  #closed = false;

  constructor(block: Block, file: DiskFile, release: () => void) {
    this.block = block;
    this.file = file;
    this.#release = release;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
  }
}
