// What is known of a block while somebody needs it to stay, or while it leaves.
import type { DiskFile } from '@alluvium/platform';
import type { StorageDirectory } from './storage-directory.js';

/** The file of a block in one directory, open while somebody reads it. After a move the readers of before still have theirs. */
export interface OpenFile {
  readonly file: Promise<DiskFile>;
  readonly directory: StorageDirectory;
  readers: number;
  /** Called when its last reader is gone; set by the move that took the block elsewhere. */
  onUnread: (() => void) | undefined;
}

export interface Leaving {
  readonly gone: Promise<void>;
  /** Called when the last hold ends. */
  readonly unheld: () => void;
}

export class Claim {
  /** Readers and others. */
  holds = 0;
  /** Those of the holds that have the file open through the store; others may look for it where the block is. */
  readers = 0;
  /** What the next reader gets. */
  open: OpenFile | undefined;
  /** Settles when the files that a move left behind are gone. */
  leftBehind: Promise<void> | undefined;
  leaving: Leaving | undefined;

  /** Whether it may be forgotten. */
  get isIdle(): boolean {
    return this.holds === 0 && this.open === undefined && this.leftBehind === undefined && this.leaving === undefined;
  }
}
