// How a journal is, for people and for metrics.
import type { DiskSpace } from '@alluvium/platform';
import type { CheckpointProgress, KnownCheckpoint } from './checkpointer.js';

export type { CheckpointProgress, KnownCheckpoint };

/** What is known without asking the disk. */
export interface JournalFigures {
  /** READ_ONLY: the disk is full, and it goes away by itself; BROKEN: this process must be started again. */
  readonly state: 'SERVING' | 'READ_ONLY' | 'BROKEN';
  readonly segments: number;
  /** Of operations after the newest checkpoint. */
  readonly bytesSinceCheckpoint: number;
  readonly operationsSinceCheckpoint: number;
  /** When the newest was made, in milliseconds since 1970; undefined: there is none. */
  readonly lastCheckpointMs: number | undefined;
  readonly checkpointFailures: number;
  readonly flushes: number;
  readonly slowFlushes: number;
  readonly longestFlushMs: number;
  /** As of the last look. */
  readonly space: DiskSpace | undefined;
  readonly spaceLow: boolean;
}

export interface JournalStatus extends JournalFigures {
  readonly epoch: number;
  readonly lastSequence: number;
  readonly durableSequence: number;
  /** Why changes are refused. */
  readonly refusal: string | undefined;
  /** Of all segments. */
  readonly segmentBytes: number;
  /** Oldest first. */
  readonly checkpoints: readonly KnownCheckpoint[];
  /** Of a checkpoint that is being made. */
  readonly checkpointProgress: CheckpointProgress | undefined;
  /** Why the last attempt failed, or what the start found damaged; undefined when all is well. */
  readonly checkpointError: string | undefined;
}
