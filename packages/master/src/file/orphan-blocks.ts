import { fileIdOfBlock, messageOf, type BlockId } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { Pace } from '../task/pace.js';
import type { FileContext } from './context.js';

/** What journaled blocks can be gone through with. */
interface Blocks {
  snapshot(): Iterator<JournalEntry>;
}

/**
 * Removes the metadata of blocks whose file is gone, once after a start: the blocks of a very large file are removed in journal
 * operations of their own, and a crash may have come between.
 */
export class OrphanBlocks {
  readonly #c: FileContext;
  readonly #blocks: Blocks;
  readonly #stop = new AbortController();
  /** Resolves when it has ended. */
  ended: Promise<void> = Promise.resolve();

  constructor(c: FileContext, blocks: Blocks) {
    this.#c = c;
    this.#blocks = blocks;
  }

  start(): void {
    this.ended = this.#run().catch((error: unknown) => {
      this.#c.log.warn('blocks without a file are not removed before the next start', { reason: messageOf(error) });
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }

  async #run(): Promise<void> {
    const pace = new Pace(this.#c.clock);
    const entries = this.#blocks.snapshot();
    let found: BlockId[] = [];
    let removed = 0;
    try {
      for (let next = entries.next(); next.done !== true && !this.#stop.signal.aborted; next = entries.next()) {
        const id = next.value.blockInfo?.blockId as BlockId | undefined;
        if (id !== undefined && this.#isOrphan(id)) found.push(id);
        if (!pace.spent()) continue;
        removed += await this.#remove(found);
        found = [];
        await pace.rest();
      }
      removed += await this.#remove(found);
    } finally {
      entries.return?.();
    }
    if (removed > 0) this.#c.log.info('blocks without a file removed', { count: removed });
  }

  #isOrphan(id: BlockId): boolean {
    return this.#c.tree.get(fileIdOfBlock(id)) === undefined && this.#c.blocks.length(id) !== undefined;
  }

  async #remove(ids: readonly BlockId[]): Promise<number> {
    if (ids.length === 0) return 0;
    await this.#c.committer.commit(ids.map((blockId) => ({ deleteBlock: { blockId } })));
    this.#c.blocks.free(ids);
    return ids.length;
  }
}
