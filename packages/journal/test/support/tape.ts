import type { JournalEntry, JournaledState } from '@alluvium/journal';
import { journal } from '@alluvium/wire';

/** Keeps every entry, whatever it is. */
export class Tape implements JournaledState {
  readonly entries: JournalEntry[] = [];

  apply(entry: JournalEntry): void {
    this.entries.push(entry);
  }

  snapshot(): Iterator<JournalEntry> {
    return [...this.entries][Symbol.iterator]();
  }

  /** The bytes of each entry in hexadecimal digits. */
  lines(): string[] {
    return this.entries.map((entry) => Buffer.from(journal.JournalEntry.encode(entry).finish()).toString('hex'));
  }
}
