import { fileIdOfBlock, messageOf, sleep, type BlockId } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { FileContext } from '../file/index.js';
import { Pace } from '../task/pace.js';

/** What journaled blocks can be gone through with. */
interface Blocks {
  snapshot(): Iterator<JournalEntry>;
}

/** Where copies are, as workers have told. */
interface Copies {
  /** Every block with copies; survives changes made meanwhile. */
  located(): Iterable<BlockId>;
}

export interface IntegrityOptions {
  /** From one check to the next; none after the start when it is not positive. */
  readonly intervalMs: number;
  /** Whether what is found is removed, not only counted. */
  readonly repair: boolean;
}

/**
 * Looks for metadata of blocks whose file is gone and for copies of blocks that are not known, and removes both. The blocks of a very
 * large file are removed in journal operations of their own, and a crash may have come between; copies stay behind where an order was
 * lost with the master that gave it.
 */
export class BlockIntegrityCheck {
  readonly #c: FileContext;
  readonly #blocks: Blocks;
  readonly #copies: Copies;
  readonly #options: IntegrityOptions;
  readonly #stop = new AbortController();
  #checks = 0;
  /** By the last check that came to its end. */
  #found = { blocks: 0, copies: 0 };
  #removedBlocks = 0;
  #removedCopies = 0;
  /** Resolves when the first check has ended. */
  checked: Promise<void> = Promise.resolve();
  #running: Promise<void> = Promise.resolve();

  constructor(c: FileContext, blocks: Blocks, copies: Copies, options: IntegrityOptions) {
    this.#c = c;
    this.#blocks = blocks;
    this.#copies = copies;
    this.#options = options;
  }

  start(): void {
    this.checked = this.#check();
    this.#running = this.checked.then(() => this.#goOn());
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  gauges(): (readonly [string, number])[] {
    return [
      ['Master.BlockIntegrityChecks', this.#checks],
      ['Master.BlocksWithoutFile', this.#found.blocks],
      ['Master.BlocksWithoutFileRemoved', this.#removedBlocks],
      ['Master.CopiesWithoutBlock', this.#found.copies],
      ['Master.CopiesWithoutBlockRemoved', this.#removedCopies],
    ];
  }

  async #goOn(): Promise<void> {
    const { intervalMs } = this.#options;
    if (intervalMs <= 0) return;
    while (!this.#stop.signal.aborted) {
      await sleep(this.#c.clock, intervalMs, this.#stop.signal).catch(() => undefined);
      if (!this.#stop.signal.aborted) await this.#check();
    }
  }

  async #check(): Promise<void> {
    try {
      const blocks = await this.#checkBlocks();
      const copies = await this.#checkCopies();
      if (this.#stop.signal.aborted) return;
      this.#checks++;
      this.#found = { blocks, copies };
      if (blocks + copies > 0) this.#c.log.info('blocks checked', { withoutFile: blocks, copiesWithoutBlock: copies });
    } catch (error) {
      this.#c.log.warn('blocks without a file are not removed before the next check', { reason: messageOf(error) });
    }
  }

  async #checkBlocks(): Promise<number> {
    const entries = this.#blocks.snapshot();
    try {
      return await this.#sift(
        blockIdsOf(entries),
        (id) => this.#c.tree.get(fileIdOfBlock(id)) === undefined && this.#c.blocks.length(id) !== undefined,
        (ids) => this.#removeBlocks(ids),
      );
    } finally {
      entries.return?.();
    }
  }

  /** Those that were known a moment ago are left to the deletion that is under way: it frees them when it is durable. */
  #checkCopies(): Promise<number> {
    const isUnknown = (id: BlockId): boolean => this.#c.blocks.length(id) === undefined;
    return this.#sift(this.#copies.located(), isUnknown, async (ids) => {
      await this.#c.committer.settled();
      const unknown = ids.filter((id) => isUnknown(id) && this.#c.blocks.locations(id).length > 0);
      this.#c.blocks.free(unknown);
      this.#removedCopies += unknown.length;
    });
  }

  /** How many of them are wrong; those are removed, a slice at a time, if anything is. */
  async #sift(
    ids: Iterable<BlockId>,
    isWrong: (id: BlockId) => boolean,
    remove: (ids: readonly BlockId[]) => Promise<void>,
  ): Promise<number> {
    const pace = new Pace(this.#c.clock);
    let wrong: BlockId[] = [];
    let count = 0;
    const settle = async (): Promise<void> => {
      count += wrong.length;
      if (this.#options.repair && wrong.length > 0) await remove(wrong);
      wrong = [];
    };
    for (const id of ids) {
      if (this.#stop.signal.aborted) return count;
      if (isWrong(id)) wrong.push(id);
      if (!pace.spent()) continue;
      await settle();
      await pace.rest();
    }
    await settle();
    return count;
  }

  async #removeBlocks(ids: readonly BlockId[]): Promise<void> {
    await this.#c.committer.commit(ids.map((blockId) => ({ deleteBlock: { blockId } })));
    this.#c.blocks.free(ids);
    this.#removedBlocks += ids.length;
  }
}

function* blockIdsOf(entries: Iterator<JournalEntry>): Generator<BlockId, void> {
  for (let next = entries.next(); next.done !== true; next = entries.next()) {
    const id = next.value.blockInfo?.blockId;
    if (id !== undefined) yield id as BlockId;
  }
}
