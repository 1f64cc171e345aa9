// The byte layout of checkpoints, for ever. All numbers little-endian.
//
//   checkpoint  header, chunk, chunk, ..., trailer
//   header      "ALVC" u16 version, u16 flags, u64 epoch, u64 sequence, u64 created ms, u32 CRC32C of the 32 bytes before
//   chunk       u32 payload length, u32 CRC32C of the payload, payload: a JournalEntry whose journal_entries rebuild a part of the state
//   trailer     u32 0xffffffff, u64 number of entries, u32 CRC32C over the chunk checksums and the number
import { fail } from '@alluvium/base';
import { crc32c } from '@alluvium/platform';
import { journal } from '@alluvium/wire';
import { requireKnownFormat, type KnownFormat } from './format.js';
import type { JournalEntry } from './journal.js';
import type { Slices } from './slices.js';
import type { CheckpointName, CheckpointWriter } from './storage.js';

const MAGIC = 'ALVC';
const FORMAT_VERSION = 1;
const FORMAT: KnownFormat = { what: 'checkpoint', versions: [FORMAT_VERSION], flags: 0 };
const HEADER_BYTES = 36;
const CHUNK_HEADER_BYTES = 8;
const TRAILER_MARK = 0xffffffff;
const TRAILER_BYTES = 16;
/** Most entries of a chunk. */
const CHUNK_ENTRIES = 500;
/** Between two looks at the clock. */
const LOOK_ENTRIES = 50;

/**
 * Writes the entries of a snapshot and answers how many there were. Between slices, where there are any, other work goes on; `show` is
 * told how many are written so far, and gives up by throwing.
 */
export async function writeCheckpoint(
  writer: CheckpointWriter,
  name: CheckpointName,
  createdMs: number,
  entries: Iterator<JournalEntry>,
  slices?: Slices,
  show: (entries: number) => void = () => {},
): Promise<number> {
  await writer.write([encodeHeader(name, createdMs)]);
  let count = 0;
  let total = 0;
  for (;;) {
    show(count);
    const slice = take(entries, slices);
    if (slice.length === 0) break;
    count += slice.length;
    const payload = journal.JournalEntry.encode({ journalEntries: slice }).finish();
    const header = Buffer.allocUnsafe(CHUNK_HEADER_BYTES);
    header.writeUInt32LE(payload.length, 0);
    header.writeUInt32LE(crc32c(payload), 4);
    total = crc32c(header.subarray(4), total);
    await writer.write([header, payload]);
    if (slices?.spent === true) await slices.rest();
  }
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeUInt32LE(TRAILER_MARK, 0);
  trailer.writeBigUInt64LE(BigInt(count), 4);
  trailer.writeUInt32LE(crc32c(trailer.subarray(4, 12), total), 12);
  await writer.write([trailer]);
  return count;
}

/** A chunk: as many entries as the slice has time for. */
function take(entries: Iterator<JournalEntry>, slices: Slices | undefined): JournalEntry[] {
  const out: JournalEntry[] = [];
  while (out.length < CHUNK_ENTRIES) {
    const next = entries.next();
    if (next.done === true) break;
    out.push(next.value);
    if (out.length % LOOK_ENTRIES === 0 && slices?.spent === true) break;
  }
  return out;
}

function encodeHeader(name: CheckpointName, createdMs: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt16LE(FORMAT_VERSION, 4);
  bytes.writeBigUInt64LE(BigInt(name.epoch), 8);
  bytes.writeBigUInt64LE(BigInt(name.sequence), 16);
  bytes.writeBigUInt64LE(BigInt(Math.round(createdMs)), 24);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 32)), 32);
  return bytes;
}

/** A part of a checkpoint whose checksum holds. */
export interface CheckpointChunk {
  /** Where it begins in the file. */
  readonly offset: number;
  /** A JournalEntry whose journal_entries rebuild a part of the state. */
  readonly payload: Buffer;
}

/** The entries of a checkpoint, a chunk at a time; see {@link checkpointChunks}. */
export async function* readCheckpoint(
  source: AsyncIterable<Buffer>,
  file: string,
  name?: CheckpointName,
): AsyncGenerator<readonly JournalEntry[]> {
  for await (const { payload } of checkpointChunks(source, file, name)) yield journal.JournalEntry.decode(payload).journalEntries ?? [];
}

