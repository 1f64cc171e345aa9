// Which jobs there are, what they are to do and how far they got: journaled state, from which a restarted master takes them up again.
import type { NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { alluviumJournal } from '@alluvium/wire';
import type { StatePart } from '../state.js';
import { figuresFrom, figuresMessage, newFigures, type JobFigures } from './job-figures.js';
import type { Operation } from './operation-ids.js';
import { jobWriteType, type JobKind, type JobLimits, type JobSpec, type JobState } from './job-spec.js';

/** Files whose failures a job remembers by name; more are counted. */
export const MAX_FAILURES = 1000;

/** A file of a copy or a move that was begun and is not done with. */
export interface JobFile {
  readonly fileId: bigint;
  readonly path: NormalPath;
  /** With which its target is made. */
  readonly operation: Operation;
}

/** A job as the journal knows it. What it does at the moment is in its run. */
export interface JobRecord {
  readonly id: number;
  readonly uuid: string;
  readonly spec: JobSpec;
  readonly submittedMs: number;
  readonly limits: JobLimits;
  readonly state: JobState;
  /** What a job of several steps is at. */
  readonly phase: string;
  readonly cursor: NormalPath | undefined;
  readonly figures: Readonly<JobFigures>;
  /** By path, why; at most {@link MAX_FAILURES}. */
  readonly failures: ReadonlyMap<string, string>;
  readonly begun: ReadonlyMap<bigint, JobFile>;
  readonly endedMs: number | undefined;
  readonly reason: string;
}

type Kept = { -readonly [K in keyof JobRecord]: JobRecord[K] } & {
  readonly failures: Map<string, string>;
  readonly begun: Map<bigint, JobFile>;
};

export class JobLedger implements StatePart {
  readonly #jobs = new Map<number, Kept>();
  #lastId = 0;

  /** In the order of their ids. */
  all(): IterableIterator<JobRecord> {
    return this.#jobs.values();
  }

  get size(): number {
    return this.#jobs.size;
  }

  get(id: number): JobRecord | undefined {
    return this.#jobs.get(id);
  }

  /** As Alluxio's: the time of a start, counted up. */
  nextId(nowMs: number): number {
    return Math.max(Math.floor(nowMs), this.#lastId + 1);
  }

  apply(entry: JournalEntry): boolean {
    const change = entry.alluvium?.job;
    if (change === undefined) return false;
    const id = Number(change.id ?? 0n);
    this.#lastId = Math.max(this.#lastId, id);
    if (change.submitted !== undefined) this.#submitted(id, change.submitted);
    else if (change.forgotten === true) this.#jobs.delete(id);
    else this.#changed(this.#jobs.get(id), change);
    return true;
  }

  snapshot(): Iterator<JournalEntry> {
    const entries: JournalEntry[] = [];
    for (const job of this.#jobs.values()) entries.push(...entriesOf(job));
    return entries.values();
  }

  #submitted(id: number, entry: alluviumJournal.JobSubmitted): void {
    this.#jobs.set(id, {
      id,
      uuid: entry.uuid ?? '',
      spec: specOf(entry),
      submittedMs: Number(entry.timeMs ?? 0n),
      limits: limitsOf(entry.limits),
      state: 'RUNNING',
      phase: '',
      cursor: undefined,
      figures: newFigures(),
      failures: new Map(),
      begun: new Map(),
      endedMs: undefined,
      reason: '',
    });
  }

  /** What speaks of a job that is gone came too late. */
  #changed(job: Kept | undefined, { limits, checkpoint, file, end }: alluviumJournal.JobChange): void {
    if (job === undefined) return;
    if (limits !== undefined) job.limits = limitsOf(limits);
    if (checkpoint !== undefined) {
      if (checkpoint.phase !== undefined) job.phase = checkpoint.phase;
      if (checkpoint.cursor !== undefined) job.cursor = checkpoint.cursor === '' ? undefined : (checkpoint.cursor as NormalPath);
      if (checkpoint.figures !== undefined) job.figures = figuresFrom(checkpoint.figures);
      for (const failure of checkpoint.failures ?? []) addFailure(job, failure);
    }
    if (file !== undefined) step(job, file);
    if (end !== undefined) {
      job.state = (end.state ?? 'FAILED') as JobState;
      job.reason = end.reason ?? '';
      job.endedMs = Number(end.timeMs ?? 0n);
      job.begun.clear();
      if (end.figures !== undefined) job.figures = figuresFrom(end.figures);
    }
  }
}

