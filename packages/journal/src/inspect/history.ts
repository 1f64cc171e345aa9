// What the files of a journal say happened, in order, as a start would read them: the newest whole checkpoint, then the segments.
// A start stops at the first damage; this goes on behind it and says what is missing.
import { AlluviumError, fail, kindOf } from '@alluvium/base';
import type { Disk } from '@alluvium/platform';
import { verifyCheckpoint } from '../checkpoint-file.js';
import { mustBeTorn } from '../torn-tail.js';
import { fenceOf, isFencedCheckpoint } from '../fences.js';
import type { CheckpointFile, JournalFiles, SegmentFile } from './journal-files.js';
import { scanSegment, type SegmentPart } from './scan-segment.js';

const READ_BYTES = 1 << 20;

/** Of a checkpoint. `fenced`: it counts for nothing, whatever is in it. */
export interface CheckpointVerdict {
  readonly file: CheckpointFile;
  readonly state: 'whole' | 'damaged' | 'fenced';
  readonly entries: number;
  /** What is wrong with a damaged one. */
  readonly damage?: AlluviumError;
}

export type HistoryPart =
  | { readonly kind: 'segment'; readonly file: SegmentFile }
  | {
      readonly kind: 'operation';
      readonly file: SegmentFile;
      readonly offset: number;
      readonly bytes: number;
      readonly sequence: number;
      readonly epoch: number;
      readonly payload: Buffer;
    }
  /** Operations `from` to `to` were acknowledged and cannot be read; none when `to` is before `from`. `bytes` is what lies in their place. */
  | {
      readonly kind: 'lost';
      readonly file: SegmentFile;
      readonly offset: number;
      readonly from: number;
      readonly to: number;
      readonly reason: string;
      readonly bytes: Buffer;
    }
  /** What a writer had not acknowledged when it ended; a start cuts it off. */
  | { readonly kind: 'torn'; readonly file: SegmentFile; readonly offset: number; readonly bytes: number }
  /** Operations of a writer that went on after another one had taken over; they were never acknowledged. */
  | { readonly kind: 'fenced'; readonly file: SegmentFile; readonly offset: number; readonly from: number };

/** The bytes of a segment. Throws `aborted` when it was removed since the directory was looked through. */
export function segmentBytes(disk: Disk, { path }: SegmentFile): Promise<Buffer> {
  return disk.readFile(path).catch((error: unknown) => gone(error, path));
}

/** A master that runs removes what lies behind a checkpoint. */
function gone(error: unknown, path: string): never {
  if (kindOf(error) !== 'notFound') throw error;
  throw fail('aborted', `Cannot read "${path}": it was removed meanwhile, as a master does behind a checkpoint; run this again`, error);
}

/** The bytes of a file in pieces. Throws `aborted` when it is not there any more. */
export async function* fileBytes(disk: Disk, path: string): AsyncGenerator<Buffer> {
  await using file = await disk.open(path, 'read').catch((error: unknown) => gone(error, path));
  for (let position = 0; ;) {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const read = await file.read(buffer, position);
    if (read === 0) return;
    position += read;
    yield buffer.subarray(0, read);
  }
}

/** Reads a checkpoint from end to end. Throws `failedPrecondition` for a format that is not known. */
export async function judgeCheckpoint(disk: Disk, files: JournalFiles, file: CheckpointFile): Promise<CheckpointVerdict> {
  const fenced = isFencedCheckpoint(files.segments, file);
  try {
    return { file, state: fenced ? 'fenced' : 'whole', entries: await verifyCheckpoint(fileBytes(disk, file.path), file.path, file) };
  } catch (error) {
    if (!(error instanceof AlluviumError) || error.kind !== 'dataLoss') throw error;
    return { file, state: 'damaged', entries: 0, damage: error };
  }
}

/** The checkpoint that a start begins with, of those judged. */
export function firstChoice(verdicts: readonly CheckpointVerdict[]): CheckpointFile | undefined {
  return verdicts.findLast(({ state }) => state === 'whole')?.file;
}

/**
 * The operations after `last`, segment after segment, with what is missing between them. One segment at a time is held in memory. The
 * last `lost` part goes up to the last operation of which there is a trace: what came after it, nobody can tell.
 */
export async function* history(disk: Disk, files: JournalFiles, last: number): AsyncGenerator<HistoryPart, void> {
  let at = last;
  for (const [index, file] of files.segments.entries()) {
    const fence = fenceOf(files.segments, index);
    if (fence <= at + 1) continue;
    yield { kind: 'segment', file };
    const bytes = await segmentBytes(disk, file);
    const segment = new SegmentHistory(file, bytes, fence, index === files.segments.length - 1);
    yield* segment.parts(at);
    at = segment.last;
  }
}

type Gap = Extract<SegmentPart, { kind: 'gap' }>;

class SegmentHistory {
  readonly #file: SegmentFile;
  readonly #bytes: Buffer;
  readonly #fence: number;
  readonly #isLast: boolean;
  /** A gap that is not explained yet: by what comes behind it, or by the end. */
  #gap: Gap | undefined;
  last = 0;

  constructor(file: SegmentFile, bytes: Buffer, fence: number, isLast: boolean) {
    this.#file = file;
    this.#bytes = bytes;
    this.#fence = fence;
    this.#isLast = isLast;
  }

  *parts(after: number): Generator<HistoryPart, void> {
    this.last = after;
    for (const part of scanSegment(this.#bytes, this.#file, this.#file.path)) {
      if (part.kind === 'gap') {
        this.#gap ??= part;
        // Behind it may be whole records of the same batch, which was never acknowledged either.
        if (this.#isLast && this.#isTorn(part)) break;
        continue;
      }
      if (part.sequence >= this.#fence) {
        yield { kind: 'fenced', file: this.#file, offset: part.offset, from: part.sequence };
        break;
      }
      if (part.sequence <= this.last) continue;
      // A start stops at bytes that are no record even if nothing is missing.
      if (part.sequence !== this.last + 1 || this.#gap !== undefined) yield this.#lost(part.sequence - 1, part.offset);
      this.#gap = undefined;
      this.last = part.sequence;
      yield { ...part, kind: 'operation', file: this.#file };
    }
    yield* this.#end();
  }

  *#end(): Generator<HistoryPart, void> {
    if (Number.isFinite(this.#fence)) {
      if (this.last + 1 < this.#fence) yield this.#lost(this.#fence - 1, this.#bytes.length);
      this.last = this.#fence - 1;
      return;
    }
    const gap = this.#gap;
    if (gap === undefined || (gap.zeros && gap.offset + gap.bytes === this.#bytes.length)) return;
    if (this.#isTorn(gap)) yield { kind: 'torn', file: this.#file, offset: gap.offset, bytes: this.#bytes.length - gap.offset };
    else yield this.#lost(this.last + 1, this.#bytes.length);
  }

  #isTorn(gap: Gap): boolean {
    if (gap.foreign) return false;
    try {
      mustBeTorn({ bytes: this.#bytes, offset: gap.offset, last: this.last, epoch: this.#file.epoch, file: this.#file.path });
      return true;
    } catch {
      return false;
    }
  }

  #lost(to: number, end: number): HistoryPart {
    const offset = this.#gap?.offset ?? end;
    const reason = this.#gap?.reason ?? `operation ${to + 1} follows ${this.last}`;
    const from = this.last + 1;
    return { kind: 'lost', file: this.#file, offset, from, to, reason, bytes: this.#bytes.subarray(offset, end) };
  }
}
