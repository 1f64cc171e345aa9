import { AlluviumError, fail, messageOf } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Gzip } from '@alluvium/platform';
import { journal } from '@alluvium/wire';

/** A longer entry is damage: a file with the most blocks that one can have takes a sixth of it. */
const MAX_ENTRY_BYTES = 64 * 2 ** 20;
const MAX_VARINT_BYTES = 5;

/**
 * The entries of a backup file of that name, those of one expanded piece at a time. Throws `invalidArgument` for what is no backup,
 * `dataLoss` for one that is cut off or damaged: what came before then counts for nothing.
 */
export async function* decodeBackup(chunks: AsyncIterable<Uint8Array>, name: string, gzip: Gzip): AsyncGenerator<readonly JournalEntry[]> {
  const frames = new Frames(name);
  for await (const piece of expanded(gzip, chunks, frames)) {
    const entries = frames.take(piece);
    if (entries.length > 0) yield entries;
  }
  frames.end();
}

async function* expanded(gzip: Gzip, chunks: AsyncIterable<Uint8Array>, frames: Frames): AsyncGenerator<Buffer> {
  try {
    yield* gzip.expand(chunks);
  } catch (error) {
    if (error instanceof AlluviumError && (error.kind === 'invalidArgument' || error.kind === 'dataLoss'))
      throw frames.unreadable(error.kind, error.message, error);
    throw error;
  }
}

/** Cuts a stream of bytes into entries. */
class Frames {
  readonly #name: string;
  #left: Buffer[] = [];
  #leftBytes = 0;
  /** Of the entry that `left` begins with, its length included; 0: not known yet. */
  #wanted = 0;
  #entries = 0;

  constructor(name: string) {
    this.#name = name;
  }

  take(piece: Buffer): JournalEntry[] {
    this.#left.push(piece);
    this.#leftBytes += piece.length;
    if (this.#leftBytes < this.#wanted) return [];
    const bytes = this.#left.length === 1 ? piece : Buffer.concat(this.#left, this.#leftBytes);
    const entries: JournalEntry[] = [];
    let at = 0;
    for (;;) {
      const start = at;
      const frame = this.#frameAt(bytes, at);
      this.#wanted = frame === undefined ? 0 : frame.end - start;
      if (frame === undefined || frame.end > bytes.length) break;
      entries.push(this.#decode(bytes.subarray(frame.start, frame.end)));
      at = frame.end;
    }
    this.#left = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#leftBytes = bytes.length - at;
    return entries;
  }

  /** The file is at its end. */
  end(): void {
    if (this.#leftBytes > 0) throw this.unreadable('dataLoss', 'the last entry is cut off');
    if (this.#entries === 0) throw this.unreadable('invalidArgument', 'it is empty');
  }

  /** Where the entry that begins at `offset` lies; undefined when not even its length is there. */
  #frameAt(bytes: Buffer, offset: number): { start: number; end: number } | undefined {
    let length = 0;
    for (let at = offset, scale = 1; at < bytes.length; at++, scale *= 128) {
      const byte = bytes[at]!;
      length += (byte & 127) * scale;
      if (byte < 128) {
        if (length > MAX_ENTRY_BYTES)
          throw this.unreadable('dataLoss', `an entry claims ${length} bytes, and none has more than ${MAX_ENTRY_BYTES}`);
        return { start: at + 1, end: at + 1 + length };
      }
      if (at - offset + 1 === MAX_VARINT_BYTES) throw this.unreadable('dataLoss', 'an entry has no length');
    }
    return undefined;
  }

  #decode(bytes: Buffer): JournalEntry {
    try {
      const entry = journal.JournalEntry.decode(bytes);
      this.#entries++;
      return entry;
    } catch (error) {
      throw this.unreadable('dataLoss', `an entry of ${bytes.length} bytes is damaged: ${messageOf(error)}`, error);
    }
  }

  unreadable(kind: 'dataLoss' | 'invalidArgument', what: string, cause?: unknown): AlluviumError {
    const read = `Cannot read the backup "${this.#name}" after ${this.#entries} entries`;
    return fail(kind, `${read}: ${what}; a whole file that Alluxio or Alluvium has written wanted`, cause);
  }
}
