// File bytes on their way to the network, in memory that nobody else changes: what was checked is what is sent.
import type { DiskFile } from '@alluvium/platform';
import { BUFFER_BYTES } from './page-pool.js';
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

/** Below this a buffer of their own costs less than a page of the pool. */
const SMALL_BYTES = 64 * 1024;

/** Up to `length` bytes of `file` from `position`, at most one page; fewer where the file ends. */
export async function openWindow(file: DiskFile, position: number, length: number, pool: PagePool): Promise<Window> {
  if (length <= SMALL_BYTES) {
    const bytes = Buffer.allocUnsafe(length);
    return new Window(bytes.subarray(0, await file.read(bytes, position)), () => undefined);
  }
  const page = await pool.take();
  try {
    const bytes = page.bytes.subarray(0, Math.min(length, BUFFER_BYTES));
    return new Window(bytes.subarray(0, await file.read(bytes, position)), () => page.release());
  } catch (error) {
    page.release();
    throw error;
  }
}
