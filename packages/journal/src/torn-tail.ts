// Telling a torn tail from damage. The batch that was on its way to the disk when the power went was acknowledged to nobody: it
// may be there, cut short, or with whole sectors missing in its middle. Anything else that is not whole was durable once.
import { fail, type AlluviumError } from '@alluvium/base';
import { batchStartAt, checkRecord, epochAt, MAX_PAYLOAD_BYTES, RECORD_HEADER_BYTES, sequenceAt } from './record.js';

/** A disk writes a sector whole or not at all. */
const SECTOR_BYTES = 512;

export interface Tail {
  /** Of the last segment. */
  readonly bytes: Buffer;
  /** Where whole records end. */
  readonly offset: number;
  /** The sequence of the last whole record. */
  readonly last: number;
  readonly epoch: number;
  readonly file: string;
}

/** Throws `dataLoss` unless what begins at the offset can be the torn last batch. */
export function mustBeTorn(tail: Tail): void {
  const { bytes, offset, last, file } = tail;
  const first = findRecord(tail, offset + 1);
  if (first === undefined) return;
  // Whole records of one batch can follow only behind sectors that never came.
  if (!lostSector(bytes, offset, first)) throw damaged(file, offset, `a whole record follows at byte ${first}`);
  for (let at: number | undefined = first; at !== undefined; at = findRecord(tail, at + 1)) {
    if (batchStartAt(bytes, at) > last + 1) throw damaged(file, offset, `a later batch follows at byte ${at}`);
  }
}

/** The offset of a whole record of this writer at or after `from` with a later sequence, if there is one. */
function findRecord({ bytes, last, epoch }: Tail, from: number): number | undefined {
  for (let at = from; at + RECORD_HEADER_BYTES <= bytes.length; at++) {
    if (bytes.readUInt32LE(at) > MAX_PAYLOAD_BYTES || epochAt(bytes, at) !== epoch) continue;
    const sequence = sequenceAt(bytes, at);
    if (sequence > last && sequence <= last + bytes.length && checkRecord(bytes, at) !== undefined) return at;
  }
  return undefined;
}

/** Whether a sector between `from` and the sector of `to` holds only zeros after `from`. */
function lostSector(bytes: Buffer, from: number, to: number): boolean {
  for (let start = from; ;) {
    const end = (Math.floor(start / SECTOR_BYTES) + 1) * SECTOR_BYTES;
    if (end > to) return false;
    if (bytes.subarray(start, end).every((byte) => byte === 0)) return true;
    start = end;
  }
}

export function damaged(file: string, offset: number, what: string): AlluviumError {
  return fail(
    'dataLoss',
    `Cannot read the journal: "${file}" is damaged at byte ${offset}: ${what}; nothing was changed. Restore the file from a copy, keep what is whole with "alluvium journal salvage", or move the journal directory away and start from a backup`,
  );
}
