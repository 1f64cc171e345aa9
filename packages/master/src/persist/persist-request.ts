import type { InodeId, WorkerId } from '@alluvium/base';
import type { MountLane } from './mount-lane.js';
import type { PersistRecord, WaitingFile } from './persist-ledger.js';

/**
 *   scheduled --its time has come--> ready --a worker has room--> beginning --> running --worker wrote the file--> finishing --> gone
 *      ^                                                              |            |                                  |
 *      +------------ ending: noted, left-overs removed <--------------+------------+----------------------------------+
 */
export type RequestState = 'scheduled' | 'ready' | 'beginning' | 'running' | 'finishing' | 'ending';

/** A file in the queue. Times named so are of the monotonic clock, others wall clock. */
export class PersistRequest {
  readonly file: InodeId;
  readonly length: number;
  readonly sinceMs: number;
  /** The first attempt is not made before. */
  fromMs: number;
  state: RequestState = 'scheduled';
  /** Monotonic. */
  dueMs: number;
  heapIndex = -1;
  attempts: number;
  lastError: string | undefined;
  lastAttemptMs: number | undefined;
  nextAttemptMs: number | undefined;
  /** It need not be persisted any more. */
  gone = false;
  /** Why it is not tried under its present name. */
  held: string | undefined;
  /** Looks at it in a row that found bytes missing. */
  misses = 0;
  order: RunningOrder | undefined;

  constructor(waiting: WaitingFile, dueMs: number) {
    const { record } = waiting;
    this.file = waiting.file;
    this.length = waiting.length;
    this.sinceMs = waiting.sinceMs;
    this.fromMs = waiting.fromMs;
    this.dueMs = dueMs;
    this.attempts = record?.attempts ?? 0;
    this.lastError = record?.lastError;
    this.lastAttemptMs = record?.lastAttemptMs;
    this.nextAttemptMs = Math.max(waiting.fromMs, record?.nextAttemptMs ?? 0);
  }

  get isBusy(): boolean {
    return this.state !== 'scheduled' && this.state !== 'ready';
  }

  record(): PersistRecord {
    return {
      sinceMs: this.sinceMs,
      attempts: this.attempts,
      lastError: this.lastError ?? '',
      lastAttemptMs: this.lastAttemptMs ?? 0,
      nextAttemptMs: this.nextAttemptMs ?? 0,
    };
  }
}

export interface RunningOrder {
  readonly id: bigint;
  readonly lane: MountLane<PersistRequest>;
  /** Monotonic. */
  readonly beganMs: number;
  /** Monotonic; an answer is wanted until then. */
  deadlineMs: number;
  /** Who works on it and is charged for it. */
  worker: WorkerId | undefined;
  /** The worker has executed it again while the file was put in its place. */
  repeated: boolean;
}
