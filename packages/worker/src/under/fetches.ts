// Blocks being fetched, by id: a block is fetched once however many want it.
import { kindOf, randomId63, type BlockId, type Random } from '@alluvium/base';
import type { Place } from '../store/placement.js';
import type { BlockStore } from '../store/block-store.js';
import { BlockFetch, type FetchDependencies, type FetchOutcome, type FetchReader } from './block-fetch.js';
import type { UfsBlock } from './ufs-block.js';

interface Dependencies extends FetchDependencies {
  readonly random: Random;
  readonly store: BlockStore;
}

/** Set aside at once for a fetched block, so that a block larger than the room left is not begun in vain. */
const FIRST_RESERVATION_BYTES = 1 << 20;

export class Fetches {
  readonly #d: Dependencies;
  readonly #running = new Map<BlockId, BlockFetch>();
  /** Fetches whose place in the cache is being made. */
  readonly #beginning = new Map<BlockId, Promise<BlockFetch | undefined>>();

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
  }

  /** A place in the fetch of the block if one is under way that is close to `position`. */
  async joinRunning(id: BlockId, position: number): Promise<FetchReader | undefined> {
    const fetch = this.#running.get(id);
    return fetch?.reaches(position) === true ? fetch.join(position) : undefined;
  }

  /** A place at the start of the block; undefined when the cache cannot take it. */
  join(block: UfsBlock): Promise<FetchReader | undefined> {
    return this.#use(block, undefined, (fetch) => fetch.join(0));
  }

  /** Fetches the whole block; undefined when the cache cannot take it. */
  load(block: UfsBlock, place?: Place): Promise<FetchOutcome | undefined> {
    return this.#use(block, place, (fetch) => fetch.load());
  }

  /** Resolves when no fetch is under way. */
  async drain(): Promise<void> {
    await Promise.all([...this.#running.values()].map((fetch) => fetch.done));
  }

  /** Calls `use` with the fetch of the block, begun now or by others, as long as it reaches the start of the block. */
  async #use<T>(block: UfsBlock, place: Place | undefined, use: (fetch: BlockFetch) => Promise<T>): Promise<T | undefined> {
    const running = this.#running.get(block.id) ?? this.#beginning.get(block.id);
    if (running !== undefined) {
      const others = await running;
      return others?.reaches(0) === true ? use(others) : undefined;
    }
    if (block.length === 0) return undefined;
    const beginning = this.#begin(block, place);
    this.#beginning.set(block.id, beginning);
    const fetch = await beginning;
    if (fetch === undefined) return undefined;
    try {
      return await use(fetch);
    } finally {
      fetch.begun();
    }
  }

  async #begin(block: UfsBlock, place: Place | undefined): Promise<BlockFetch | undefined> {
    try {
      const temp = await this.#createTemp(block, place);
      if (temp === undefined) return undefined;
      const fetch = new BlockFetch(block, temp, this.#d);
      this.#running.set(block.id, fetch);
      void fetch.done.then(() => this.#running.delete(block.id));
      return fetch;
    } finally {
      this.#beginning.delete(block.id);
    }
  }

  /** Undefined when there is no room or somebody else writes the block: reading does not depend on caching. */
  async #createTemp(block: UfsBlock, place: Place | undefined) {
    try {
      return await this.#d.store.createTemp({
        id: block.id,
        session: randomId63(this.#d.random),
        reserveBytes: Math.min(block.length, FIRST_RESERVATION_BYTES),
        ...(place === undefined ? {} : { place }),
      });
    } catch (error) {
      const kind = kindOf(error);
      if (kind === 'resourceExhausted' || kind === 'internal') return undefined;
      throw error;
    }
  }
}
