// The backups of a master: one at a time; those that ended are remembered. Soft state: at a start it is filled with what the default
// directory has of this master.
import { fail, messageOf, randomUuid, sleep, type Clock, type Random } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import { settleLeftovers } from './leftovers.js';
import { readMark } from './mark.js';
import { backupTimeMs, completeName } from './names.js';
import type { BackupPlace } from './place.js';
import { writeBackup, type BackupFormat } from './write-backup.js';

export type BackupState = 'Initiating' | 'Running' | 'Completed' | 'Failed';

export interface BackupRecord {
  readonly id: string;
  readonly state: BackupState;
  /** Of the file; while it is written, of its directory. */
  readonly uri: string;
  readonly startedMs: number;
  readonly endedMs: number | undefined;
  /** So far. */
  readonly entries: number;
  readonly bytes: number | undefined;
  readonly error: Error | undefined;
  readonly scheduled: boolean;
}

export interface BackupTarget {
  /** Undefined: the default directory. */
  readonly directory: string | undefined;
  /** The master's disk instead of the root store. */
  readonly local: boolean;
  readonly scheduled: boolean;
}

export interface BackupParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly format: BackupFormat;
  /** See writerName(). */
  readonly writer: string;
  readonly settled: () => Promise<void> | undefined;
  /** The directory, opened; throws `invalidArgument` for what is none. */
  readonly open: (target: Pick<BackupTarget, 'directory' | 'local'>) => BackupPlace;
}

/** Backups that are remembered. */
const REMEMBERED = 100;
/** A store that hangs does not hold a stop up for longer. */
const STOP_PATIENCE_MS = 5000;
const DEFAULT_DIRECTORY = { directory: undefined, local: false } as const;

export class Backups {
  readonly #p: BackupParts;
  /** Oldest first. */
  readonly #records = new Map<string, BackupRecord>();
  readonly #stop = new AbortController();
  #running: Promise<unknown> | undefined;
  #looking: Promise<void> | undefined;

  constructor(parts: BackupParts) {
    this.#p = parts;
  }

  /** Looks at the default directory: ends what a process before this one left half done, and remembers what is there. */
  start(): void {
    this.#looking = this.#lookAround().finally(() => (this.#looking = undefined));
  }

  /** Cancels what runs, and waits a moment for it to clean up. */
  async stop(): Promise<void> {
    this.#stop.abort(fail('cancelled', 'The master stops'));
    const work = Promise.allSettled([this.#running, this.#looking]);
    const patience = new AbortController();
    await Promise.race([work, sleep(this.#p.clock, STOP_PATIENCE_MS, patience.signal).catch(() => undefined)]);
    patience.abort();
  }

  get(id: string): BackupRecord | undefined {
    return this.#records.get(id);
  }

  /** Newest first. */
  all(): BackupRecord[] {
    return [...this.#records.values()].sort((a, b) => b.startedMs - a.startedMs);
  }

  /**
   * Begins a backup; `ended` resolves to its record when it is complete, and rejects when it has failed. Nobody need await it. Throws
   * `internal` while another one runs, as 2.9.4 does.
   */
  begin(target: BackupTarget): { readonly record: BackupRecord; readonly ended: Promise<BackupRecord> } {
    this.#stop.signal.throwIfAborted();
    if (this.#running !== undefined) throw fail('internal', 'Backup in progress');
    const place = this.#p.open(target);
    const record: BackupRecord = {
      id: randomUuid(this.#p.random),
      state: 'Initiating',
      uri: place.uri,
      startedMs: this.#p.clock.nowMs(),
      endedMs: undefined,
      entries: 0,
      bytes: undefined,
      error: undefined,
      scheduled: target.scheduled,
    };
    this.#remember(record);
    const ended = this.#run(record.id, place);
    this.#running = ended.catch(() => undefined).finally(() => (this.#running = undefined));
    return { record, ended };
  }

  async #run(id: string, place: BackupPlace): Promise<BackupRecord> {
    const { log, clock, format, writer, settled } = this.#p;
    const { signal } = this.#stop;
    const { scheduled } = this.#records.get(id)!;
    try {
      await this.#looking;
      this.#change(id, { state: 'Running' });
      const progress = (entries: number): void => void this.#change(id, { entries });
      const work = { place, format, id, writer, scheduled, log, nowMs: () => clock.nowMs(), settled, progress, signal };
      const { name, entries, bytes } = await writeBackup(work);
      const uri = `${place.uri}/${name}`;
      log.info('backup complete', { uri, entries, bytes });
      return this.#change(id, { state: 'Completed', uri, entries, bytes, endedMs: clock.nowMs() });
    } catch (error) {
      const failure = error instanceof Error ? error : fail('unknown', String(error));
      log.error('backup failed', { uri: place.uri, reason: failure.message });
      this.#change(id, { state: 'Failed', error: failure, endedMs: clock.nowMs() });
      throw failure;
    } finally {
      await place.removeAbandoned(clock.nowMs()).catch(() => undefined);
      await place.close().catch(() => undefined);
    }
  }

  /** Never throws: without the look there is only less to tell. */
  async #lookAround(): Promise<void> {
    const { log, writer, open } = this.#p;
    let place: BackupPlace | undefined;
    try {
      place = open(DEFAULT_DIRECTORY);
      const names = await settleLeftovers(place, writer, log);
      const backups = [...names].filter((name) => backupTimeMs(name) !== undefined && names.has(completeName(name)));
      backups.sort((a, b) => backupTimeMs(a)! - backupTimeMs(b)!);
      for (const name of backups.slice(-REMEMBERED)) {
        this.#stop.signal.throwIfAborted();
        await this.#takeOver(place, name);
      }
    } catch (error) {
      log.debug('the directory of backups was not looked at', { uri: place?.uri, reason: messageOf(error) });
    } finally {
      await place?.close().catch(() => undefined);
    }
  }

  async #takeOver(place: BackupPlace, name: string): Promise<void> {
    const mark = await readMark(place, completeName(name));
    if (mark === undefined) return;
    const { id, startedMs, endedMs, entries, bytes, scheduled } = mark;
    this.#remember({
      id,
      state: 'Completed',
      uri: `${place.uri}/${name}`,
      startedMs,
      endedMs,
      entries,
      bytes,
      error: undefined,
      scheduled,
    });
  }

  #change(id: string, change: Partial<BackupRecord>): BackupRecord {
    const record = { ...this.#records.get(id)!, ...change };
    this.#records.set(id, record);
    return record;
  }

  #remember(record: BackupRecord): void {
    this.#records.set(record.id, record);
    for (const [id, { endedMs }] of this.#records) {
      if (this.#records.size <= REMEMBERED) return;
      if (endedMs !== undefined) this.#records.delete(id);
    }
  }
}
