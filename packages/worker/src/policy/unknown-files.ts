// Files whose class the master is still to be asked for, with their blocks that are here: those that came or were read, and, when the
// classes have changed, all that there are, one after the other.
import type { BlockId } from '@alluvium/base';
import { containerNumber } from './file-facts.js';

/** Files that wait; when there are more, everything is asked for once instead. */
const MAX_FILES = 10_000;
/** Blocks looked at for one question. */
const LOOKED_AT = 20_000;

/** The blocks here, whole and in part; survives changes made meanwhile. */
export type AllBlocks = () => Iterator<BlockId>;

export class UnknownFiles {
  readonly #allBlocks: AllBlocks;
  readonly #waiting = new Map<number, BlockId[]>();
  /** Files whose blocks are looked for. */
  #renamed = new Set<number>();
  #sweep: { readonly blocks: Iterator<BlockId>; readonly only: ReadonlySet<number> | undefined } | undefined;
  #isSweepDue = false;

  constructor(allBlocks: AllBlocks) {
    this.#allBlocks = allBlocks;
  }

  /** Whether another question can be asked at once. */
  get isMore(): boolean {
    return this.#waiting.size > 0 || this.#sweep !== undefined || this.#isSweepDue || this.#renamed.size > 0;
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

  /** What is here of the file may have another class now. */
  again(container: number): void {
    this.#renamed.add(container);
    if (this.#renamed.size > MAX_FILES) this.everything();
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
    const sweep = (this.#sweep ??= this.#nextSweep());
    if (sweep === undefined) return;
    for (let looked = 0; taken.size < count && looked < LOOKED_AT; looked++) {
      const next = sweep.blocks.next();
      if (next.done === true) {
        this.#sweep = undefined;
        return;
      }
      const container = containerNumber(next.value);
      if (sweep.only?.has(container) === false) continue;
      const blocks = taken.get(container);
      if (blocks === undefined) taken.set(container, [next.value]);
      else blocks.push(next.value);
    }
  }

  #nextSweep(): { blocks: Iterator<BlockId>; only: ReadonlySet<number> | undefined } | undefined {
    if (!this.#isSweepDue && this.#renamed.size === 0) return undefined;
    const only = this.#isSweepDue ? undefined : this.#renamed;
    this.#isSweepDue = false;
    this.#renamed = new Set();
    return { blocks: this.#allBlocks(), only };
  }
}
