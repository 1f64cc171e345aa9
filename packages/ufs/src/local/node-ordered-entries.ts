// The entries of a local directory in the order of object keys, without holding the event loop for long, however many they are:
// sorted in chunks as they are read, then merged as they are asked for.
import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';

/** Entries that are sorted in one stretch. */
const CHUNK = 4096;
/** Entries that one call to the system answers. */
const READ_AT_ONCE = 512;

interface Keyed {
  readonly entry: Dirent;
  /** Where a directory comes: its name with `/` behind it. */
  readonly key: string;
}

/** What is left of a sorted chunk. */
interface Run {
  readonly sorted: readonly Keyed[];
  at: number;
}

/** `shown`: which names are wanted. Throws what opendir throws. */
export async function orderedEntries(full: string, shown: (name: string) => boolean): Promise<Generator<Dirent>> {
  const runs: Run[] = [];
  let chunk: Keyed[] = [];
  for await (const entry of await opendir(full, { bufferSize: READ_AT_ONCE })) {
    if (!shown(entry.name)) continue;
    chunk.push({ entry, key: entry.isDirectory() ? `${entry.name}/` : entry.name });
    if (chunk.length < CHUNK) continue;
    runs.push(sortedRun(chunk));
    chunk = [];
  }
  if (chunk.length > 0) runs.push(sortedRun(chunk));
  return merged(runs);
}

function sortedRun(chunk: Keyed[]): Run {
  return { sorted: chunk.sort((a, b) => compareKeys(a.key, b.key)), at: 0 };
}

/** A binary heap of the runs by their first entries. */
function* merged(runs: Run[]): Generator<Dirent> {
  const first = (run: Run): string => run.sorted[run.at]!.key;
  const sift = (from: number): void => {
    for (let at = from, least = from; ; at = least) {
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < runs.length && compareKeys(first(runs[child]!), first(runs[least]!)) < 0) least = child;
      if (least === at) return;
      [runs[at], runs[least]] = [runs[least]!, runs[at]!];
    }
  };
  for (let i = (runs.length >> 1) - 1; i >= 0; i--) sift(i);
  while (runs.length > 0) {
    const run = runs[0]!;
    yield run.sorted[run.at++]!.entry;
    if (run.at === run.sorted.length) {
      const last = runs.pop()!;
      if (runs.length === 0) return;
      runs[0] = last;
    }
    sift(0);
  }
}

const WIDE = /[\ud800-\uffff]/;

/** By UTF-8 bytes: as strings compare, but for what lies beyond the surrogates. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  if (WIDE.test(a) && WIDE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}