function step(job: Kept, file: alluviumJournal.JobFileStep): void {
  const fileId = file.fileId ?? 0n;
  if (file.done === true) {
    job.begun.delete(fileId);
    if (file.figures !== undefined) job.figures = figuresFrom(file.figures);
    if (file.failure !== undefined) addFailure(job, file.failure);
    return;
  }
  const path = (file.path ?? '') as NormalPath;
  const operation = { mostSignificantBits: file.operationMost ?? 0n, leastSignificantBits: file.operationLeast ?? 0n };
  job.begun.set(fileId, { fileId, path, operation });
}

function addFailure(job: Kept, { path, reason }: alluviumJournal.JobFailure): void {
  if (job.failures.size < MAX_FAILURES || job.failures.has(path ?? '')) job.failures.set(path ?? '', reason ?? '');
}

function limitsOf(limits: alluviumJournal.JobLimits | undefined): JobLimits {
  return { bandwidth: limits?.bandwidth === undefined ? undefined : Number(limits.bandwidth), verify: limits?.verify ?? false };
}

function specOf(entry: alluviumJournal.JobSubmitted): JobSpec {
  return {
    kind: (entry.kind ?? 'load') as JobKind,
    path: (entry.path ?? '/') as NormalPath,
    target: entry.targetPath === undefined ? undefined : (entry.targetPath as NormalPath),
    user: entry.user ?? '',
    partialListing: entry.partialListing ?? false,
    writeType: jobWriteType(entry.writeType),
    overwrite: entry.overwrite ?? false,
    replicas: entry.replicas ?? 1,
    medium: entry.mediumType ?? '',
    forced: entry.forced ?? false,
    keepModes: entry.keepModes ?? false,
  };
}

export function limitsMessage({ bandwidth, verify }: JobLimits): alluviumJournal.JobLimits {
  return { verify, ...(bandwidth === undefined ? {} : { bandwidth: BigInt(bandwidth) }) };
}

export function jobEntry(id: number, change: Omit<alluviumJournal.JobChange, 'id'>): JournalEntry {
  return { alluvium: { job: { id: BigInt(id), ...change } } };
}

export function submittedEntry(id: number, uuid: string, spec: JobSpec, limits: JobLimits, timeMs: number): JournalEntry {
  const submitted: alluviumJournal.JobSubmitted = {
    kind: spec.kind,
    path: spec.path,
    user: spec.user,
    timeMs: BigInt(Math.round(timeMs)),
    uuid,
    limits: limitsMessage(limits),
    partialListing: spec.partialListing,
    writeType: spec.writeType,
    overwrite: spec.overwrite,
    replicas: spec.replicas,
    mediumType: spec.medium,
    forced: spec.forced,
    keepModes: spec.keepModes,
    ...(spec.target === undefined ? {} : { targetPath: spec.target }),
  };
  return jobEntry(id, { submitted });
}

export function begunEntry(id: number, { fileId, path, operation }: JobFile): JournalEntry {
  const { mostSignificantBits: operationMost, leastSignificantBits: operationLeast } = operation;
  return jobEntry(id, { file: { fileId, path, operationMost, operationLeast } });
}

export function endEntry(id: number, state: JobState, reason: string, nowMs: number, figures: JobFigures): JournalEntry {
  return jobEntry(id, { end: { state, reason, timeMs: BigInt(Math.round(nowMs)), figures: figuresMessage(figures) } });
}

function entriesOf(job: Kept): JournalEntry[] {
  const { id } = job;
  const failures = [...job.failures].map(([path, reason]) => ({ path, reason }));
  const checkpoint = { phase: job.phase, cursor: job.cursor ?? '', figures: figuresMessage(job.figures), failures };
  const entries = [submittedEntry(id, job.uuid, job.spec, job.limits, job.submittedMs), jobEntry(id, { checkpoint })];
  for (const file of job.begun.values()) entries.push(begunEntry(id, file));
  if (job.endedMs !== undefined) entries.push(endEntry(id, job.state, job.reason, job.endedMs, job.figures));
  return entries;
}
