import type { BinaryReader, journal } from '@alluvium/wire';
import type { JournalFigures, JournalStatus } from './journal-status.js';

export type JournalEntry = journal.JournalEntry;

/** State that changes only by applying journal entries. */
export interface JournaledState {
  /**
   * Applies one entry; pure: the same entries give the same state. Throws only on a broken invariant. `sequence` is that of the
   * operation it belongs to, undefined for entries of a checkpoint.
   */
  apply(entry: JournalEntry, sequence?: number): void;
  /**
   * Applies an entry of a checkpoint from its bytes, if there is a quicker way for it than to decode it first: the message of
   * `length` bytes at the reader's place, which is that `field` of a JournalEntry and all there is in it. False, with nothing
   * changed, where there is none.
   */
  applyEncoded?(field: number, reader: BinaryReader, length: number): boolean;
  /**
   * The state at this moment as entries that rebuild it from nothing. The iteration may go on while `apply` is called and
   * still answers the state at the moment of the call. `return()` on the iterator gives up early.
   */
  snapshot(): Iterator<JournalEntry>;
}

/**
 * The write-ahead log of one writer. An operation is a list of entries that is kept or lost as a whole.
 *
 *   append --(buffer)--> group: one write, one fdatasync, one look for a higher epoch --> durable
 */
export interface Journal {
  /** Of the last appended operation; 0 before the first. */
  readonly lastSequence: number;
  /** All operations up to here survive a crash. */
  readonly durableSequence: number;
  /** Why appends are refused (disk full, fenced, broken), or undefined. Disk full goes away by itself. */
  readonly refusal: Error | undefined;
  /** Resolves when this writer is broken for good (fenced, failed fdatasync): its process must stop serving. */
  readonly failed: Promise<Error>;
  /**
   * Takes an operation; the caller applies its entries at once, in the same synchronous stretch.
   * Answers its sequence. Throws with nothing taken while refused: `resourceExhausted` when the disk is full, else `unavailable`.
   */
  append(entries: readonly JournalEntry[]): number;
  /**
   * Resolves when everything appended so far is durable; undefined when it is already (the fast case for readers).
   * Rejects with `unavailable` when this writer was fenced or the disk failed for good; what was taken but is not durable
   * is then unknown to the caller, and the process must not serve on with its memory ahead of the log.
   */
  flushed(): Promise<void> | undefined;
  /** For metrics. */
  readonly figures: JournalFigures;
  /** How it is, looked up now. */
  status(): Promise<JournalStatus>;
  /**
   * Writes a checkpoint of the state while serving, reads it back, and removes the segments behind the one before; joins the one that is
   * being made, if any. `resourceExhausted` without room for it, `dataLoss` when the disk does not give back what was written.
   */
  checkpoint(): Promise<void>;
  /**
   * For a journal without operations whose state was filled from elsewhere: makes that state durable as its first checkpoint, which
   * counts as operation 1. A crash before it resolves leaves the journal empty; a writer for which it rejects is only to be closed.
   */
  begin(): Promise<void>;
  close(): Promise<void>;
}
