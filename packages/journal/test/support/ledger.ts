import type { JournalEntry, JournaledState } from '@alluvium/journal';

/** Block lengths: the smallest state that shows which entries were applied, and in which order. */
export class Ledger implements JournaledState {
  readonly lengths = new Map<bigint, bigint>();

  apply(entry: JournalEntry): void {
    this.lengths.set(entry.blockInfo!.blockId!, entry.blockInfo!.length!);
  }

  snapshot(): Iterator<JournalEntry> {
    return [...this.lengths].map(([id, length]) => lengthOf(id, length))[Symbol.iterator]();
  }
}

export function lengthOf(blockId: bigint, length: bigint): JournalEntry {
  return { blockInfo: { blockId, length } };
}

/** An operation that is told from others by its tag; two entries that belong together. */
export function operation(tag: number): JournalEntry[] {
  return [lengthOf(BigInt(tag % 5), BigInt(tag)), lengthOf(BigInt(100 + (tag % 3)), BigInt(tag))];
}

export function stateAfter(tags: readonly number[]): Map<bigint, bigint> {
  const ledger = new Ledger();
  for (const tag of tags) for (const entry of operation(tag)) ledger.apply(entry);
  return ledger.lengths;
}

export function sorted(lengths: ReadonlyMap<bigint, bigint>): [bigint, bigint][] {
  return [...lengths].sort(([a], [b]) => Number(a - b));
}
