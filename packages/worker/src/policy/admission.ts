// Whether bytes from a store may be cached, as far as quotas go.
import type { BlockId } from '@alluvium/base';

export interface Admission {
  /**
   * Asked before `bytes` of a block are fetched into the cache. False: read on without caching. A class of files whose quota is used up
   * makes room among its own blocks before this answers true. Synchronous, and cheap where no quotas are set.
   */
  admit(id: BlockId, bytes: number): boolean;
}

export const ADMIT_ALL: Admission = { admit: () => true };
