import { messageOf, type BlockId } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import type { BlockStore } from '../store/block-store.js';
import type { BlockChanges } from './block-changes.js';

/** Removals at a time. */
const PARALLEL = 16;
/** Orders that wait; the master repeats what is beyond. */
const WAITING_MAX = 100_000;
/** For masters that do not tell of generations. */
export const ANY_GENERATION = 2n ** 63n - 1n;

interface Dependencies {
  readonly log: Logger;
  readonly store: BlockStore;
  readonly changes: BlockChanges;
}

/** Removes what the master orders away. The master repeats an order until it hears that the copy is gone. */
export class FreedBlocks {
  readonly #d: Dependencies;
  /** Up to which generation each is to go. */
  readonly #waiting = new Map<BlockId, bigint>();
  readonly #removing = new Set<BlockId>();
  #stopped = false;

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
  }

  /** `generations`: for each block, up to which one it is to go; one for all of them when it is not a list. */
  free(ids: readonly BlockId[], generations: readonly bigint[] | bigint): void {
    ids.forEach((id, at) => {
      const generation = typeof generations === 'bigint' ? generations : (generations[at] ?? ANY_GENERATION);
      if (this.#removing.has(id) || (this.#waiting.size >= WAITING_MAX && !this.#waiting.has(id))) return;
      this.#waiting.set(id, generation);
    });
    while (this.#removing.size < PARALLEL && this.#next()) continue;
  }

  /** What is not removed yet stays. */
  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
  }

  /** Begins with the next one that has to be removed; false when there is none. */
  #next(): boolean {
    const { log, store } = this.#d;
    for (const [id, generation] of this.#waiting) {
      this.#waiting.delete(id);
      if (!this.#isToGo(id, generation)) continue;
      this.#removing.add(id);
      void store
        .remove(id)
        .catch((error: unknown) => log.warn('block not freed', { block: id.toString(), reason: messageOf(error) }))
        .finally(() => {
          this.#removing.delete(id);
          if (!this.#stopped) this.#next();
        });
      return true;
    }
    return false;
  }

  /** Copies that are gone already are reported gone; one that the master has not heard of yet is not its to free. */
  #isToGo(id: BlockId, generation: bigint): boolean {
    const { store, changes } = this.#d;
    const block = store.get(id);
    if (block === undefined) changes.removed(id);
    else if (block.announced && block.generation > generation) changes.kept(id);
    else return block.announced;
    return false;
  }
}
