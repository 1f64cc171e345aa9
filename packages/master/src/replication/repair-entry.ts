import type { InodeId, WorkerId } from '@alluvium/base';
import type { Due } from '../due-heap.js';

/** A file whose copies are to be looked at. */
export class RepairEntry implements Due {
  readonly file: InodeId;
  /** Since when it waits, wall clock. */
  readonly sinceMs: number;
  dueMs: number;
  heapIndex = -1;
  attempts = 0;
  lastError: string | undefined;
  /** The worker that failed last. */
  avoid: WorkerId | undefined;
  isServed = false;
  /** Something changed while it was served. */
  again = false;

  constructor(file: InodeId, sinceMs: number, dueMs: number) {
    this.file = file;
    this.sinceMs = sinceMs;
    this.dueMs = dueMs;
  }

  failed(why: string): void {
    this.attempts++;
    this.lastError = why;
  }
}
