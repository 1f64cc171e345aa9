import type { JournalEntry } from '@alluvium/journal';
import type { Gzip } from '@alluvium/platform';
import { BinaryWriter, journal } from '@alluvium/wire';

/** What has gone into a backup so far. */
export interface BackupCounters {
  entries: number;
  /** Of the file: compressed. */
  bytes: number;
}

const PIECE_BYTES = 64 * 1024;

/**
 * The bytes of a backup file: one gzip member of entries, each behind its length as a varint. Counts into `counters`, when given, as
 * it goes.
 */
export async function* encodeBackup(
  entries: AsyncIterable<readonly JournalEntry[]>,
  gzip: Gzip,
  counters: BackupCounters = { entries: 0, bytes: 0 },
): AsyncGenerator<Buffer> {
  for await (const piece of gzip.compress(framed(entries, counters))) {
    counters.bytes += piece.length;
    yield piece;
  }
}

async function* framed(batches: AsyncIterable<readonly JournalEntry[]>, counters: BackupCounters): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  for await (const batch of batches) {
    const writer = new BinaryWriter();
    for (const entry of batch) journal.JournalEntry.encode(entry, writer.fork()).join();
    counters.entries += batch.length;
    const piece = writer.finish();
    pieces.push(piece);
    bytes += piece.length;
    if (bytes < PIECE_BYTES) continue;
    yield Buffer.concat(pieces, bytes);
    pieces = [];
    bytes = 0;
  }
  yield Buffer.concat(pieces, bytes);
}
