// What takes room in a storage directory: whole blocks, and blocks of which some pages are here.
import type { BlockId } from '@alluvium/base';
import type { StorageDirectory } from './storage-directory.js';

/**
 * Why a block is not served here any more: somebody asked, room was needed, or made before
 * anybody needed it, a page was not what was stored, its directory failed or
 * vanished, or a whole block takes the place of its pages.
 */
export type RemovalReason = 'asked' | 'evicted' | 'evictedAhead' | 'damaged' | 'directoryLost' | 'replaced';

export interface Resident {
  readonly id: BlockId;
  /** What it counts for in `directory.usedBytes`; may grow. */
  readonly bytes: number;
  readonly directory: StorageDirectory;
  /** Above zero while somebody needs it to stay: then it makes room for nobody. */
  readonly holds: number;
  /**
   * Takes it out of service at once: synchronously, up to where its bytes count as free when it is not held. Resolves when its files
   * are gone.
   */
  drop(why: RemovalReason): Promise<void>;
}
