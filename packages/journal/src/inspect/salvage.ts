// The longest history that can be had from a damaged journal, as a new journal: a checkpoint of the state that it comes to.
import { AlluviumError, fail, messageOf } from '@alluvium/base';
import type { Disk } from '@alluvium/platform';
import { journal } from '@alluvium/wire';
import { readCheckpoint, verifyCheckpoint, writeCheckpoint } from '../checkpoint-file.js';
import type { JournalEntry, JournaledState } from '../journal.js';
import { localDirectoryStorage } from '../local-directory-storage.js';
import { RECORD_HEADER_BYTES } from '../record.js';
import { entryLine, kindOfEntry, readableEntry } from './entry-text.js';
import { fileBytes, history, judgeCheckpoint, type HistoryPart } from './history.js';
import { listJournal, shortName, type CheckpointFile, type JournalFiles } from './journal-files.js';
import { operationsText } from './verify.js';

/** A state that takes operations of a history with holes. */
export interface SalvageableState extends JournaledState {
  /** Applies an operation as a whole, or says why it cannot. `setAside`: what was given another name for its sake. */
  applyFitting(
    entries: readonly JournalEntry[],
    sequence: number,
  ): { readonly reason: string | undefined; readonly setAside: readonly string[] };
}

export interface SalvageRequest {
  readonly from: string;
  /** Made by it; must not exist, or be empty. */
  readonly to: string;
  /** Go on behind damage, without what is lost in it; else the history ends before it. */
  readonly skipDamaged: boolean;
  readonly nowMs: number;
  /** Empty. */
  readonly state: SalvageableState;
  /** Told of each file when it is begun. */
  looked(file: string): void;
  /** Told, line by line, of what does not come along. */
  say(line: string): Promise<void>;
}

export interface Salvaged {
  /** Of the new checkpoint. */
  readonly sequence: number;
  readonly entries: number;
  readonly lost: number;
  /** Whole operations behind the damage. */
  readonly leftOut: number;
  readonly dropped: number;
  readonly setAside: number;
}

/** Traces that are told of one lost piece. */
const MAX_TRACES = 20;
const MAX_TRACE_CHARACTERS = 1000;

/** Reads one journal and writes another. Throws `failedPrecondition` when there is nothing to begin with, or the target is in use. */
export async function salvageJournal(disk: Disk, request: SalvageRequest): Promise<Salvaged> {
  const files = await listJournal(disk, request.from);
  await requireFree(disk, request);
  const base = await newestWhole(disk, files, request);
  if (base !== undefined)
    for await (const entries of readCheckpoint(fileBytes(disk, base.path), base.path))
      for (const entry of entries) request.state.apply(entry);
  const figures = { lost: 0, leftOut: 0, dropped: 0, setAside: 0 };
  let last = base?.sequence ?? 0;
  let stopped = false;
  for await (const part of history(disk, files, last)) {
    if (part.kind === 'segment') request.looked(part.file.path);
    else if (part.kind === 'lost') {
      figures.lost += Math.max(0, part.to - part.from + 1);
      last = Math.max(last, part.to);
      stopped ||= !request.skipDamaged;
      await sayLost(files, part, request);
    } else if (part.kind === 'operation') {
      last = part.sequence;
      if (stopped) figures.leftOut++;
      else await take(files, part, request, figures);
    }
  }
  if (figures.leftOut > 0)
    await request.say(`${figures.leftOut} whole operations behind the damage are left out; --skip-damaged takes them along`);
  const entries = await writeResult(disk, files, request, last);
  return { sequence: last, entries, ...figures };
}

async function requireFree(disk: Disk, { from, to }: SalvageRequest): Promise<void> {
  if (`${to}/`.startsWith(`${from}/`))
    throw fail('invalidArgument', `Cannot salvage to "${to}": it is in the damaged journal; another directory wanted`);
  const there = await disk.stat(to);
  if (there === undefined) return;
  if (there.kind !== 'directory') throw fail('alreadyExists', `Cannot salvage to "${to}": it is a file; a new directory wanted`);
  if ((await disk.list(to)).length > 0) throw fail('alreadyExists', `Cannot salvage to "${to}": it is not empty; a new directory wanted`);
}

async function newestWhole(disk: Disk, files: JournalFiles, { looked, say }: SalvageRequest): Promise<CheckpointFile | undefined> {
  for (const file of files.checkpoints.toReversed()) {
    looked(file.path);
    const { state, damage } = await judgeCheckpoint(disk, files, file);
    if (state === 'whole') return file;
    if (damage !== undefined) await say(`${shortName(files, file.path)}: damaged, the one before is taken`);
  }
  if (files.segments.some(({ firstSequence }) => firstSequence === 1)) return undefined;
  const what = files.checkpoints.length === 0 ? 'there is no checkpoint' : 'no checkpoint is whole';
  throw fail(
    'failedPrecondition',
    `Cannot salvage "${files.directory}": ${what}, and the first operations are gone; restore a checkpoint from a copy, or start from a backup`,
  );
}

