// What a journal's bytes are spent on: per kind of entry, and per kind of operation.
import { kindOfEntry, type JournalEntry } from '@alluvium/journal';
import { journal } from '@alluvium/wire';

interface Count {
  count: number;
  bytes: number;
}

/** Kinds of operations are bounded by the program, but for batches; those of more entries count as one. */
const MAX_SHAPE = 8;

export class JournalStatistics {
  readonly #kinds = new Map<string, Count>();
  readonly #operations = new Map<string, Count>();

  /** `bytes` of the whole record; 0 in a checkpoint. */
  add(entries: readonly JournalEntry[], bytes: number): void {
    for (const entry of entries) count(this.#kinds, kindOfEntry(entry), journal.JournalEntry.encode(entry).finish().length);
    if (bytes === 0) return;
    const kinds = entries.map(kindOfEntry);
    count(this.#operations, kinds.length > MAX_SHAPE ? `${kinds.slice(0, MAX_SHAPE).join(' ')} ...` : kinds.join(' '), bytes);
  }

  toJSON(): object {
    return { entries: Object.fromEntries(this.#kinds), operations: Object.fromEntries(this.#operations) };
  }

  text(): string {
    const part = (title: string, counts: ReadonlyMap<string, Count>): string[] =>
      counts.size === 0
        ? []
        : [
            `${'count'.padStart(10)} ${'bytes'.padStart(12)} ${'each'.padStart(7)}  ${title}`,
            ...[...counts]
              .sort(([, a], [, b]) => b.bytes - a.bytes)
              .map(
                ([kind, { count: times, bytes }]) =>
                  `${String(times).padStart(10)} ${String(bytes).padStart(12)} ${(bytes / times).toFixed(1).padStart(7)}  ${kind}`,
              ),
          ];
    return [...part('entry', this.#kinds), ...part('operation, with its record', this.#operations), ''].join('\n');
  }
}

function count(counts: Map<string, Count>, name: string, bytes: number): void {
  let of = counts.get(name);
  if (of === undefined) counts.set(name, (of = { count: 0, bytes: 0 }));
  of.count++;
  of.bytes += bytes;
}
