import type { Journal, JournalEntry } from '@alluvium/journal';
import type { Committer } from './commit.js';
import type { MasterState } from './state.js';

const DURABLE = Promise.resolve();

/** Commits by appending to the journal and applying to the state. */
export class JournalCommitter implements Committer {
  readonly #journal: Journal;
  readonly #state: MasterState;

  constructor(journal: Journal, state: MasterState) {
    this.#journal = journal;
    this.#state = state;
  }

  get accepting(): boolean {
    return this.#journal.refusal === undefined;
  }

  requireAccepting(): void {
    const { refusal } = this.#journal;
    if (refusal !== undefined) throw refusal;
  }

  commit(entries: readonly JournalEntry[]): Promise<void> {
    if (entries.length === 0) return this.settled() ?? DURABLE;
    const sequence = this.#journal.append(entries);
    for (const entry of entries) this.#state.apply(entry, sequence);
    return this.#journal.flushed() ?? DURABLE;
  }

  settled(): Promise<void> | undefined {
    return this.#journal.flushed();
  }
}
