// What an operator asks about copies of blocks, and about workers that hand over what they have.
import type { Cancellable } from '../file-system.js';

/** A file whose copies are to be looked at. */
export interface RepairFile {
  readonly fileId: bigint;
  readonly path: string;
  readonly state: 'RUNNING' | 'WAITING';
  readonly sinceMs: bigint;
  readonly attempts: number;
  readonly lastError: string | undefined;
  readonly min: number;
  /** -1: any number. */
  readonly max: number;
  /** Copies of the block with fewest, and of the one with most. */
  readonly fewest: number;
  readonly most: number;
}

/** A worker that was taken out of service. */
export interface DrainReport {
  readonly workerId: bigint;
  readonly host: string;
  readonly webPort: number;
  readonly rpcPort: number;
  /** LOOKING and HANDING_OVER go on; DONE, CANCELLED and LOST are over. */
  readonly state: string;
  readonly startedMs: bigint;
  readonly endedMs: bigint | undefined;
  /** What others have to have before it may go. */
  readonly blocksLeft: bigint;
  readonly bytesLeft: bigint;
  readonly blocksDone: bigint;
  readonly bytesDone: bigint;
  /** Blocks that were read much, which others have now. */
  readonly hotDone: bigint;
  readonly failures: bigint;
  readonly lastError: string | undefined;
}

export interface ReplicationReport {
  /** Those that have waited longest. */
  readonly files: readonly RepairFile[];
  readonly queued: bigint;
  /** Orders that workers work on. */
  readonly running: bigint;
  /** Files that want something of their copies. */
  readonly demanding: bigint;
  /** Since the master started. */
  readonly copied: bigint;
  readonly copiedBytes: bigint;
  readonly freed: bigint;
  readonly moved: bigint;
  readonly failed: bigint;
  /** As the last look at all files found it. */
  readonly lastPass:
    | { readonly looked: bigint; readonly toDo: bigint; readonly lacking: bigint; readonly lost: bigint; readonly endedMs: bigint }
    | undefined;
  readonly drains: readonly DrainReport[];
  readonly warmed: bigint;
  readonly notWarmed: bigint;
  readonly toWarm: bigint;
  readonly durableWaits: bigint;
  /** Why nothing is done now. */
  readonly idleReason: string | undefined;
}

export interface ReplicationOptions extends Cancellable {
  /** Files in the answer; 100 unless told. */
  readonly limit?: number;
}

export interface ReplicationAdmin {
  /** `unimplemented` by a master of Alluxio. Files are told to super users only. */
  replication(options?: ReplicationOptions): Promise<ReplicationReport>;
}
