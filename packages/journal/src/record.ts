// The byte layout of segments, for ever. All numbers little-endian.
//
//   segment   header, record, record, ...
//   header    "ALVJ" u16 version, u16 flags, u64 epoch, u64 first sequence, u64 created ms, u32 CRC32C of the 32 bytes before
//   record    u32 payload length, u32 CRC32C of all that follows, u64 sequence, u64 epoch, u32 place in its batch from 0, payload
//   payload   a JournalEntry whose journal_entries are the entries of one operation
import { fail } from '@alluvium/base';
import { crc32c } from '@alluvium/platform';
import { journal } from '@alluvium/wire';
import { decodeEntries } from './entry-reader.js';
import { requireKnownFormat, type KnownFormat } from './format.js';
import type { JournalEntry } from './journal.js';

const MAGIC = 'ALVJ';
export const FORMAT_VERSION = 1;
const FORMAT: KnownFormat = { what: 'journal segment', versions: [FORMAT_VERSION], flags: 0 };
export const HEADER_BYTES = 36;
export const RECORD_HEADER_BYTES = 28;
/** No operation is larger: a length beyond this is damage. */
export const MAX_PAYLOAD_BYTES = 64 * 2 ** 20;

export interface SegmentHeader {
  readonly epoch: number;
  readonly firstSequence: number;
  readonly createdMs: number;
}

export interface JournalRecord {
  readonly sequence: number;
  readonly epoch: number;
  readonly entries: readonly JournalEntry[];
}

export function encodeHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt16LE(FORMAT_VERSION, 4);
  bytes.writeUInt16LE(0, 6);
  bytes.writeBigUInt64LE(BigInt(header.epoch), 8);
  bytes.writeBigUInt64LE(BigInt(header.firstSequence), 16);
  bytes.writeBigUInt64LE(BigInt(Math.round(header.createdMs)), 24);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, 32)), 32);
  return bytes;
}

/** Undefined when the bytes are no whole header. Throws `failedPrecondition` for a format of a later version. */
export function decodeHeader(bytes: Buffer, file: string): SegmentHeader | undefined {
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 4) !== MAGIC) return undefined;
  if (bytes.readUInt32LE(32) !== crc32c(bytes.subarray(0, 32))) return undefined;
  requireKnownFormat(FORMAT, file, bytes.readUInt16LE(4), bytes.readUInt16LE(6));
  return {
    epoch: Number(bytes.readBigUInt64LE(8)),
    firstSequence: Number(bytes.readBigUInt64LE(16)),
    createdMs: Number(bytes.readBigUInt64LE(24)),
  };
}

/** Record bytes of one operation, without copying the payload: [header, payload]. A batch is what is made durable together. */
export function encodeRecord(sequence: number, epoch: number, place: number, entries: readonly JournalEntry[]): [Buffer, Buffer] {
  const payload = journal.JournalEntry.encode({ journalEntries: entries as JournalEntry[] }).finish() as Buffer;
  if (payload.length > MAX_PAYLOAD_BYTES)
    throw fail('resourceExhausted', `Cannot journal an operation of ${payload.length} bytes; at most ${MAX_PAYLOAD_BYTES} wanted`);
  const header = Buffer.allocUnsafe(RECORD_HEADER_BYTES);
  header.writeUInt32LE(payload.length, 0);
  // Sequences and epochs stay far below 2^53; two halves are cheaper than a BigInt.
  header.writeUInt32LE(sequence >>> 0, 8);
  header.writeUInt32LE(Math.floor(sequence / 2 ** 32), 12);
  header.writeUInt32LE(epoch >>> 0, 16);
  header.writeUInt32LE(Math.floor(epoch / 2 ** 32), 20);
  header.writeUInt32LE(place, 24);
  header.writeUInt32LE(crc32c(payload, crc32c(header.subarray(8))), 4);
  return [header, payload];
}

/** The length of the whole record at `offset` if its checksum holds; undefined otherwise. */
export function checkRecord(bytes: Buffer, offset: number): number | undefined {
  if (offset + RECORD_HEADER_BYTES > bytes.length) return undefined;
  const length = bytes.readUInt32LE(offset);
  const end = offset + RECORD_HEADER_BYTES + length;
  if (length > MAX_PAYLOAD_BYTES || end > bytes.length) return undefined;
  return bytes.readUInt32LE(offset + 4) === crc32c(bytes.subarray(offset + 8, end)) ? end - offset : undefined;
}

export function sequenceAt(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset + 8) + bytes.readUInt32LE(offset + 12) * 2 ** 32;
}

export function epochAt(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset + 16) + bytes.readUInt32LE(offset + 20) * 2 ** 32;
}

/** The sequence with which the batch of a record begins. */
export function batchStartAt(bytes: Buffer, offset: number): number {
  return sequenceAt(bytes, offset) - bytes.readUInt32LE(offset + 24);
}

/** The record of `length` bytes at `offset`, whose checksum holds. */
export function decodeRecord(bytes: Buffer, offset: number, length: number): JournalRecord {
  const entries = decodeEntries(bytes.subarray(offset + RECORD_HEADER_BYTES, offset + length));
  return { sequence: sequenceAt(bytes, offset), epoch: epochAt(bytes, offset), entries };
}
