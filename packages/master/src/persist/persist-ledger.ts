// Which files are not in their store yet, what failed attempts to bring them there left on record, and which mounts an operator has
// paused. Part of the namespace's state: it follows from the inodes and from journal entries alone. The queue is rebuilt from it.
import type { InodeId, MountId } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { IdSet, PagedMap, type FileInode } from '@alluvium/metastore';
import type { alluviumJournal } from '@alluvium/wire';

/** What is known of a file that could not be persisted so far. Times are wall clock, in milliseconds. */
export interface PersistRecord {
  /** Since when it waits. */
  readonly sinceMs: number;
  readonly attempts: number;
  readonly lastError: string;
  readonly lastAttemptMs: number;
  readonly nextAttemptMs: number;
}

/** A file that is to be persisted by itself. */
export interface WaitingFile {
  readonly file: InodeId;
  readonly length: number;
  readonly sinceMs: number;
  /** Wall clock; the first attempt is not made before. */
  readonly fromMs: number;
  readonly record: PersistRecord | undefined;
}

export interface LedgerListener {
  /** A file is to be persisted from now on, or from another time on than before. */
  wanted(file: WaitingFile): void;
  /** It is in the store, gone, lost, or waits to be asked for. */
  settled(file: InodeId): void;
}

const NOT_BY_ITSELF = Infinity;

export class PersistLedger {
  /** Files that are TO_BE_PERSISTED, with the time from which that may begin. */
  readonly #waiting = new PagedMap<InodeId, number>();
  /** Complete files whose only bytes are in the workers. */
  readonly #cachedOnly = new IdSet<InodeId>();
  readonly #lost = new IdSet<InodeId>();
  readonly #records = new Map<InodeId, PersistRecord>();
  readonly #pauses = new Map<MountId, string>();
  #listener: LedgerListener | undefined;

  listen(listener: LedgerListener | undefined): void {
    this.#listener = listener;
  }

  /** Files that are TO_BE_PERSISTED, with the time from which that may begin; Infinity: not yet complete, or not by itself. */
  waiting(): IterableIterator<[InodeId, number]> {
    return this.#waiting.entries();
  }

  /** Complete files with blocks that are in no store, so that the workers' copies are all there is. */
  cachedOnly(): IterableIterator<InodeId> {
    return this.#cachedOnly.values();
  }

  lost(): IterableIterator<InodeId> {
    return this.#lost.values();
  }

  /** Files that are TO_BE_PERSISTED, complete or not. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  get lostCount(): number {
    return this.#lost.size;
  }

  /** Why an operator has paused a mount; undefined when it is not. */
  pauseOf(mount: MountId): string | undefined {
    return this.#pauses.get(mount);
  }

  /** What a plan has to add when a mount goes, or is replaced by another: its pause goes with it. */
  planMountChange(from: MountId, to?: MountId): JournalEntry[] {
    const reason = this.#pauses.get(from);
    if (reason === undefined) return [];
    return to === undefined ? [pauseEntry(from, undefined)] : [pauseEntry(from, undefined), pauseEntry(to, reason)];
  }

  record(file: InodeId): PersistRecord | undefined {
    return this.#records.get(file);
  }

  describe(inode: FileInode): WaitingFile {
    const record = this.#records.get(inode.id);
    return {
      file: inode.id,
      length: inode.length,
      sinceMs: record?.sinceMs ?? Math.max(inode.shouldPersistTimeMs, inode.creationTimeMs),
      fromMs: this.#waiting.get(inode.id) ?? NOT_BY_ITSELF,
      record,
    };
  }

