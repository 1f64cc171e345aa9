import type { WorkerState } from '../block/worker-registry.js';

/**
 *   looking --something is needed--> handing over --again--> looking --nothing is needed, linger over--> done
 *      |----enabled again----> cancelled            |----silent----> waiting for it, or forgotten: lost
 */
export type DrainState = 'LOOKING' | 'HANDING_OVER' | 'DONE' | 'CANCELLED' | 'LOST';

/** How far a worker is with handing over what it has. */
export class Drain {
  readonly worker: WorkerState;
  readonly startedMs: number;
  state: DrainState = 'LOOKING';
  /** As counted by the last look: blocks that nobody else has, or that too few would have without this worker. */
  blocksLeft = 0;
  bytesLeft = 0;
  blocksDone = 0;
  bytesDone = 0;
  /** Hot blocks that others have now. */
  hotDone = 0;
  failures = 0;
  lastError: string | undefined;
  endedMs: number | undefined;

  constructor(worker: WorkerState, startedMs: number) {
    this.worker = worker;
    this.startedMs = startedMs;
  }

  get isOver(): boolean {
    return this.state === 'DONE' || this.state === 'CANCELLED' || this.state === 'LOST';
  }
}
