// Views of file bytes on their way to the network: mapped where the platform can, else read into a pooled page.
import type { DiskFile } from '@alluvium/platform';
import { PAGE_BYTES } from '../store/pages.js';
import type { PagePool } from './page-pool.js';

/** Bytes that stay valid while somebody keeps them. Starts kept once, by its maker. */
export class Window {
  readonly bytes: Uint8Array;
  readonly #free: () => void;
  #keepers = 1;

  constructor(bytes: Uint8Array, free: () => void) {
    this.bytes = bytes;
    this.#free = free;
  }

  keep(): void {
    this.#keepers++;
  }

  release(): void {
    this.#keepers--;
    if (this.#keepers === 0) this.#free();
  }
}

/** Mapping a few pages at a time keeps the address space and the cost of a call small. */
export const WINDOW_BYTES = 4 * PAGE_BYTES;

/** Below this a copy is cheaper than a mapping. */
const SMALL_BYTES = 64 * 1024;

/**
 * Up to `length` bytes of `file` from `position`: all of them when mapped (at most {@link WINDOW_BYTES}) or small, else at
 * most one page; fewer where the file ends.
 */
export async function openWindow(file: DiskFile, position: number, length: number, pool: PagePool): Promise<Window> {
  if (length <= SMALL_BYTES) {
    const bytes = Buffer.allocUnsafe(length);
    return new Window(bytes.subarray(0, await file.read(bytes, position)), () => undefined);
  }
  const mapping = file.map?.(position, Math.min(length, WINDOW_BYTES));
  if (mapping !== undefined) return new Window(mapping.bytes, () => mapping.release());
  const page = await pool.take();
  try {
    const bytes = page.bytes.subarray(0, Math.min(length, PAGE_BYTES));
    return new Window(bytes.subarray(0, await file.read(bytes, position)), () => page.release());
  } catch (error) {
    page.release();
    throw error;
  }
}
