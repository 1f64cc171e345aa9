// Bytes of a committed block, checked against its page sums before anybody sees them.
import { crc32c } from '@alluvium/platform';
import type { BlockReader } from '../store/block-reader.js';
import type { Block } from '../store/block.js';
import { BUFFER_BYTES, type PagePool } from '../transfer/page-pool.js';
import { openWindow, Window } from '../transfer/window.js';

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
 * A window of the block that begins at `from` and ends at `to` or before, each of its pages checked against its sum. Throws
 * {@link PageDamaged} when the first one is not what was stored.
 */
export async function checkedWindow({ block, file }: BlockReader, from: number, to: number, pool: PagePool): Promise<Window> {
  const { pageBytes } = block;
  const first = Math.floor(from / pageBytes);
  const start = first * pageBytes;
  const behind = Math.min(Math.ceil(to / pageBytes), first + Math.max(1, BUFFER_BYTES / pageBytes));
  const end = Math.min(behind * pageBytes, block.length);
  const window = await openWindow(file, start, end - start, pool);
  const good = goodBytes(block, first, window.bytes);
  if (good <= from - start) {
    window.release();
    throw new PageDamaged(block, first);
  }
  return new Window(window.bytes.subarray(from - start, Math.min(to - start, good)), () => window.release());
}

/** How many bytes from the start of the page `first` belong to pages that are what was stored. */
export function goodBytes(block: Block, first: number, bytes: Uint8Array): number {
  const { pageBytes } = block;
  let good = 0;
  for (let page = first; good < bytes.length; page++) {
    const there = bytes.subarray(good, good + pageBytes);
    if (there.length < Math.min(pageBytes, block.length - page * pageBytes) || crc32c(there) !== block.sumOf(page)) break;
    good += there.length;
  }
  return good;
}
