// A block of which some pages are here, in a sparse file beside the whole blocks.
//
//   live --last page here--> committing --the master knows--> whole
//      |--evicted, asked, file replaced, not committed--> gone
import { messageOf, type BlockId } from '@alluvium/base';
import { crc32c, type Disk, type DiskFile, type Logger } from '@alluvium/platform';
import { PAGE_BYTES, type Pages } from '../store/pages.js';
import type { RemovalReason, Resident } from '../store/resident.js';
import type { StorageDirectory } from '../store/storage-directory.js';
import type { PagePool } from '../transfer/page-pool.js';
import { openWindow, Window } from '../transfer/window.js';
import type { UfsBlock } from '../under/ufs-block.js';
import type { PageFetch } from './page-fetch.js';
import { PageMap, pageAt } from './page-map.js';

/** At most so much is read from the file at a time. */
const READ_BYTES = 1 << 20;

export interface PartialBlockOptions {
  readonly source: UfsBlock;
  /** Of the file in the store; every fetch requires it. */
  readonly version: string;
  readonly directory: StorageDirectory;
  /** Of the file; the sidecar is beside it. */
  readonly path: string;
  readonly pages?: Pages;
}

interface Surroundings {
  readonly disk: Disk;
  readonly log: Logger;
  /** Its state or its pages have changed. */
  readonly changed: (partial: PartialBlock) => void;
  readonly pageDamaged: (partial: PartialBlock, page: number) => void;
  readonly diskFailed: (partial: PartialBlock, error: unknown) => void;
}

export class PartialBlock implements Resident {
  readonly source: UfsBlock;
  readonly version: string;
  readonly directory: StorageDirectory;
  readonly path: string;
  readonly map: PageMap;
  /** Under way, in no order; no two for the same page. */
  readonly fetches = new Set<PageFetch>();
  /** Set aside in the directory: pages that are here, and those on their way. */
  bytes = 0;
  /** Settles when the block, all here, is known to the master; false when it is not kept. */
  committed: Promise<boolean> | undefined;
  readonly #s: Surroundings;
  #holds = 0;
  #isLive = true;
  #file: Promise<DiskFile> | undefined;
  #unheld: (() => void) | undefined;

  constructor(options: PartialBlockOptions, surroundings: Surroundings) {
    this.source = options.source;
    this.version = options.version;
    this.directory = options.directory;
    this.path = options.path;
    this.map = new PageMap(options.source.length, options.pages);
    this.#s = surroundings;
  }

  get id(): BlockId {
    return this.source.id;
  }

  get holds(): number {
    return this.#holds;
  }

  get sidecarPath(): string {
    return `${this.path}.meta`;
  }

  /** False for one that is gone, or whole. */
  get isLive(): boolean {
    return this.#isLive;
  }

  isOf(block: UfsBlock): boolean {
    const { mount, ufsPath, offsetInFile, length } = this.source;
    return mount === block.mount && ufsPath === block.ufsPath && offsetInFile === block.offsetInFile && length === block.length;
  }

  /** Keeps it from eviction, and its file open, until `release`. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    if (this.#holds > 0) return;
    const file = this.#file;
    this.#file = undefined;
    file?.then((open) => open.close()).catch((error: unknown) => this.#s.log.warn('pages not closed', { reason: messageOf(error) }));
    this.#unheld?.();
  }

  /** To be called while held. */
  file(): Promise<DiskFile> {
    this.#file ??= this.#s.disk.open(this.path, 'update');
    return this.#file;
  }

  /** Whole now: its bytes and its file are those of another. */
  handOver(): void {
    this.#isLive = false;
    this.bytes = 0;
    this.#s.changed(this);
  }

  drop(why: RemovalReason): Promise<void> {
    if (!this.#isLive) return Promise.resolve();
    this.#isLive = false;
    for (const fetch of this.fetches) fetch.cancel();
    this.#s.log.debug('pages dropped', { block: this.id.toString(), why });
    this.#s.changed(this);
    if (this.#holds === 0) return this.#remove();
    return new Promise((resolve) => (this.#unheld = () => resolve(this.#remove())));
  }

  /** Its file cannot be used. */
  diskFailed(error: unknown): void {
    this.#s.diskFailed(this, error);
    void this.drop('damaged');
  }

  pageArrived(page: number, sum: number): void {
    this.map.set(page, sum);
    this.#s.changed(this);
  }

  /** Bytes that were set aside for pages which did not come. */
  giveBack(bytes: number): void {
    if (!this.#isLive && this.bytes === 0) return;
    this.bytes -= bytes;
    this.directory.usedBytes -= bytes;
  }

  /**
   * A window that begins at `position`, whose page is here, and ends at `to` or before, every page of it checked against its sum.
   * Undefined when the page is not what was fetched, and is missing from now on, or when the disk fails. To be called while held.
   */
  async read(position: number, to: number, pool: PagePool): Promise<Window | undefined> {
    const { map } = this;
    const first = pageAt(position);
    const start = first * PAGE_BYTES;
    const behind = map.nextMissing(first, Math.min(pageAt(to - 1) + 1, first + READ_BYTES / PAGE_BYTES));
    const window = await this.#open(start, map.endOf(behind - 1) - start, pool);
    if (window === undefined) return undefined;
    try {
      let end = start;
      for (let page = first; page < behind && map.has(page); page++) {
        const bytes = window.bytes.subarray(end - start, map.endOf(page) - start);
        const isWhole = bytes.length === map.endOf(page) - end;
        // Memory for reading took less than all: the rest comes with the next window.
        if (!isWhole && page > first && start + window.bytes.length < map.endOf(behind - 1)) break;
        if (!isWhole || crc32c(bytes) !== map.sumOf(page)) {
          this.#pageDamaged(page);
          break;
        }
        end = map.endOf(page);
      }
      if (end <= position) {
        window.release();
        return undefined;
      }
      return new Window(window.bytes.subarray(position - start, Math.min(to, end) - start), () => window.release());
    } catch (error) {
      window.release();
      throw error;
    }
  }

  async #open(start: number, length: number, pool: PagePool): Promise<Window | undefined> {
    try {
      return await openWindow(await this.file(), start, length, pool);
    } catch (error) {
      this.diskFailed(error);
      return undefined;
    }
  }

  #pageDamaged(page: number): void {
    this.#s.pageDamaged(this, page);
    if (!this.#isLive || this.map.missing === 0) return;
    this.map.clear(page);
    this.giveBack(this.map.endOf(page) - page * PAGE_BYTES);
    this.#s.changed(this);
  }

  async #remove(): Promise<void> {
    this.directory.usedBytes -= this.bytes;
    this.bytes = 0;
    for (const path of [this.sidecarPath, this.path])
      await this.#s.disk.remove(path).catch((error: unknown) => this.#s.log.warn('pages not removed', { path, reason: messageOf(error) }));
  }
}
