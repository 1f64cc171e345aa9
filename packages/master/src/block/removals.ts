import type { BlockId } from '@alluvium/base';
import { PagedMap } from '@alluvium/metastore';

/** Orders that wait to be sent at once; what is beyond this goes with heartbeats alone. */
const UNSENT_MAX = 100_000;
/** For copies of workers that do not tell of generations. */
export const ANY_GENERATION = Number.POSITIVE_INFINITY;

export interface RemovalOrder {
  readonly ids: BlockId[];
  /** For each: a copy of a later generation is another one, which stays. Undefined for workers that do not tell of generations. */
  readonly generations: bigint[] | undefined;
}

/** What one worker is told to drop, until it reports it gone. */
export class Removals {
  readonly #generations = new PagedMap<BlockId, number>();
  #unsent: BlockId[] = [];

  get size(): number {
    return this.#generations.size;
  }

  has(id: BlockId): boolean {
    return this.#generations.has(id);
  }

  /** Up to which generation copies are to be dropped. */
  generation(id: BlockId): number | undefined {
    return this.#generations.get(id);
  }

  add(id: BlockId, generation: number): void {
    this.#generations.set(id, generation);
    if (this.#unsent.length < UNSENT_MAX) this.#unsent.push(id);
  }

  delete(id: BlockId): boolean {
    return this.#generations.delete(id);
  }

  /** Orders that were never sent, at most so many. */
  takeUnsent(max: number): RemovalOrder {
    const taken = this.#unsent.splice(0, max);
    return this.#order(taken.filter((id) => this.#generations.has(id)));
  }

  /** The orders that are open, at most so many. */
  open(max: number): RemovalOrder {
    const ids: BlockId[] = [];
    for (const id of this.#generations.keys()) {
      ids.push(id);
      if (ids.length === max) break;
    }
    this.#unsent = [];
    return this.#order(ids);
  }

  [Symbol.iterator](): Generator<BlockId, void> {
    return this.#generations.keys();
  }

  #order(ids: BlockId[]): RemovalOrder {
    const generations = ids.map((id) => this.#generations.get(id) ?? ANY_GENERATION);
    if (generations.includes(ANY_GENERATION)) return { ids, generations: undefined };
    return { ids, generations: generations.map(BigInt) };
  }
}
