// Every file of a journal judged: whether a start can read it, what it would do with it, and what to do when it cannot.
import { AlluviumError } from '@alluvium/base';
import type { Disk } from '@alluvium/platform';
import { journal } from '@alluvium/wire';
import { firstChoice, history, judgeCheckpoint, segmentBytes, type CheckpointVerdict, type HistoryPart } from './history.js';
import { fenceOf } from '../fences.js';
import { listJournal, shortName, type JournalFiles, type SegmentFile } from './journal-files.js';
import { scanSegment } from './scan-segment.js';

export interface FileReport {
  /** Below the directory of the journal. */
  readonly file: string;
  /** `torn`: a tail that was never acknowledged, harmless. `leftover`, `other`: not part of the journal. */
  readonly verdict: 'ok' | 'torn' | 'damaged' | 'leftover' | 'other';
  /** Of a damage or a torn tail. */
  readonly offset?: number;
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
}

export interface JournalReport {
  readonly directory: string;
  readonly files: readonly FileReport[];
  /** The highest ever claimed. */
  readonly epoch: number;
  /** Of the checkpoint that a start begins with; 0: with none. */
  readonly checkpointSequence: number;
  /** Of the last operation that can be read. */
  readonly lastSequence: number;
  /** Operations that were acknowledged and cannot be read. */
  readonly lost: readonly { readonly from: number; readonly to: number }[];
  /** Whether a master starts from this, with everything that was acknowledged. */
  readonly starts: boolean;
  readonly damaged: boolean;
}

const ADVICE =
  'restore the file from a copy; else write what is whole to a new directory with `alluvium journal salvage`, or start from a backup';

/**
 * Reads everything and changes nothing. `looked` is told of each file when it is begun. Throws `failedPrecondition` for a directory that is
 * no journal, and for files of a later version.
 */
export async function verifyJournal(disk: Disk, directory: string, looked: (file: string) => void = () => {}): Promise<JournalReport> {
  const files = await listJournal(disk, directory);
  const reports: FileReport[] = [];
  const verdicts: CheckpointVerdict[] = [];
  for (const file of files.checkpoints) {
    looked(file.path);
    const verdict = await judgeCheckpoint(disk, files, file);
    verdicts.push(verdict);
    reports.push(checkpointReport(files, verdict));
  }
  const checkpoint = firstChoice(verdicts);
  const base = checkpoint?.sequence ?? 0;
  for (const [index, file] of files.segments.entries()) {
    const fence = fenceOf(files.segments, index);
    if (fence > base + 1) continue;
    looked(file.path);
    reports.push(coveredReport(files, file, fence, await segmentBytes(disk, file)));
  }
  const walk = new Walk(files, base);
  for await (const part of history(disk, files, base)) {
    if (part.kind === 'segment') looked(part.file.path);
    walk.add(part);
  }
  reports.push(...walk.reports(), ...beside(files));
  const lost = walk.lost;
  const hasStart =
    checkpoint !== undefined || files.checkpoints.length === 0 || files.segments.some(({ firstSequence }) => firstSequence === 1);
  return {
    directory,
    files: reports,
    epoch: files.epoch,
    checkpointSequence: base,
    lastSequence: walk.last,
    lost,
    starts: hasStart && !walk.damaged,
    damaged: reports.some(({ verdict }) => verdict === 'damaged'),
  };
}

function checkpointReport(files: JournalFiles, { file, state, entries, damage }: CheckpointVerdict): FileReport {
  const name = shortName(files, file.path);
  if (state === 'damaged')
    return {
      file: name,
      verdict: 'damaged',
      ...offsetIn(damage),
      detail: damage?.message.replace(/^Cannot read checkpoint "[^"]*" at byte \d+: /, '').replace(/;.*/s, '') ?? '',
      advice: `a start takes the checkpoint before it; ${ADVICE}`,
    };
  const detail = `state after operation ${file.sequence}, ${entries} entries, epoch ${file.epoch}`;
  return { file: name, verdict: 'ok', detail: state === 'fenced' ? `${detail}; of a writer that was fenced, not used` : detail };
}

function offsetIn(damage: AlluviumError | undefined): { offset?: number } {
  const offset = /at byte (\d+)/.exec(damage?.message ?? '')?.[1];
  return offset === undefined ? {} : { offset: Number(offset) };
}

