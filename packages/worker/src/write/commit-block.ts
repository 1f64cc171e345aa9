// The last step of every way a block comes into being: the file becomes a block of the store, then the master knows it, and
// only then the client is answered. A block that the master was not told of does not stay.
import type { BlockStore } from '../store/block-store.js';
import type { Block } from '../store/block.js';
import type { TempBlock } from '../store/temp-block.js';

export interface BlockAnnouncer {
  /** Tells the master of a new block; resolves when it knows. Tries again while the master is away, for `timeoutMs`. */
  commitBlock(block: Block, timeoutMs: number): Promise<void>;
}

/** How long a writer waits for a master that restarts or changes. */
const WRITER_TIMEOUT_MS = 60_000;

export class BlockCommits {
  readonly #store: BlockStore;
  readonly #master: BlockAnnouncer;

  constructor(store: BlockStore, master: BlockAnnouncer) {
    this.#store = store;
    this.#master = master;
  }

  commit(temp: TempBlock, timeoutMs = WRITER_TIMEOUT_MS): Promise<Block> {
    return this.#announce(temp.commit(), timeoutMs);
  }

  /** Of a block that a short-circuit client wrote. */
  commitForeign(temp: TempBlock): Promise<Block> {
    return this.#announce(temp.commitForeign(), WRITER_TIMEOUT_MS);
  }

  /** Of pages that are all here: `committing` makes them a block of the store, held once. */
  commitPages(committing: Promise<Block>, timeoutMs: number): Promise<Block> {
    return this.#announce(committing, timeoutMs);
  }

  /** The block stays held meanwhile, so that it is no victim before the master has heard of it. */
  async #announce(committing: Promise<Block>, timeoutMs: number): Promise<Block> {
    const block = await committing;
    try {
      await this.#master.commitBlock(block, timeoutMs);
      block.announced = true;
      return block;
    } catch (error) {
      this.#store.dropDamaged(block);
      throw error;
    } finally {
      this.#store.release(block);
    }
  }
}
