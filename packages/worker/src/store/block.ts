import type { BlockId } from '@alluvium/base';
import type { DiskFile } from '@alluvium/platform';
import type { Pages } from './pages.js';
import type { StorageDirectory } from './storage-directory.js';

/**
 * A committed block.
 *
 *   live --remove, evict, damaged--> leaving --last reader gone, files removed--> gone
 */
export interface Block {
  readonly id: BlockId;
  readonly length: number;
  readonly directory: StorageDirectory;
  /** Grows with every block that this store commits, so that two copies of one id can be told apart. */
  readonly generation: bigint;
  readonly pages: Pages;
  /** One bit a page: checked since this process started. */
  readonly checked: Uint8Array;
  /** Pinned by its writer until the master's pin list or the file's state says otherwise. */
  pinned: boolean;
  /** The master knows of the block; before that it is in no report. */
  announced: boolean;
  readonly committedMs: number;
  /** Readers and others who need the file to stay; a held block is never a victim, and its removal waits. */
  holds: number;
  /** The file, open while somebody reads. */
  file: Promise<DiskFile> | undefined;
  leaving: Leaving | undefined;
}

export interface Leaving {
  readonly gone: Promise<void>;
  /** Called when the last hold ends. */
  readonly unheld: () => void;
}
