import type { JournalEntry } from '@alluvium/journal';

/**
 * The way every change takes: append to the journal, apply to the state in the same synchronous stretch, wait until it is durable.
 * Throws `unavailable` with nothing changed while the journal refuses.
 */
export interface Committer {
  /** Whether the journal takes entries now. */
  readonly accepting: boolean;
  /** Throws what a commit would throw now: to be asked before a store is changed. */
  requireAccepting(): void;
  /** Append and apply now; the answer resolves when durable. */
  commit(entries: readonly JournalEntry[]): Promise<void>;
  /** Undefined when everything that was read is durable already. A reader awaits it before it answers. */
  settled(): Promise<void> | undefined;
}
