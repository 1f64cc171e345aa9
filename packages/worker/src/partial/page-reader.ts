// One reader's way through a partly cached block: pages that are here from the file, others from the fetch that brings them.
import { fail } from '@alluvium/base';
import { PAGE_BYTES } from '../store/pages.js';
import type { PagePool } from '../transfer/page-pool.js';
import type { Window } from '../transfer/window.js';
import type { PartialBlock } from './partial-block.js';
import type { PageFetch } from './page-fetch.js';
import { pageAt } from './page-map.js';

/** `gone`: the pages are no longer here, or are part of a whole block. */
export type Piece =
  | { readonly kind: 'kept'; readonly window: Window }
  | { readonly kind: 'fetched'; readonly parts: readonly Uint8Array[]; readonly length: number }
  | { readonly kind: 'noRoom' }
  | { readonly kind: 'replaced' }
  | { readonly kind: 'gone' };

/** Some of `[position, to)` of the block, from its beginning. */
export interface Wanted {
  readonly position: number;
  readonly to: number;
  /** How far to fetch when the byte at `position` is not on its way. */
  readonly fetchTo: number;
  /** As a rule no fewer bytes, when they are fetched. */
  readonly enough: number;
  readonly most: number;
}

/** Begins a fetch of pages none of which is here or on its way. */
export type BeginFetch = (partial: PartialBlock, from: number, to: number) => PageFetch;

/** The file of the store is not the one of which this block was being read. */
export class FileReplaced extends Error {
  override readonly name = 'FileReplaced';
}

/** The most that one request to a store brings. */
export const MAX_FETCH_BYTES = 8 << 20;

export class PageReader {
  readonly partial: PartialBlock;
  readonly #begin: BeginFetch;
  readonly #hasSpare: () => boolean;
  readonly #pool: PagePool;
  readonly #wanted = new Set<PageFetch>();
  /** What was found to be here or on its way when last looked at. */
  #seen = { from: 0, to: 0 };

  /** Takes over the caller's hold of `partial`. */
  constructor(partial: PartialBlock, begin: BeginFetch, hasSpare: () => boolean, pool: PagePool) {
    this.partial = partial;
    this.#begin = begin;
    this.#hasSpare = hasSpare;
    this.#pool = pool;
  }

  /** Whether all of `[from, to)` is here or on its way. */
  covers(from: number, to: number): boolean {
    const { partial } = this;
    for (let page = pageAt(from); page * PAGE_BYTES < to; page++)
      if (!partial.map.has(page) && fetchOf(partial, page * PAGE_BYTES) === undefined) return false;
    return true;
  }

  async next({ position, to, fetchTo, enough, most }: Wanted): Promise<Piece> {
    const { partial } = this;
    const page = pageAt(position);
    for (;;) {
      if (partial.map.has(page)) {
        const window = await partial.read(position, Math.min(to, position + most), this.#pool);
        if (window !== undefined) return { kind: 'kept', window };
        if (!partial.isLive) return { kind: 'gone' };
        if (partial.map.has(page)) throw fail('unavailable', `Cannot read block ${partial.id}: page ${page} is damaged; read it again`);
        continue;
      }
      if (!partial.isLive) return { kind: 'gone' };
      const fetch = fetchOf(partial, position) ?? this.#beginAt(position, fetchTo);
      this.#want(fetch);
      const parts = await fetch.take(position, Math.min(enough, to - position), Math.min(most, to - position));
      if (parts !== undefined) return { kind: 'fetched', parts, length: parts.reduce((sum, part) => sum + part.length, 0) };
      if (partial.map.has(page)) continue;
      const end = await fetch.done;
      this.#wanted.delete(fetch);
      if (end.kind === 'failed') throw end.error;
      if (end.kind === 'noRoom' || end.kind === 'replaced') return { kind: end.kind };
    }
  }

  /** Begins to fetch what is missing in `[from, to)` when it is at least `worthwhile` bytes and requests are to spare. */
  ahead(from: number, to: number, worthwhile: number): PageFetch | undefined {
    const { partial } = this;
    if (!partial.isLive || !this.#hasSpare()) return undefined;
    const end = Math.min(to, partial.map.length);
    for (let page = pageAt(this.#seen.from <= from ? Math.max(from, this.#seen.to) : from); page * PAGE_BYTES < end; page++) {
      const start = page * PAGE_BYTES;
      if (partial.map.has(page) || fetchOf(partial, start) !== undefined) continue;
      this.#seen = { from, to: start };
      if (end - start < worthwhile && end < partial.map.length) return undefined;
      const fetch = this.#beginAt(start, end);
      this.#want(fetch);
      return fetch;
    }
    this.#seen = { from, to: pageAt(end) * PAGE_BYTES };
    return undefined;
  }

  /** Begins to fetch the first pages that are neither here nor on their way. */
  fetchNext(mostBytes: number): PageFetch | undefined {
    const { map } = this.partial;
    for (let page = map.nextMissing(0, map.count); page < map.count; page = map.nextMissing(page + 1, map.count)) {
      const start = page * PAGE_BYTES;
      if (fetchOf(this.partial, start) !== undefined) continue;
      const fetch = this.#beginAt(start, Math.min(map.length, start + mostBytes));
      this.#want(fetch);
      return fetch;
    }
    return undefined;
  }

  /** The fetches that this reader wants go on when it has gone. */
  leaveBehind(): void {
    this.#wanted.clear();
  }

  /** Ends what nobody else wants. */
  leave(): void {
    for (const fetch of this.#wanted) fetch.unwant();
    this.#wanted.clear();
    this.partial.release();
  }

  #want(fetch: PageFetch): void {
    if (this.#wanted.has(fetch)) return;
    this.#wanted.add(fetch);
    fetch.want();
  }

  /** From the page of `position` to that of the byte before `to`, or to the next page that is here or on its way. */
  #beginAt(position: number, to: number): PageFetch {
    const { partial } = this;
    const first = pageAt(position);
    const most = Math.min(pageAt(to - 1) + 1, first + MAX_FETCH_BYTES / PAGE_BYTES);
    let behind = partial.map.nextPresent(first, most);
    for (const other of partial.fetches) if (other.from > position) behind = Math.min(behind, pageAt(other.from));
    return this.#begin(partial, first * PAGE_BYTES, partial.map.endOf(behind - 1));
  }
}

function fetchOf(partial: PartialBlock, position: number): PageFetch | undefined {
  for (const fetch of partial.fetches) if (fetch.brings(position)) return fetch;
  return undefined;
}
