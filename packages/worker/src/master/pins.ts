// What must not be evicted: files that are pinned or not persisted yet, as the master lists them each second, and blocks whose
// writer pinned them before the master could know.
import { fileIdOfBlock, kindOf, messageOf, type Clock, type InodeId } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import type { Block } from '../store/block.js';

export interface PinSource {
  pinnedFiles(): Promise<ReadonlySet<InodeId>>;
  /** Whether a file is gone or persisted, so that its blocks need no pin of their own. */
  isSettled(file: InodeId): Promise<boolean>;
}

/** A block gets this long for its file to be completed and to show in the list before the file is asked about. */
const ASK_AFTER_MS = 10_000;
/** Files asked about in one round. */
const ASK_AT_MOST = 16;

export class Pins {
  readonly #clock: Clock;
  readonly #log: Logger;
  #files: ReadonlySet<InodeId> | undefined;
  #version = 0;
  /** Blocks with a pin of their own. */
  readonly #own = new Set<Block>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Until the first list has come, everything may be somebody's only copy. */
  isProtected(block: Block): boolean {
    return this.#files === undefined || block.pinned || this.#files.has(fileIdOfBlock(block.id));
  }

  /** Changes when a block may have lost its protection. */
  get version(): number {
    return this.#version;
  }

  track(block: Block): void {
    if (block.pinned) this.#own.add(block);
  }

  async refresh(source: PinSource): Promise<void> {
    const files = await source.pinnedFiles();
    this.#files = files;
    this.#version++;
    const unsettled = new Map<InodeId, Block[]>();
    for (const block of this.#own) {
      const file = fileIdOfBlock(block.id);
      if (block.leaving !== undefined || files.has(file)) this.#unpin(block);
      else if (this.#clock.monotonicMs() - block.committedMs >= ASK_AFTER_MS) unsettled.set(file, [...(unsettled.get(file) ?? []), block]);
    }
    let asked = 0;
    for (const [file, blocks] of unsettled) {
      if (asked++ === ASK_AT_MOST) break;
      await this.#ask(source, file, blocks);
    }
  }

  /** Those that are not settled go to the end of the line. */
  async #ask(source: PinSource, file: InodeId, blocks: readonly Block[]): Promise<void> {
    let settled = false;
    try {
      settled = await source.isSettled(file);
    } catch (error) {
      this.#log.debug('file of a pinned block not asked for', { file: file.toString(), kind: kindOf(error), reason: messageOf(error) });
    }
    for (const block of blocks) {
      this.#own.delete(block);
      if (settled) {
        block.pinned = false;
        this.#version++;
      } else this.#own.add(block);
    }
  }

  #unpin(block: Block): void {
    block.pinned = false;
    this.#version++;
    this.#own.delete(block);
  }
}
