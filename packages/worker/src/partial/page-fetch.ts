// One request to a store for adjacent pages of a block, shared by everybody who wants one of them. What arrives is handed on at once,
// and written to the file meanwhile.
import { fail, kindOf, messageOf } from '@alluvium/base';
import { crc32c } from '@alluvium/platform';
import type { DiskFile, Logger } from '@alluvium/platform';
import { PAGE_BYTES } from '../store/pages.js';
import type { StorageDirectory } from '../store/storage-directory.js';
import type { Mounts } from '../under/mounts.js';
import { ufsReadError } from '../under/ufs-block.js';
import type { FetchSlots } from './fetch-slots.js';
import type { PartialBlock } from './partial-block.js';

/** `noRoom`: the cache cannot take it; `cancelled`: nobody wanted it any more; `replaced`: the file is another one now. */
export type PageFetchEnd =
  | { readonly kind: 'complete' | 'noRoom' | 'cancelled' | 'replaced' }
  | { readonly kind: 'failed'; readonly error: Error };

export interface PageFetchDependencies {
  readonly log: Logger;
  readonly mounts: Mounts;
  readonly slots: FetchSlots;
  readonly reserve: (directory: StorageDirectory, bytes: number) => Promise<boolean>;
  /** Bytes taken from an under store, for the counters. */
  readonly onBytes: (storeUri: string, bytes: number) => void;
}

/** The last bytes that came stay in memory for readers close behind. */
const RECENT_BYTES = 512 << 10;

interface Part {
  readonly at: number;
  readonly bytes: Uint8Array;
}

export class PageFetch {
  /** In bytes of the block: the start of a page, and the end of one. */
  readonly from: number;
  readonly to: number;
  readonly done: Promise<PageFetchEnd>;
  readonly #partial: PartialBlock;
  readonly #d: PageFetchDependencies;
  readonly #abort = new AbortController();
  readonly #recent: Part[] = [];
  #recentBytes = 0;
  #arrived: number;
  /** Up to here pages are in the file. */
  #kept: number;
  #sum = 0;
  #wanted = 0;
  #end: PageFetchEnd | undefined;
  #wake: () => void = () => undefined;
  #changed: Promise<void>;

  /** Of pages none of which is here or on its way. Nobody wants it before the first `want`. */
  constructor(partial: PartialBlock, from: number, to: number, dependencies: PageFetchDependencies) {
    this.#partial = partial;
    this.from = from;
    this.to = to;
    this.#d = dependencies;
    this.#arrived = from;
    this.#kept = from;
    this.#changed = new Promise((resolve) => (this.#wake = resolve));
    partial.fetches.add(this);
    partial.hold();
    this.done = this.#run();
  }

  /** Whether it will bring the byte at `position`, as far as is known. */
  brings(position: number): boolean {
    return position >= this.from && position < this.to && !this.#abort.signal.aborted;
  }

  want(): void {
    this.#wanted++;
  }

