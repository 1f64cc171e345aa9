export interface JournalOptions {
  /** A segment is closed at this size. */
  readonly segmentBytes: number;
  /** A checkpoint is written when so many operations came after the last one. */
  readonly checkpointOperations: number;
  /** Or so many bytes of journal, */
  readonly checkpointBytes: number;
  /** or when the last one is this old and something has happened since. */
  readonly checkpointAgeMs: number;
  /** Taken but not yet written; beyond it appends are refused. */
  readonly bufferBytes: number;
  /** Kept back so that what was taken can be finished when the disk is full; at least `bufferBytes`. 0: nothing. */
  readonly reserveBytes: number;
  /** How often space is looked for after the disk was full. */
  readonly retryMs: number;
  /** A flush that takes this long is told of. */
  readonly slowFlushMs: number;
  /** How often the space of the disk is looked at. */
  readonly spaceIntervalMs: number;
  /** Less free space, in percent, is told of. */
  readonly spaceThresholdPercent: number;
}

export const DEFAULT_JOURNAL_OPTIONS: JournalOptions = {
  segmentBytes: 64 * 2 ** 20,
  checkpointOperations: 2_000_000,
  checkpointBytes: 512 * 2 ** 20,
  checkpointAgeMs: 24 * 3_600_000,
  bufferBytes: 8 * 2 ** 20,
  reserveBytes: 16 * 2 ** 20,
  retryMs: 1000,
  slowFlushMs: 5000,
  spaceIntervalMs: 600_000,
  spaceThresholdPercent: 10,
};
