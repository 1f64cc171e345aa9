// One backup from the first byte to its `.complete`:
//
//   settle what was left -> part: written, read back whole -> whole: the mark, not yet valid -> part gets its name -> whole becomes .complete
//
// A crash before the name leaves a part, which the next look at the directory removes; after it, a verified backup, which the next look
// marks as complete.
import { fail } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Logger } from '@alluvium/platform';
import { settleLeftovers } from './leftovers.js';
import { encodeMark, type BackupMark } from './mark.js';
import { backupName, completeName, workNames, type WorkNames } from './names.js';
import type { BackupPlace } from './place.js';

/** What goes into a backup, and its form. */
export interface BackupFormat {
  /** The state at the moment of the call of `next`, in the order of the file. */
  entries(): AsyncGenerator<readonly JournalEntry[]>;
  encode(entries: AsyncIterable<readonly JournalEntry[]>): AsyncIterable<Buffer>;
  /** Throws `dataLoss` when the file is not whole. */
  decode(chunks: AsyncIterable<Buffer>, name: string): AsyncIterable<readonly JournalEntry[]>;
}

export interface BackupWork {
  readonly place: BackupPlace;
  readonly format: BackupFormat;
  readonly id: string;
  readonly writer: string;
  readonly scheduled: boolean;
  readonly log: Logger;
  readonly nowMs: () => number;
  /** Undefined when everything that the state holds is durable; else when it is. */
  readonly settled: () => Promise<void> | undefined;
  /** Told how many entries have been written. */
  readonly progress: (entries: number) => void;
  readonly signal: AbortSignal;
}

export interface WrittenBackup {
  readonly name: string;
  readonly entries: number;
  readonly bytes: number;
}

/** Resolves when the backup is complete. When it rejects nothing is left in the directory, unless that does not answer. */
export async function writeBackup(work: BackupWork): Promise<WrittenBackup> {
  const { place, writer, log, signal } = work;
  const startedMs = work.nowMs();
  const taken = await settleLeftovers(place, writer, log);
  const names = workNames(freeName(taken, startedMs), writer);
  try {
    signal.throwIfAborted();
    const { entries, bytes } = await writePart(work, names.part);
    // What a crash could still take back must not be in a backup.
    await work.settled();
    await verify(work, names.part, entries);
    const mark = { id: work.id, writer, scheduled: work.scheduled, startedMs, endedMs: work.nowMs(), entries, bytes };
    await finish(place, names, mark);
    return { name: names.backup, entries, bytes };
  } catch (error) {
    await removeAll(place, names, log);
    throw error;
  }
}

/** A clock that was set back must not lead to the name of another backup. */
function freeName(taken: ReadonlySet<string>, timeMs: number): string {
  let name = backupName(timeMs);
  for (let next = timeMs + 1; taken.has(name) || taken.has(completeName(name)); next++) name = backupName(next);
  return name;
}

async function writePart(work: BackupWork, part: string): Promise<{ entries: number; bytes: number }> {
  let entries = 0;
  async function* counted(): AsyncGenerator<readonly JournalEntry[]> {
    for await (const batch of work.format.entries()) {
      work.signal.throwIfAborted();
      entries += batch.length;
      work.progress(entries);
      yield batch;
    }
  }
  const bytes = await work.place.write(part, stoppable(work.format.encode(counted()), work.signal));
  return { entries, bytes };
}

/** Reads what was written back from where it is. */
async function verify({ place, format, signal }: BackupWork, part: string, written: number): Promise<void> {
  let read = 0;
  for await (const batch of format.decode(stoppable(place.read(part), signal), `${place.uri}/${part}`)) read += batch.length;
  if (read !== written) throw fail('dataLoss', `Cannot back up to "${place.uri}": ${written} entries were written and ${read} are there`);
}

async function finish(place: BackupPlace, names: WorkNames, mark: BackupMark): Promise<void> {
  await place.write(names.whole, [encodeMark(mark)]);
  await place.move(names.part, names.backup);
  await place.move(names.whole, completeName(names.backup));
}

/** Best effort: what cannot be removed now, the next look at the directory removes. */
async function removeAll(place: BackupPlace, { backup, part, whole }: WorkNames, log: Logger): Promise<void> {
  for (const name of [whole, completeName(backup), backup, part])
    await place.remove(name).catch((error: unknown) => log.debug('not removed', { uri: `${place.uri}/${name}`, reason: String(error) }));
}

async function* stoppable(chunks: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    yield chunk;
  }
}