type Figures = { -readonly [name in 'lost' | 'dropped' | 'setAside']: number };

async function take(
  files: JournalFiles,
  part: Extract<HistoryPart, { kind: 'operation' }>,
  request: SalvageRequest,
  figures: Figures,
): Promise<void> {
  const { sequence } = part;
  const entries = entriesOf(part.payload);
  if (entries === undefined) {
    figures.lost++;
    return request.say(`operation ${sequence} is lost: it cannot be decoded`);
  }
  const unknown = entries.map(kindOfEntry).find((kind) => /^unknown|\.unknown/.test(kind));
  if (unknown !== undefined)
    throw fail(
      'failedPrecondition',
      `Cannot salvage "${shortName(files, part.file.path)}": operation ${sequence} has an entry of a later version (${unknown}); use that version of Alluvium`,
    );
  const { reason, setAside } = request.state.applyFitting(entries, sequence);
  for (const line of setAside) await request.say(`operation ${sequence} takes a name that is in use: ${line}`);
  figures.setAside += setAside.length;
  if (reason === undefined) return;
  figures.dropped++;
  await request.say(`operation ${sequence} is dropped: ${reason}`);
  for (const entry of entries) await request.say(`  ${entryLine(readableEntry(entry))}`);
}

function entriesOf(payload: Buffer): readonly JournalEntry[] | undefined {
  try {
    return journal.JournalEntry.decode(payload).journalEntries ?? [];
  } catch (error) {
    if (!(error instanceof AlluviumError)) throw error;
    return undefined;
  }
}

async function sayLost(files: JournalFiles, part: Extract<HistoryPart, { kind: 'lost' }>, { say }: SalvageRequest): Promise<void> {
  const at = `${shortName(files, part.file.path)} at byte ${part.offset}: ${part.reason}`;
  if (part.to < part.from) return say(`${at}; no operation is missing`);
  await say(`${operationsText(part.from, part.to)} lost: ${at}`);
  for (const trace of tracesIn(part.bytes)) await say(`  probably about ${trace}`);
}

/** What bytes that are no whole records seem to speak of. */
export function tracesIn(bytes: Buffer): string[] {
  const entries = bytes.length > RECORD_HEADER_BYTES ? entriesOf(bytes.subarray(RECORD_HEADER_BYTES)) : undefined;
  if (entries !== undefined && entries.length > 0 && entries.every((entry) => kindOfEntry(entry) !== 'empty'))
    return entries.slice(0, MAX_TRACES).map((entry) => entryLine(readableEntry(entry)).slice(0, MAX_TRACE_CHARACTERS));
  const out = new Set<string>();
  for (const [run] of bytes.toString('latin1').matchAll(/[\x20-\x7e\x80-\xff]{4,}/g)) {
    const text = Buffer.from(run, 'latin1').toString('utf8');
    if (!/[\p{L}\p{N}]{3}/u.test(text)) continue;
    out.add(JSON.stringify(text.slice(0, MAX_TRACE_CHARACTERS)));
    if (out.size === MAX_TRACES) break;
  }
  return [...out];
}

/** Writes the state as the checkpoint of a writer after all those before. */
async function writeResult(disk: Disk, files: JournalFiles, request: SalvageRequest, sequence: number): Promise<number> {
  const { to, state, nowMs } = request;
  const epoch = Math.max(files.epoch, ...files.segments.map((file) => file.epoch), ...files.checkpoints.map((file) => file.epoch)) + 1;
  const name = { sequence, epoch };
  await disk.makeDirectory(`${to}/epochs`);
  await (await disk.open(`${to}/epochs/${epoch.toString(16).padStart(16, '0')}`, 'create')).close();
  await disk.syncDirectory(`${to}/epochs`);
  const storage = localDirectoryStorage(disk, to);
  const writer = await storage.createCheckpoint(name);
  try {
    const entries = await writeCheckpoint(writer, name, nowMs, state.snapshot());
    await writer.commit();
    const path = storage.describe(name);
    await verifyCheckpoint(fileBytes(disk, path), path);
    return entries;
  } catch (error) {
    await writer.abort().catch(() => {});
    throw fail('unavailable', `Cannot write the salvaged journal to "${to}": ${messageOf(error)}; remove it and try again`, error);
  }
}
