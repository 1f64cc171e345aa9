// Files whose class the master is still to be asked for, with their blocks that are here: those that came or were read, and, when the
// classes have changed, all that there are, one after the other.
import { blockIdOf, type BlockId, type ContainerId } from '@alluvium/base';
import { containerNumber } from './file-facts.js';

/** Files that wait; when there are more, everything is asked for once instead. */
const MAX_FILES = 10_000;
/** Blocks of one file that are looked for one by one. */
const MAX_BLOCKS = 4096;
/** Blocks looked at for one question. */
const LOOKED_AT = 20_000;

export interface BlocksHere {
  /** Whole blocks and those of which some pages are here; survives changes made meanwhile. */
  all(): Iterator<BlockId>;
  has(id: BlockId): boolean;
}

export class UnknownFiles {
  readonly #here: BlocksHere;
  readonly #waiting = new Map<number, BlockId[]>();
  #sweep: Iterator<BlockId> | undefined;
  #isSweepDue = false;

  constructor(here: BlocksHere) {
    this.#here = here;
  }

  /** Whether another question can be asked at once. */
  get isMore(): boolean {
    return this.#waiting.size > 0 || this.#sweep !== undefined || this.#isSweepDue;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** A block came whose file is not known. */
  came(container: number, block: BlockId): void {
    const blocks = this.#waiting.get(container);
    if (blocks !== undefined) blocks.push(block);
    else if (this.#waiting.size < MAX_FILES) this.#waiting.set(container, [block]);
    else this.#isSweepDue = true;
  }

  /** The place of a file is wanted; false when too many wait. */
  want(container: number): boolean {
    if (this.#waiting.has(container)) return true;
    if (this.#waiting.size >= MAX_FILES) return false;
    this.#waiting.set(container, []);
    return true;
  }

  /** What is here of a file, which has so many blocks, may have another class now. */
  again(container: number, blockCount: number): void {
    const container64 = BigInt(container) as ContainerId;
    for (let sequence = 0; sequence < Math.min(blockCount, MAX_BLOCKS); sequence++) {
      const id = blockIdOf(container64, sequence);
      if (this.#here.has(id)) this.came(container, id);
    }
    if (blockCount > MAX_BLOCKS) this.everything();
  }

  /** What is here may have other classes now, whatever was asked before. */
  everything(): void {
    this.#isSweepDue = true;
  }

  /** Up to so many files with their blocks that are to be told when the answer is there. */
  take(count: number): ReadonlyMap<number, readonly BlockId[]> {
    const taken = new Map<number, BlockId[]>();
    for (const [container, blocks] of this.#waiting) {
      if (taken.size >= count) return taken;
      taken.set(container, blocks);
      this.#waiting.delete(container);
    }
    this.#takeSwept(taken, count);
    return taken;
  }

  giveBack(files: ReadonlyMap<number, readonly BlockId[]>): void {
    for (const [container, blocks] of files) {
      if (blocks.length === 0) this.want(container);
      for (const block of blocks) this.came(container, block);
    }
  }

  #takeSwept(taken: Map<number, BlockId[]>, count: number): void {
    if (this.#sweep === undefined && this.#isSweepDue) {
      this.#isSweepDue = false;
      this.#sweep = this.#here.all();
    }
    if (this.#sweep === undefined) return;
    for (let looked = 0; taken.size < count && looked < LOOKED_AT; looked++) {
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = undefined;
        return;
      }
      const container = containerNumber(next.value);
      const blocks = taken.get(container);
      if (blocks === undefined) taken.set(container, [next.value]);
      else blocks.push(next.value);
    }
  }
}