  /** The inode of a file is as it is now. */
  put(inode: FileInode): void {
    const { id, persistence } = inode;
    if (persistence === 'LOST') this.#lost.add(id);
    else if (this.#lost.size > 0) this.#lost.delete(id);
    if (persistence !== 'TO_BE_PERSISTED' && persistence !== 'LOST') this.#records.delete(id);
    if (isOnlyCached(inode)) this.#cachedOnly.add(id);
    else this.#cachedOnly.delete(id);
    if (persistence !== 'TO_BE_PERSISTED') {
      if (this.#waiting.delete(id)) this.#listener?.settled(id);
      return;
    }
    const before = this.#waiting.get(id);
    const from = fromMsOf(inode);
    if (before === from) return;
    this.#waiting.set(id, from);
    if (this.#listener === undefined) return;
    if (from !== NOT_BY_ITSELF) this.#listener.wanted(this.describe(inode));
    else if (before !== undefined) this.#listener.settled(id);
  }

  /** In which of the sets a file is that should not, or the other way round; undefined: all is as its inode says. */
  differs(inode: FileInode): string | undefined {
    const { id, persistence } = inode;
    const from = persistence === 'TO_BE_PERSISTED' ? fromMsOf(inode) : undefined;
    if (this.#waiting.get(id) !== from) return from === undefined ? 'waits, and need not' : 'does not wait, or for another time';
    if (this.#lost.has(id) !== (persistence === 'LOST')) return persistence === 'LOST' ? 'is not among the lost' : 'is among the lost';
    if (this.#cachedOnly.has(id) !== isOnlyCached(inode)) return 'is wrong about whether the workers have its only bytes';
    const mayHaveRecord = persistence === 'TO_BE_PERSISTED' || persistence === 'LOST';
    return !mayHaveRecord && this.#records.has(id) ? 'has a record of attempts, and does not wait' : undefined;
  }

  /** All files that something is known of, some more than once; survives changes made meanwhile. */
  *ids(): Generator<InodeId, void> {
    yield* this.#waiting.keys();
    yield* this.#cachedOnly;
    yield* this.#lost;
    yield* this.#records.keys();
  }

  /** Mounts that an operator has paused. */
  pausedMounts(): IterableIterator<MountId> {
    return this.#pauses.keys();
  }

  /** Whether something is known of a file. */
  knows(id: InodeId): boolean {
    return this.#waiting.has(id) || this.#cachedOnly.has(id) || this.#lost.has(id) || this.#records.has(id);
  }

  /** The file is gone. */
  remove(id: InodeId): void {
    this.#lost.delete(id);
    this.#records.delete(id);
    this.#cachedOnly.delete(id);
    if (this.#waiting.delete(id)) this.#listener?.settled(id);
  }

  /** Applies an extension entry if it is about persistence. */
  apply(entry: alluviumJournal.Extension): boolean {
    if (entry.persistAttempt !== undefined) this.#addRecord(entry.persistAttempt);
    else if (entry.mountPause !== undefined) this.#pause(entry.mountPause);
    else return false;
    return true;
  }

  snapshot(): JournalEntry[] {
    const out: JournalEntry[] = [];
    for (const [file, record] of this.#records) out.push(recordEntry(file, record));
    for (const [mount, reason] of this.#pauses) out.push(pauseEntry(mount, reason));
    return out;
  }

  /** Absent fields are as before. What speaks of a file that is neither waiting nor lost came too late. */
  #addRecord(entry: alluviumJournal.PersistAttempt): void {
    const file = (entry.fileId ?? 0n) as InodeId;
    if (!this.#waiting.has(file) && !this.#lost.has(file)) return;
    const before = this.#records.get(file);
    this.#records.set(file, {
      sinceMs: Number(entry.sinceMs ?? before?.sinceMs ?? 0),
      attempts: entry.attempts ?? before?.attempts ?? 0,
      lastError: entry.lastError ?? before?.lastError ?? '',
      lastAttemptMs: Number(entry.lastAttemptMs ?? before?.lastAttemptMs ?? 0),
      nextAttemptMs: Number(entry.nextAttemptMs ?? before?.nextAttemptMs ?? 0),
    });
  }

  #pause(entry: alluviumJournal.MountPause): void {
    const mount = (entry.mountId ?? 0n) as MountId;
    if (entry.paused === true) this.#pauses.set(mount, entry.reason ?? '');
    else this.#pauses.delete(mount);
  }
}

function fromMsOf(inode: FileInode): number {
  return inode.completed && inode.shouldPersistTimeMs >= 0 ? inode.shouldPersistTimeMs : NOT_BY_ITSELF;
}

function isOnlyCached({ persistence, completed, blocks }: FileInode): boolean {
  return (persistence === 'NOT_PERSISTED' || persistence === 'TO_BE_PERSISTED') && completed && blocks.length > 0;
}

export function recordEntry(file: InodeId, record: PersistRecord): JournalEntry {
  return {
    alluvium: {
      persistAttempt: {
        fileId: file,
        sinceMs: BigInt(Math.round(record.sinceMs)),
        attempts: record.attempts,
        lastError: record.lastError,
        lastAttemptMs: BigInt(Math.round(record.lastAttemptMs)),
        nextAttemptMs: BigInt(Math.round(record.nextAttemptMs)),
      },
    },
  };
}

/** `reason` undefined: the mount goes on. */
export function pauseEntry(mount: MountId, reason: string | undefined): JournalEntry {
  return { alluvium: { mountPause: { mountId: mount, paused: reason !== undefined, ...(reason === undefined ? {} : { reason }) } } };
}
