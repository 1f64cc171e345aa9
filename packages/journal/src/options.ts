export interface JournalOptions {
  /** A segment is closed at this size. */
  readonly segmentBytes: number;
  /** A checkpoint is written when so many operations came after the last one. */
  readonly checkpointOperations: number;
  /** Taken but not yet written; beyond it appends are refused. */
  readonly bufferBytes: number;
  /** Kept back so that what was taken can be finished when the disk is full; at least `bufferBytes`. 0: nothing. */
  readonly reserveBytes: number;
  /** How often space is looked for after the disk was full. */
  readonly retryMs: number;
}

export const DEFAULT_JOURNAL_OPTIONS: JournalOptions = {
  segmentBytes: 64 * 2 ** 20,
  checkpointOperations: 2_000_000,
  bufferBytes: 8 * 2 ** 20,
  reserveBytes: 16 * 2 ** 20,
  retryMs: 1000,
};