  /** The last one to go ends it, once the page that is coming is whole. */
  unwant(): void {
    this.#wanted--;
    if (this.#wanted === 0 && this.#arrived === this.#kept) this.cancel();
  }

  cancel(): void {
    if (this.#end === undefined) this.#abort.abort(fail('cancelled', 'Nobody wants these pages any more'));
  }

  /**
   * The bytes from `position` on as they came, once there are `enough` or all that this fetch brings; at most `most`. Undefined when
   * they are to be taken from the file, or do not come. Throws the store's error.
   */
  async take(position: number, enough: number, most: number): Promise<Uint8Array[] | undefined> {
    for (;;) {
      const first = this.#recent[0];
      if (first !== undefined && position < first.at) return undefined;
      const there = this.#arrived - position;
      if (there > 0 && (there >= enough || this.#arrived === this.to || this.#end !== undefined)) return this.#slices(position, most);
      if (this.#end?.kind === 'failed') throw this.#end.error;
      if (this.#end !== undefined) return undefined;
      await this.#changed;
    }
  }

  #slices(position: number, most: number): Uint8Array[] {
    const out: Uint8Array[] = [];
    const end = Math.min(this.#arrived, position + most);
    for (const { at, bytes } of this.#recent) {
      const slice = bytes.subarray(Math.max(0, position - at), Math.max(0, end - at));
      if (slice.length > 0) out.push(slice);
    }
    return out;
  }

  async #run(): Promise<PageFetchEnd> {
    const partial = this.#partial;
    const end = await this.#outcome();
    const missed = this.to - this.#kept;
    this.#end = end;
    partial.fetches.delete(this);
    if (missed > 0 && this.#reserved) partial.giveBack(missed);
    if (end.kind === 'replaced') void partial.drop('replaced');
    this.#notify();
    partial.release();
    return end;
  }

  #reserved = false;

  async #outcome(): Promise<PageFetchEnd> {
    const { signal } = this.#abort;
    try {
      using _slot = await this.#d.slots.take();
      if (signal.aborted) return { kind: 'cancelled' };
      this.#reserved = await this.#reserve();
      if (!this.#reserved) return { kind: 'noRoom' };
      return await this.#copy();
    } catch (error) {
      if (signal.aborted) return { kind: 'cancelled' };
      if (kindOf(error) === 'aborted') return { kind: 'replaced' };
      return { kind: 'failed', error: ufsReadError(this.#partial.source, this.#arrived, error) };
    }
  }

  async #reserve(): Promise<boolean> {
    const bytes = this.to - this.from;
    const partial = this.#partial;
    if (!(await this.#d.reserve(partial.directory, bytes))) return false;
    partial.bytes += bytes;
    return true;
  }

  async #copy(): Promise<PageFetchEnd> {
    const { source, version } = this.#partial;
    const file = await this.#file();
    if (file === undefined) return { kind: 'noRoom' };
    using lease = await this.#d.mounts.lease(source.mount);
    const parts = lease.store.read(lease.relative(source.ufsPath), {
      offset: source.offsetInFile + this.from,
      length: this.to - this.from,
      ifMatch: version,
      signal: this.#abort.signal,
    });
    for await (const part of parts) {
      this.#d.onBytes(lease.store.uri, part.length);
      const at = this.#arrived;
      this.#hand(part);
      try {
        await file.write([part], at);
      } catch (error) {
        if (kindOf(error) !== 'resourceExhausted') this.#partial.diskFailed(error);
        this.#d.log.debug('caching given up', { block: source.id.toString(), reason: messageOf(error) });
        return { kind: 'noRoom' };
      }
      this.#keep(part);
      if (this.#wanted === 0 && this.#arrived - this.#kept < part.length) this.cancel();
      if (this.#abort.signal.aborted) return { kind: 'cancelled' };
    }
    if (this.#arrived === this.to) return { kind: 'complete' };
    // The version still holds, so the file has these bytes.
    throw fail('unavailable', `"${source.ufsPath}" gave ${this.#arrived - this.from} of ${this.to - this.from} bytes`);
  }

  async #file(): Promise<DiskFile | undefined> {
    try {
      return await this.#partial.file();
    } catch (error) {
      this.#partial.diskFailed(error);
      return undefined;
    }
  }

  #hand(part: Uint8Array): void {
    this.#recent.push({ at: this.#arrived, bytes: part });
    this.#recentBytes += part.length;
    this.#arrived += part.length;
    this.#notify();
  }

  /** The part is in the file: pages that it ends are here, and what is in the file need not stay in memory. */
  #keep(part: Uint8Array): void {
    let position = this.#arrived - part.length;
    for (let at = 0; at < part.length;) {
      const page = Math.floor(position / PAGE_BYTES);
      const end = Math.min((page + 1) * PAGE_BYTES, this.to);
      const take = Math.min(part.length - at, end - position);
      this.#sum = crc32c(part.subarray(at, at + take), this.#sum);
      at += take;
      position += take;
      if (position < end) break;
      this.#kept = end;
      this.#partial.pageArrived(page, this.#sum);
      this.#sum = 0;
    }
    for (let first = this.#recent[0]!; this.#recentBytes > RECENT_BYTES; first = this.#recent[0]!) {
      if (this.#recent.length === 1 || first.at + first.bytes.length > this.#kept) return;
      this.#recent.shift();
      this.#recentBytes -= first.bytes.length;
    }
  }

  #notify(): void {
    const wake = this.#wake;
    this.#changed = new Promise((resolve) => (this.#wake = resolve));
    wake();
  }
}
