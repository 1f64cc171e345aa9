// Bytes of a committed block, checked against its page sums before anybody sees them.
import { crc32c } from '@alluvium/platform';
import type { BlockReader } from '../store/block-reader.js';
import type { Block } from '../store/block.js';
import { PAGE_BYTES } from '../store/pages.js';
import type { PagePool } from '../transfer/page-pool.js';
import { openWindow, Window, WINDOW_BYTES } from '../transfer/window.js';

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
 * A window of the block that begins at `from` and ends at `to` or before. Pages that leave whole are checked each time; a page
 * that leaves in part is checked whole, once. Throws {@link PageDamaged}.
 */
export async function checkedWindow({ block, file }: BlockReader, from: number, to: number, pool: PagePool): Promise<Window> {
  const first = Math.floor(from / PAGE_BYTES);
  const start = first * PAGE_BYTES;
  const isPart = from > start || to < Math.min(start + PAGE_BYTES, block.length);
  if (isPart && block.isChecked(first)) {
    const wanted = Math.min(to, start + PAGE_BYTES) - from;
    return wholeOrDamaged(await openWindow(file, from, wanted, pool), wanted, block, first);
  }
  const pages = isPart ? 1 : Math.max(1, Math.min(WINDOW_BYTES, to - start) / PAGE_BYTES);
  const end = Math.min(start + Math.floor(pages) * PAGE_BYTES, block.length);
  const window = await openWindow(file, start, end - start, pool);
  try {
    if (window.bytes.length < Math.min(PAGE_BYTES, end - start)) throw new PageDamaged(block, first);
    checkPages(block, first, window.bytes);
  } catch (error) {
    window.release();
    throw error;
  }
  const until = Math.min(to, start + window.bytes.length);
  return new Window(window.bytes.subarray(from - start, until - start), () => window.release());
}

function checkPages(block: Block, first: number, bytes: Uint8Array): void {
  for (let at = 0, page = first; at < bytes.length; at += PAGE_BYTES, page++) {
    if (crc32c(bytes.subarray(at, at + PAGE_BYTES)) !== block.sumOf(page)) throw new PageDamaged(block, page);
    block.markChecked(page);
  }
}

function wholeOrDamaged(window: Window, wanted: number, block: Block, page: number): Window {
  if (window.bytes.length === wanted) return window;
  window.release();
  throw new PageDamaged(block, page);
}
