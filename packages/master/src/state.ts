import { InvariantError } from '@alluvium/base';
import type { JournalEntry, JournaledState } from '@alluvium/journal';
import type { BinaryReader } from '@alluvium/wire';

/** One of the stores that make up the master's state. */
export interface StatePart {
  /** Applies the entry if its kind belongs to this part; false otherwise. */
  apply(entry: JournalEntry): boolean;
  /** See JournaledState.applyEncoded. */
  applyEncoded?(field: number, reader: BinaryReader, length: number): boolean;
  /** This part at this moment as entries, taken lazily (see JournaledState.snapshot). */
  snapshot(): Iterator<JournalEntry>;
}

/** Is shown every entry that is not of a checkpoint, before it is applied. */
export interface StateObserver {
  observe(entry: JournalEntry, sequence: number): void;
}

/** Entry kinds of Alluxio that have no meaning here; a backup may hold them. */
const IGNORED: readonly (keyof JournalEntry)[] = ['activeSyncTxId', 'addSyncPoint', 'removeSyncPoint', 'loadJob', 'copyJob'];

/** Everything that the journal rebuilds: inodes, mounts, blocks, identity. */
export class MasterState implements JournaledState {
  readonly #parts: readonly StatePart[];
  readonly #observer: StateObserver | undefined;
  readonly #quick: readonly Required<StatePart>[];

  constructor(parts: readonly StatePart[], observer?: StateObserver) {
    this.#parts = parts;
    this.#observer = observer;
    this.#quick = parts.filter((part): part is Required<StatePart> => part.applyEncoded !== undefined);
  }

  apply(entry: JournalEntry, sequence?: number): void {
    if (sequence !== undefined) this.#observer?.observe(entry, sequence);
    for (const part of this.#parts) if (part.apply(entry)) return;
    if (IGNORED.some((kind) => entry[kind] !== undefined)) return;
    throw new InvariantError(`No part of the master's state takes the journal entry with fields ${Object.keys(entry).join(', ')}`);
  }

  applyEncoded(field: number, reader: BinaryReader, length: number): boolean {
    const { pos } = reader;
    for (const part of this.#quick) {
      if (part.applyEncoded(field, reader, length)) return true;
      reader.pos = pos;
    }
    return false;
  }

  snapshot(): Iterator<JournalEntry> {
    // Each part's snapshot begins now, not when the iteration reaches it.
    const iterators = this.#parts.map((part) => part.snapshot());
    let index = 0;
    return {
      next(): IteratorResult<JournalEntry> {
        for (; index < iterators.length; index++) {
          const result = iterators[index]!.next();
          if (result.done !== true) return result;
        }
        return { done: true, value: undefined };
      },
      return(): IteratorResult<JournalEntry> {
        for (const iterator of iterators) iterator.return?.();
        index = iterators.length;
        return { done: true, value: undefined };
      },
    };
  }
}