/** Reads a checkpoint from end to end. Throws `dataLoss` where it is damaged; answers how many entries it has. */
export async function verifyCheckpoint(source: AsyncIterable<Buffer>, file: string, name?: CheckpointName): Promise<number> {
  const chunks = checkpointChunks(source, file, name);
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) return next.value;
  }
}

/**
 * The chunks of a checkpoint; returns the number of entries that its trailer tells. Throws `dataLoss` with the byte offset where it is
 * damaged or, where a name is given, another's; what was answered before is then worth nothing, so a caller checks the whole file once before it applies any.
 */
export async function* checkpointChunks(
  source: AsyncIterable<Buffer>,
  file: string,
  name?: CheckpointName,
): AsyncGenerator<CheckpointChunk, number> {
  const reader = new ByteReader(source, file);
  try {
    const header = await readHeader(reader, file);
    if (name !== undefined && (header.sequence !== name.sequence || header.epoch !== name.epoch))
      throw damage(file, 0, 'its header names another checkpoint');
    return yield* readChunks(reader, file);
  } finally {
    await reader.close();
  }
}

async function* readChunks(reader: ByteReader, file: string): AsyncGenerator<CheckpointChunk, number> {
  let total = 0;
  for (;;) {
    const { offset } = reader;
    const length = (await reader.take(4)).readUInt32LE(0);
    if (length === TRAILER_MARK) break;
    const sum = await reader.take(4);
    const payload = await reader.take(length);
    if (crc32c(payload) !== sum.readUInt32LE(0)) throw damage(file, offset, 'a chunk does not match its checksum');
    total = crc32c(sum, total);
    yield { offset, payload };
  }
  const trailer = await reader.take(TRAILER_BYTES - 4);
  if (trailer.readUInt32LE(8) !== crc32c(trailer.subarray(0, 8), total)) throw reader.damage('the trailer does not match the content');
  return Number(trailer.readBigUInt64LE(0));
}

export interface CheckpointHeader extends CheckpointName {
  /** In milliseconds since 1970. */
  readonly createdMs: number;
}

/** The header alone. Throws as {@link checkpointChunks}. */
export async function checkpointHeader(source: AsyncIterable<Buffer>, file: string): Promise<CheckpointHeader> {
  const reader = new ByteReader(source, file);
  try {
    return await readHeader(reader, file);
  } finally {
    await reader.close();
  }
}

async function readHeader(reader: ByteReader, file: string): Promise<CheckpointHeader> {
  const bytes = await reader.take(HEADER_BYTES);
  if (bytes.toString('latin1', 0, 4) !== MAGIC || bytes.readUInt32LE(32) !== crc32c(bytes.subarray(0, 32))) {
    throw damage(file, 0, 'its header is damaged');
  }
  requireKnownFormat(FORMAT, file, bytes.readUInt16LE(4), bytes.readUInt16LE(6));
  return {
    epoch: Number(bytes.readBigUInt64LE(8)),
    sequence: Number(bytes.readBigUInt64LE(16)),
    createdMs: Number(bytes.readBigUInt64LE(24)),
  };
}

class ByteReader {
  readonly #iterator: AsyncIterator<Buffer>;
  readonly #file: string;
  #left: Buffer = Buffer.alloc(0);
  offset = 0;

  constructor(source: AsyncIterable<Buffer>, file: string) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#file = file;
  }

  async take(length: number): Promise<Buffer> {
    if (length > 1 << 30) throw this.damage(`a chunk claims ${length} bytes`);
    const parts: Buffer[] = [];
    let missing = length;
    while (missing > this.#left.length) {
      if (this.#left.length > 0) parts.push(this.#left);
      missing -= this.#left.length;
      const next = await this.#iterator.next();
      if (next.done === true) throw this.damage('it ends early');
      this.#left = next.value;
    }
    parts.push(this.#left.subarray(0, missing));
    this.#left = this.#left.subarray(missing);
    this.offset += length;
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  /** Gives up what is left of the source. */
  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  damage(what: string): Error {
    return damage(this.#file, this.offset, what);
  }
}

function damage(file: string, offset: number, what: string): Error {
  return fail(
    'dataLoss',
    `Cannot read checkpoint "${file}" at byte ${offset}: ${what}; nothing was changed. Restore the file from a copy, keep what is whole with "alluvium journal salvage", or move the journal directory away and start from a backup`,
  );
}
