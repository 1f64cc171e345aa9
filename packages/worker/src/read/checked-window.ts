// Bytes of a committed block, checked against its page sums before anybody sees them.
import { crc32c } from '@alluvium/platform';
import type { BlockReader } from '../store/block-reader.js';
import type { Block } from '../store/block.js';
import { PAGE_BYTES } from '../store/pages.js';
import { mappedWindow } from '../transfer/kept-files.js';
import type { PagePool } from '../transfer/page-pool.js';
import { openWindow, Window } from '../transfer/window.js';

/** Pages that leave from a mapping at a time, so that readers have their turns. */
const MOST_PAGES = 4;

/** The bytes of a page are not those that were stored. */
export class PageDamaged extends Error {
  override readonly name = 'PageDamaged';
  readonly page: number;

  constructor(block: Block, page: number) {
    super(`Page ${page} of block ${block.id} does not match its checksum`);
    this.page = page;
  }
}

/**
 * A window of the block that begins at `from` and ends at `to` or before. What is mapped, that is in memory and written by nobody but this
 * worker, is checked once, a page at a time. What is read anew each time is checked each time where a page leaves whole, and once where
 * it leaves in part. Throws {@link PageDamaged}.
 */
export async function checkedWindow({ block, file }: BlockReader, from: number, to: number, pool: PagePool): Promise<Window> {
  const first = Math.floor(from / PAGE_BYTES);
  const start = first * PAGE_BYTES;
  const end = Math.min(start + PAGE_BYTES, block.length);
  const until = Math.min(to, end);
  if (block.isChecked(first)) {
    const mapped = mappedWindow(file, from, endOfChecked(block, first, to));
    if (mapped !== undefined) return mapped;
    if (from > start || to < end) return wholeOrDamaged(await openWindow(file, from, until - from, pool), until - from, block, first);
  }
  const window = mappedWindow(file, start, end) ?? (await openWindow(file, start, end - start, pool));
  if (window.bytes.length < end - start || crc32c(window.bytes) !== block.sumOf(first)) {
    window.release();
    throw new PageDamaged(block, first);
  }
  block.markChecked(first);
  return new Window(window.bytes.subarray(from - start, until - start), () => window.release());
}

/** Where the checked pages from `first` on end, `to` at most. */
function endOfChecked(block: Block, first: number, to: number): number {
  let page = first + 1;
  while (page * PAGE_BYTES < to && page < first + MOST_PAGES && block.isChecked(page)) page++;
  return Math.min(to, page * PAGE_BYTES);
}

function wholeOrDamaged(window: Window, wanted: number, block: Block, page: number): Window {
  if (window.bytes.length === wanted) return window;
  window.release();
  throw new PageDamaged(block, page);
}
