// What became of the requests to cache blocks: counted under Alluxio's names, failures by their reason.
import { kindOf } from '@alluvium/base';

/** Why a block that was to be cached is not. */
export type CacheFailure = 'noRoom' | 'absent' | 'short' | 'timedOut' | 'refused' | 'unavailable' | 'other';

/** A value that only grows, or one that is as it is now. */
export interface CacheReading {
  readonly name: string;
  readonly reason?: CacheFailure;
  readonly kind: 'counter' | 'gauge';
  readonly value: number;
}

export class CacheCounters {
  requests = 0;
  async = 0;
  /** Blocks that were to come from an under store, and from another worker. */
  fromStores = 0;
  fromWorkers = 0;
  cached = 0;
  cachedBytes = 0;
  /** Not even tried: the queue was full. */
  dropped = 0;
  readonly failed = new Map<CacheFailure, number>();
  #queue: { readonly running: number; readonly waiting: number; readonly completed: number; readonly maxRunning: number } | undefined;

  /** Whose lengths are told. */
  watch(queue: NonNullable<CacheCounters['queue']>): void {
    this.#queue = queue;
  }

  get queue(): { readonly running: number; readonly waiting: number; readonly completed: number; readonly maxRunning: number } | undefined {
    return this.#queue;
  }

  fail(error: unknown): void {
    const reason = reasonOf(error);
    this.failed.set(reason, (this.failed.get(reason) ?? 0) + 1);
  }

  clear(): void {
    this.requests = this.async = this.fromStores = this.fromWorkers = this.cached = this.cachedBytes = this.dropped = 0;
    this.failed.clear();
  }

  *readings(): Generator<CacheReading, void, void> {
    const counter = (name: string, value: number): CacheReading => ({ name, kind: 'counter', value });
    const gauge = (name: string, value: number): CacheReading => ({ name, kind: 'gauge', value });
    yield counter('CacheRequests', this.requests);
    yield counter('CacheRequestsAsync', this.async);
    yield counter('CacheRequestsSync', this.requests - this.async);
    yield counter('CacheUfsBlocks', this.fromStores);
    yield counter('CacheRemoteBlocks', this.fromWorkers);
    yield counter('CacheSucceededBlocks', this.cached);
    yield counter('CacheBlocksSize', this.cachedBytes);
    yield counter('CacheRejectedBlocks', this.dropped);
    let failed = 0;
    for (const [reason, value] of this.failed) {
      failed += value;
      yield { ...counter('CacheFailedBlocks', value), reason };
    }
    yield counter('CacheFailedBlocks', failed);
    const queue = this.#queue;
    if (queue === undefined) return;
    yield gauge('CacheManagerThreadQueueWaitingTaskCount', queue.waiting);
    yield gauge('CacheManagerThreadActiveCount', queue.running);
    yield gauge('CacheManagerThreadMaxCount', queue.maxRunning);
    yield gauge('CacheManagerCompleteTaskCount', queue.completed);
  }
}

function reasonOf(error: unknown): CacheFailure {
  switch (kindOf(error)) {
    case 'resourceExhausted':
      return 'noRoom';
    case 'notFound':
      return 'absent';
    case 'outOfRange':
      return 'short';
    case 'deadlineExceeded':
      return 'timedOut';
    case 'permissionDenied':
    case 'unauthenticated':
    case 'failedPrecondition':
    case 'invalidArgument':
      return 'refused';
    case 'unavailable':
      return 'unavailable';
    default:
      return 'other';
  }
}