/** A segment that the checkpoint covers: kept for the checkpoint before, and not read by a start. */
function coveredReport(files: JournalFiles, file: SegmentFile, fence: number, bytes: Buffer): FileReport {
  const name = shortName(files, file.path);
  const damaged = (offset: number, detail: string): FileReport => {
    const advice = 'a start does not need it: it lies behind a whole checkpoint';
    return { file: name, verdict: 'damaged', offset, detail, advice };
  };
  let last = file.firstSequence - 1;
  for (const part of scanSegment(bytes, file, file.path)) {
    if (last + 1 >= fence) break;
    if (part.kind === 'record' && part.sequence <= last + 1) last = part.sequence;
    else if (part.kind === 'record') return damaged(part.offset, `operation ${part.sequence} follows ${last}`);
    else if (!part.zeros) return damaged(part.offset, part.reason);
  }
  if (last + 1 < fence) return damaged(bytes.length, `${operationsText(last + 1, fence - 1)} missing`);
  const range = `operations ${file.firstSequence} to ${last}, epoch ${file.epoch}`;
  return { file: name, verdict: 'ok', detail: `${range}; covered by a checkpoint` };
}

/** Gathers what the history says of each segment. */
class Walk {
  readonly #files: JournalFiles;
  readonly #segments = new Map<SegmentFile, SegmentFigures>();
  readonly lost: { from: number; to: number }[] = [];
  last: number;
  damaged = false;

  constructor(files: JournalFiles, last: number) {
    this.#files = files;
    this.last = last;
  }

  add(part: HistoryPart): void {
    const figures = this.#of(part.file);
    if (part.kind === 'operation') {
      figures.first ??= part.sequence;
      figures.last = this.last = part.sequence;
      figures.operations++;
      const problem = problemOf(part.payload);
      if (problem === undefined) return;
      this.#damage(figures, part.offset, problem, part.sequence, part.sequence);
    } else if (part.kind === 'lost') {
      const missing = part.to < part.from ? 'nothing is missing' : `${operationsText(part.from, part.to)} lost`;
      this.#damage(figures, part.offset, `${part.reason}; ${missing}`, part.from, part.to);
      this.last = Math.max(this.last, part.to);
    } else if (part.kind === 'torn') {
      figures.torn = part;
    } else if (part.kind === 'fenced') {
      figures.fencedFrom = part.from;
    }
  }

  reports(): FileReport[] {
    return [...this.#segments].flatMap(([file, figures]) => this.#report(shortName(this.#files, file.path), file, figures));
  }

  #damage(figures: SegmentFigures, offset: number, detail: string, from: number, to: number): void {
    figures.damages.push({ offset, detail });
    this.damaged = true;
    if (to >= from) this.lost.push({ from, to });
  }

  #report(name: string, file: SegmentFile, figures: SegmentFigures): FileReport[] {
    const { operations, first, last, torn, fencedFrom, damages } = figures;
    if (damages.length > 0)
      return damages.map(({ offset, detail }) => ({ file: name, verdict: 'damaged', offset, detail, advice: ADVICE }) as const);
    const range = operations === 0 ? 'no operations' : `operations ${first} to ${last}`;
    const fenced = fencedFrom === undefined ? '' : `; from ${fencedFrom} on of a writer that was fenced, not used`;
    const detail = `${range}, epoch ${file.epoch}${fenced}`;
    if (torn === undefined) return [{ file: name, verdict: 'ok', detail }];
    const advice = 'harmless: it was never acknowledged, and the next start cuts it off';
    return [
      { file: name, verdict: 'torn', offset: torn.offset, detail: `${detail}; ${torn.bytes} bytes at the end are no whole record`, advice },
    ];
  }

  #of(file: SegmentFile): SegmentFigures {
    let figures = this.#segments.get(file);
    if (figures === undefined) this.#segments.set(file, (figures = { operations: 0, damages: [] }));
    return figures;
  }
}

interface SegmentFigures {
  operations: number;
  first?: number;
  last?: number;
  torn?: { readonly offset: number; readonly bytes: number };
  fencedFrom?: number;
  readonly damages: { readonly offset: number; readonly detail: string }[];
}

/** `operation 5 is`, `operations 5 to 7 are` */
export function operationsText(from: number, to: number): string {
  return from === to ? `operation ${from} is` : `operations ${from} to ${to} are`;
}

/** What is wrong with the content of a whole record. */
function problemOf(payload: Buffer): string | undefined {
  try {
    const { journalEntries } = journal.JournalEntry.decode(payload);
    return journalEntries === undefined || journalEntries.length === 0 ? 'an operation without entries' : undefined;
  } catch (error) {
    if (!(error instanceof AlluviumError)) throw error;
    return `a record that matches its checksum cannot be decoded: ${error.message}`;
  }
}

function beside(files: JournalFiles): FileReport[] {
  const { leftovers, strangers, reserveBytes } = files;
  const out: FileReport[] = leftovers.map((path) => ({
    file: shortName(files, path),
    verdict: 'leftover',
    detail: 'a checkpoint that was not finished',
    advice: 'harmless: the next start removes it',
  }));
  for (const name of strangers)
    out.push({ file: name, verdict: 'other', detail: 'no part of a journal', advice: 'look what put it there' });
  if (reserveBytes !== undefined) out.push({ file: 'reserve', verdict: 'ok', detail: `${reserveBytes} bytes kept back for a full disk` });
  return out;
}
