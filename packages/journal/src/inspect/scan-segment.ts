// A segment record by record, whatever its state: where records are not whole, the next whole one is looked for.
import { checkRecord, decodeHeader, epochAt, HEADER_BYTES, MAX_PAYLOAD_BYTES, RECORD_HEADER_BYTES, sequenceAt } from '../record.js';
import type { SegmentName } from '../storage.js';

export type SegmentPart =
  | {
      readonly kind: 'record';
      readonly offset: number;
      readonly bytes: number;
      readonly sequence: number;
      readonly epoch: number;
      /** A JournalEntry whose journal_entries are those of one operation. */
      readonly payload: Buffer;
    }
  | {
      /** Bytes that are no whole record, up to the next one or the end. */
      readonly kind: 'gap';
      readonly offset: number;
      readonly bytes: number;
      /** A segment grows ahead of its records, in zeros. */
      readonly zeros: boolean;
      /** Nothing of a write that was cut short can look like this. */
      readonly foreign: boolean;
      readonly reason: string;
    };

/**
 * The parts of a segment in the order of the file, without any hole. Throws `failedPrecondition` for a format that is not known.
 * `file` is named in that error.
 */
export function* scanSegment(bytes: Buffer, name: SegmentName, file: string): Generator<SegmentPart, void> {
  const header = decodeHeader(bytes, file);
  let offset = 0;
  const foreign = header !== undefined && (header.firstSequence !== name.firstSequence || header.epoch !== name.epoch);
  let reason: string | undefined;
  if (header === undefined) reason = bytes.length < HEADER_BYTES ? 'it ends inside its header' : 'its header is damaged';
  else if (foreign) reason = 'its header names another segment';
  else offset = HEADER_BYTES;
  let last = name.firstSequence - 1;
  if (reason !== undefined && bytes.length > 0) {
    const end = findRecord(bytes, Math.min(HEADER_BYTES, bytes.length), last, name.epoch);
    yield { ...gap(bytes, 0, end, reason), foreign };
    offset = end;
  }
  while (offset < bytes.length) {
    const length = checkRecord(bytes, offset);
    if (length !== undefined) {
      last = sequenceAt(bytes, offset);
      const payload = bytes.subarray(offset + RECORD_HEADER_BYTES, offset + length);
      yield { kind: 'record', offset, bytes: length, sequence: last, epoch: epochAt(bytes, offset), payload };
      offset += length;
    } else {
      const end = findRecord(bytes, offset, last, name.epoch);
      yield gap(bytes, offset, end, whatIsWrong(bytes, offset));
      offset = end;
    }
  }
}

function gap(bytes: Buffer, offset: number, end: number, reason: string): Extract<SegmentPart, { kind: 'gap' }> {
  const zeros = bytes.subarray(offset, end).every((byte) => byte === 0);
  return { kind: 'gap', offset, bytes: end - offset, zeros, foreign: false, reason: zeros ? 'zeros' : reason };
}

function whatIsWrong(bytes: Buffer, offset: number): string {
  const left = bytes.length - offset;
  if (left < RECORD_HEADER_BYTES) return `${left} bytes are no record`;
  const length = bytes.readUInt32LE(offset);
  if (length > MAX_PAYLOAD_BYTES) return `a record claims ${length} bytes`;
  if (RECORD_HEADER_BYTES + length > left) return `a record of ${RECORD_HEADER_BYTES + length} bytes ends after ${left}`;
  return 'a record does not match its checksum';
}

/** The offset of the next whole record of this writer behind `offset`; the end of the bytes when there is none. */
function findRecord(bytes: Buffer, offset: number, last: number, epoch: number): number {
  // Bytes inside a record may look like one; when its length is right, the record behind it comes first.
  const claimed = offset + RECORD_HEADER_BYTES + (offset + 4 <= bytes.length ? bytes.readUInt32LE(offset) : 0);
  if (isRecord(bytes, claimed, last, epoch)) return claimed;
  for (let at = offset; at + RECORD_HEADER_BYTES <= bytes.length; at++) if (isRecord(bytes, at, last, epoch)) return at;
  return bytes.length;
}

function isRecord(bytes: Buffer, at: number, last: number, epoch: number): boolean {
  if (at + RECORD_HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) > MAX_PAYLOAD_BYTES || epochAt(bytes, at) !== epoch) return false;
  const sequence = sequenceAt(bytes, at);
  return sequence > last && sequence <= last + bytes.length && checkRecord(bytes, at) !== undefined;
}
