import type { DiskFile } from '@alluvium/platform';
import type { Block } from './block.js';

/** A block whose file stays where it is while it is read. `close` exactly once; more is harmless. */
export class BlockReader {
  readonly block: Block;
  readonly file: DiskFile;
  readonly #release: () => void;
  readonly #suspect: (error: unknown) => Promise<void>;
  #closed = false;

  constructor(block: Block, file: DiskFile, release: () => void, suspect: (error: unknown) => Promise<void>) {
    this.block = block;
    this.file = file;
    this.#release = release;
    this.#suspect = suspect;
  }

  /** The disk has failed a call on the file. Resolves when it is known whether the whole directory fails; then the block is leaving. */
  failed(error: unknown): Promise<void> {
    return this.#suspect(error);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
  }
}
