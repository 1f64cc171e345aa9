// `alluvium journal read`: the records of segments and checkpoints, as text or JSON, one operation after the other.
import { basename } from 'node:path';
import {
  entryLine,
  fileBytes,
  listJournal,
  readableEntry,
  readCheckpoint,
  scanSegment,
  segmentBytes,
  shortName,
  type JournalEntry,
  type JournalFiles,
  type SegmentFile,
} from '@alluvium/journal';
import { fail } from '@alluvium/base';
import { decodeBackup } from '@alluvium/master';
import { nodeGzip, type Disk } from '@alluvium/platform';
import { journal } from '@alluvium/wire';
import type { JournalPlace } from './journal-place.js';
import { JournalProgress, type JournalTerminal } from './progress.js';
import { JournalStatistics } from './statistics.js';

export interface ReadOptions {
  readonly json: boolean;
  readonly from: number;
  readonly to: number;
  /** A part of the file's name; undefined: all. */
  readonly file: string | undefined;
  /** Entries of these kinds, and the operations that have one; none: all. */
  readonly kinds: readonly string[];
  /** Checkpoints instead of segments. */
  readonly checkpoint: boolean;
  /** Only how many entries and bytes there are of each kind. */
  readonly stats: boolean;
}

const BUFFER_CHARACTERS = 64 * 1024;

/** Prints until the end, or until nobody reads any more. One segment, or one piece of a checkpoint, is in memory at a time. */
export async function read(disk: Disk, place: JournalPlace, options: ReadOptions, terminal: JournalTerminal): Promise<void> {
  if ((await disk.stat(place.directory))?.kind === 'file') return readBackup(disk, place.directory, options, terminal);
  const files = await listJournal(disk, place.directory);
  const reader = new Reader(disk, files, options, terminal);
  const chosen = <T extends { path: string }>(all: readonly T[]): T[] =>
    all.filter(({ path }) => options.file === undefined || basename(path).includes(basename(options.file)));
  const found: readonly { readonly path: string }[] = options.checkpoint ? chosen(files.checkpoints) : chosen(files.segments);
  if (found.length === 0 && options.file !== undefined)
    throw fail(
      'notFound',
      `Cannot read "${options.file}": no such ${options.checkpoint ? 'checkpoint' : 'segment'} in "${place.directory}"`,
    );
  if (options.checkpoint)
    for (const file of options.file === undefined ? files.checkpoints.slice(-1) : chosen(files.checkpoints)) await reader.checkpoint(file);
  else for (const file of chosen(files.segments)) await reader.segment(file);
  await reader.end();
}

/** A backup, ours or Alluxio's: entries without operations. */
async function readBackup(disk: Disk, path: string, options: ReadOptions, terminal: JournalTerminal): Promise<void> {
  const reader = new Reader(disk, undefined, options, terminal);
  for await (const entries of decodeBackup(fileBytes(disk, path), path, nodeGzip)) await reader.entries({ file: basename(path) }, entries);
  await reader.end();
}

class Reader {
  readonly #disk: Disk;
  readonly #files: JournalFiles | undefined;
  readonly #options: ReadOptions;
  readonly #terminal: JournalTerminal;
  readonly #progress: JournalProgress;
  readonly #statistics: JournalStatistics | undefined;
  #pending = '';

  constructor(disk: Disk, files: JournalFiles | undefined, options: ReadOptions, terminal: JournalTerminal) {
    this.#disk = disk;
    this.#files = files;
    this.#options = options;
    this.#terminal = terminal;
    this.#progress = new JournalProgress(terminal);
    this.#statistics = options.stats ? new JournalStatistics() : undefined;
  }

  async segment(file: SegmentFile): Promise<void> {
    const { from, to } = this.#options;
    this.#progress.begin(file.path);
    const name = this.#name(file.path);
    for (const part of scanSegment(await segmentBytes(this.#disk, file), file, file.path)) {
      this.#progress.step();
      if (part.kind === 'gap') {
        if (!part.zeros) await this.#note({ file: name, offset: part.offset, bytes: part.bytes, damage: part.reason });
        continue;
      }
      const { sequence, epoch, offset, bytes } = part;
      if (sequence < from || sequence > to) continue;
      const { journalEntries = [] } = journal.JournalEntry.decode(part.payload);
      await this.#operation({ file: name, offset, bytes, sequence, epoch }, journalEntries);
    }
  }

  async checkpoint(file: { readonly path: string; readonly sequence: number; readonly epoch: number }): Promise<void> {
    this.#progress.begin(file.path);
    const at = { file: this.#name(file.path), sequence: file.sequence, epoch: file.epoch };
    for await (const entries of readCheckpoint(fileBytes(this.#disk, file.path), file.path)) await this.entries(at, entries);
  }

  /** Entries that belong to no operation. */
  async entries(at: Readonly<Record<string, string | number>>, entries: readonly JournalEntry[]): Promise<void> {
    for (const entry of entries) {
      this.#progress.step();
      await this.#operation(at, [entry]);
    }
  }

  async end(): Promise<void> {
    if (this.#statistics !== undefined)
      await this.#add(this.#options.json ? `${JSON.stringify(this.#statistics)}\n` : this.#statistics.text());
    await this.#flush();
  }

  #name(path: string): string {
    return this.#files === undefined ? basename(path) : shortName(this.#files, path);
  }

  async #operation(at: Readonly<Record<string, string | number>>, entries: readonly JournalEntry[]): Promise<void> {
    if (this.#statistics !== undefined) return this.#statistics.add(entries, Number(at['bytes'] ?? 0));
    const { kinds } = this.#options;
    const readable = entries.map(readableEntry);
    if (kinds.length > 0 && !readable.some(({ kind }) => kinds.includes(kind))) return;
    if (this.#options.json) return this.#add(`${JSON.stringify({ ...at, entries: readable })}\n`);
    const place = at['offset'] === undefined ? at['file'] : `${at['file']}:${at['offset']}`;
    const lines = readable.map((entry) => `  ${entryLine(entry)}\n`).join('');
    await this.#add(at['offset'] === undefined ? lines.trimStart() : `#${at['sequence']} epoch ${at['epoch']} ${place}\n${lines}`);
  }

  async #note(damage: { readonly file: string; readonly offset: number; readonly bytes: number; readonly damage: string }): Promise<void> {
    if (this.#statistics !== undefined) return;
    if (this.#options.json) return this.#add(`${JSON.stringify(damage)}\n`);
    await this.#add(`! ${damage.file}:${damage.offset} ${damage.bytes} bytes are no whole record: ${damage.damage}\n`);
  }

  async #add(text: string): Promise<void> {
    this.#pending += text;
    if (this.#pending.length >= BUFFER_CHARACTERS) await this.#flush();
  }

  async #flush(): Promise<void> {
    this.#terminal.signal.throwIfAborted();
    const text = this.#pending;
    this.#pending = '';
    if (text !== '') await this.#terminal.print(text);
  }
}
