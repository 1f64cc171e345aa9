// Where the bytes of one read came from, told when it ends.
import type { BlockId } from '@alluvium/base';
import type { MissCause, ReadObserver } from './read-observer.js';

export class ReadTally {
  /** What of the bytes wanted was in the cache before the read; the others came from the store. */
  cacheBytes = 0;
  /** Why those did not come from the cache. */
  cause: MissCause = 'absent';

  tell(observer: ReadObserver, block: BlockId, sentBytes: number, user: string): void {
    if (this.cacheBytes > 0) observer.hit(block, Math.min(this.cacheBytes, sentBytes), user);
    if (sentBytes > this.cacheBytes) observer.miss(block, this.cause, sentBytes - this.cacheBytes, user);
  }
}
