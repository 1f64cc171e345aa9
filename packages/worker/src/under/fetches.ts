// What is fetched from under stores into the cache: pages of a block, each once however many want it, of one version of its file.
import { fail, type BlockId, type Clock } from '@alluvium/base';
import type { Disk, Logger } from '@alluvium/platform';
import { AccessPatterns } from '../partial/access-pattern.js';
import { FetchSlots } from '../partial/fetch-slots.js';
import { FileVersions, type FileVersion } from '../partial/file-versions.js';
import { PageFetch } from '../partial/page-fetch.js';
import { FileReplaced, MAX_FETCH_BYTES, PageReader } from '../partial/page-reader.js';
import type { PartialBlock } from '../partial/partial-block.js';
import { PartialBlocks, type Room } from '../partial/partial-blocks.js';
import { TouchedPages } from '../partial/touched-pages.js';
import type { Admission } from '../policy/admission.js';
import type { PartialFacts } from '../policy/explain-blocks.js';
import type { Place } from '../store/placement.js';
import type { PagePool } from '../transfer/page-pool.js';
import type { BlockCommits } from '../write/commit-block.js';
import type { Mounts } from './mounts.js';
import { ufsReadError, type UfsBlock } from './ufs-block.js';

export type FetchOutcome = { readonly kind: 'cached' | 'short' | 'givenUp' } | { readonly kind: 'failed'; readonly error: Error };

interface Dependencies {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Logger;
  readonly store: Room;
  readonly mounts: Mounts;
  readonly commits: BlockCommits;
  readonly pool: PagePool;
  readonly admission: Admission;
  /** Requests to under stores for pages at a time. */
  readonly maxRequests: number;
  /** Bytes taken from an under store, for the counters. */
  readonly onBytes: (storeUri: string, bytes: number) => void;
  readonly onDamage: () => void;
}

/** A load of a whole block has this many requests under way. */
const LOAD_REQUESTS = 2;
/** A file that is replaced again and again is given up. */
const MAX_RESTARTS = 3;

export class Fetches {
  readonly patterns = new AccessPatterns();
  readonly touched = new TouchedPages();
  readonly #d: Dependencies;
  readonly #versions: FileVersions;
  readonly #slots: FetchSlots;
  readonly #partials: PartialBlocks;
  readonly #running = new Set<Promise<unknown>>();

  constructor(dependencies: Dependencies) {
    const { clock, disk, log, store, commits, onDamage, mounts, maxRequests } = dependencies;
    this.#d = dependencies;
    this.#versions = new FileVersions(mounts);
    this.#slots = new FetchSlots(maxRequests);
    this.#partials = new PartialBlocks({ clock, disk, log, room: store, commits, onDamage });
  }

  /** Finds the pages that an earlier process left. */
  open(): Promise<void> {
    return this.#partials.recover();
  }

  /** Of the file of the block. Throws what a reader is told. */
  async version(block: UfsBlock): Promise<FileVersion> {
    try {
      return await this.#versions.of(block);
    } catch (error) {
      throw ufsReadError(block, 0, error);
    }
  }

  /** The file is not what `version` said any more: what is here of the block goes, and the next reader asks again. */
  replaced(block: UfsBlock): void {
    this.#versions.forget(block);
    void this.#partials.get(block.id)?.drop('replaced');
  }

  /** Whether some pages of the block are here, or on their way. */
  has(block: UfsBlock): boolean {
    return this.#partials.get(block.id)?.isOf(block) === true;
  }

  /** What is here of a block that is not whole. */
  factsOf(id: BlockId): PartialFacts | undefined {
    const partial = this.#partials.get(id);
    if (partial === undefined) return undefined;
    const { directory, map, holds } = partial;
    const { tierAlias, mediumType } = directory;
    return { tierAlias, mediumType, length: map.length, pagesPresent: map.count - map.missing, pages: map.count, holds };
  }

  /** A reader of the block's pages that keeps what it fetches; undefined when the cache cannot. `leave` it. */
  async reader(block: UfsBlock, version: FileVersion, place?: Place): Promise<PageReader | undefined> {
    if (version.tag === undefined || block.length === 0 || version.length < block.offsetInFile + block.length) return undefined;
    const partial = await this.#partials.open(block, version.tag, place);
    if (partial === undefined) return undefined;
    return new PageReader(
      partial,
      (...range) => this.#begin(...range),
      () => this.#slots.hasSpare,
      this.#d.pool,
    );
  }

  /** As {@link reader}, of pages that are here already; the store is not asked. */
  async readerOfKept(block: UfsBlock): Promise<PageReader | undefined> {
    const partial = this.#partials.get(block.id);
    if (partial?.isOf(block) !== true) return undefined;
    return this.reader(block, { tag: partial.version, length: block.offsetInFile + block.length });
  }

  /** Settles when a block of which every page is here is known to the master; at once when pages are missing. */
  async settled(partial: PartialBlock): Promise<void> {
    if (partial.map.missing === 0) await this.#partials.commit(partial);
  }

  /** Fetches what is missing of the block; undefined when the cache cannot take it. */
  async load(block: UfsBlock, place?: Place): Promise<FetchOutcome | undefined> {
    for (let restarts = 0; ; restarts++) {
      try {
        return await this.#load(block, place);
      } catch (error) {
        if (!(error instanceof FileReplaced)) return { kind: 'failed', error: error as Error };
        this.replaced(block);
        if (restarts < MAX_RESTARTS) continue;
        return {
          kind: 'failed',
          error: fail('unavailable', `Cannot cache block ${block.id}: "${block.ufsPath}" is replaced all the time`),
        };
      }
    }
  }

  /** Resolves when no fetch is under way and what was fetched is written down. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
    await this.#partials.stop();
  }

  async #load(block: UfsBlock, place: Place | undefined): Promise<FetchOutcome | undefined> {
    const version = await this.version(block);
    if (version.length < block.offsetInFile + block.length) return { kind: 'short' };
    const reader = await this.reader(block, version, place);
    if (reader === undefined) return undefined;
    const { partial } = reader;
    try {
      await Promise.all(Array.from({ length: LOAD_REQUESTS }, () => fetchMissing(reader)));
      if (partial.map.missing > 0) return { kind: 'givenUp' };
      return { kind: (await this.#partials.commit(partial)) ? 'cached' : 'givenUp' };
    } finally {
      reader.leave();
    }
  }

  #begin(partial: PartialBlock, from: number, to: number): PageFetch {
    const { log, mounts, store, admission, onBytes } = this.#d;
    const reserve: Room['reserve'] = async (directory, bytes) => admission.admit(partial.id, bytes) && store.reserve(directory, bytes);
    const fetch = new PageFetch(partial, from, to, { log, mounts, slots: this.#slots, reserve, onBytes });
    const settled = fetch.done.then(() => (partial.isLive && partial.map.missing === 0 ? this.#partials.commit(partial) : undefined));
    this.#running.add(settled);
    void settled.finally(() => this.#running.delete(settled));
    return fetch;
  }
}

/** Until nothing is missing that is not on its way to somebody else, and that has come; or until it cannot be kept. */
async function fetchMissing(reader: PageReader): Promise<void> {
  const { partial } = reader;
  const { map } = partial;
  while (partial.isLive && map.missing > 0) {
    const fetch = reader.fetchNext(MAX_FETCH_BYTES) ?? partial.fetches.values().next().value;
    if (fetch === undefined) return;
    const end = await fetch.done;
    if (end.kind === 'failed') throw end.error;
    if (end.kind === 'replaced') throw new FileReplaced();
    if (end.kind === 'noRoom') return;
  }
}
