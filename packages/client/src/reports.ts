import type { BlockLocation } from './file-status.js';
import type { Cancellable } from './file-system.js';

export interface MountPoint {
  readonly path: string;
  readonly ufsUri: string;
  readonly ufsType: string;
  readonly mountId: bigint;
  readonly readOnly: boolean;
  readonly shared: boolean;
  /** READ_WRITE, READ_ONLY or NO_ACCESS: what the master may do with the store; undefined when the master does not say. */
  readonly ufsMode: string | undefined;
  /** -1n: the store does not say. */
  readonly ufsCapacityBytes: bigint;
  readonly ufsUsedBytes: bigint;
  readonly properties: Readonly<Record<string, string>>;
}

export interface BlockReport {
  readonly blockId: bigint;
  readonly lengthBytes: bigint;
  readonly locations: readonly BlockLocation[];
}

export interface WorkerReport {
  readonly workerId: bigint;
  readonly host: string;
  readonly rpcPort: number;
  readonly dataPort: number;
  /** What the master says of it: `In Service` ... */
  readonly state: string;
  readonly capacityBytes: bigint;
  readonly usedBytes: bigint;
  readonly startTimeMs: bigint;
}

export interface ClusterReport {
  readonly leaderAddress: string;
  readonly version: string;
  readonly clusterId: string;
  readonly startTimeMs: bigint;
  readonly upTimeMs: bigint;
  readonly capacityBytes: bigint;
  readonly usedBytes: bigint;
  readonly liveWorkers: number;
  readonly lostWorkers: number;
}

export interface ConfigurationReport {
  readonly properties: readonly { readonly name: string; readonly value: string; readonly source: string }[];
  readonly clusterHash: string;
}

/** LOST: no worker that is here has all of its bytes, and no store has them. */
export type PersistState = 'WAITING' | 'RUNNING' | 'FINISHING' | 'PAUSED' | 'LOST';

/** A file that waits to be persisted. Times are milliseconds since the epoch. */
export interface PersistQueueEntry {
  readonly fileId: bigint;
  readonly path: string;
  readonly lengthBytes: bigint;
  readonly state: PersistState;
  /** Since when it waits. */
  readonly sinceMs: bigint;
  /** Attempts that failed. */
  readonly attempts: number;
  readonly lastError: string | undefined;
  readonly lastAttemptMs: bigint | undefined;
  readonly nextAttemptMs: bigint | undefined;
  /** The worker that copies it now. */
  readonly workerId: bigint | undefined;
}

/** A mount that nothing is persisted to at the moment. */
export interface PausedMount {
  readonly path: string;
  readonly ufsUri: string;
  readonly reason: string;
  /** Files that wait for it. */
  readonly waiting: bigint;
}

export interface PersistQueueReport {
  /** Oldest first, as many as were asked for. */
  readonly entries: readonly PersistQueueEntry[];
  /** All that wait at or below the path, shown or not. */
  readonly files: bigint;
  readonly bytes: bigint;
  /** Of these: being copied or put in place, and waiting because their mount or name is paused. */
  readonly running: bigint;
  readonly held: bigint;
  /** Files whose bytes are missing, which are not among those that wait. */
  readonly lost: bigint;
  /** Files of others that were in the way since the master started, and were set aside. */
  readonly setAside: bigint;
  /** Undefined when nothing waits. */
  readonly oldestSinceMs: bigint | undefined;
  readonly paused: readonly PausedMount[];
}

export interface PersistQueueOptions extends Cancellable {
  /** Entries to show; the master gives at most 10,000. */
  readonly limit?: number;
  /** Goes on behind this entry of the answer before. */
  readonly afterFileId?: bigint;
}
