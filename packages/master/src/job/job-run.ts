// One job as it runs: goes through its files, a bounded number at a time, notes how far it got, and looks again when it is to verify.
// What it knows is soft; the ledger has what a restarted master needs.
import { fail, kindOf, messageOf, sleep, type NormalPath, type WorkerId } from '@alluvium/base';
import type { DirectoryInode, FileInode } from '@alluvium/metastore';
import type { JournalEntry } from '@alluvium/journal';
import type { alluviumJournal } from '@alluvium/wire';
import type { FileContext } from '../file/context.js';
import { isFound } from '../file/walk.js';
import type { Orders } from '../order/worker-orders.js';
import { Gate } from './gate.js';
import { figuresMessage, isHealthy, type JobFigures } from './job-figures.js';
import { MAX_FAILURES, begunEntry, endEntry, jobEntry, type JobFile, type JobLedger, type JobRecord } from './job-ledger.js';
import type { JobSpec } from './job-spec.js';
import { newOperation } from './operation-ids.js';
import type { StoreWriter } from './store-orders.js';
import { WalkCursor } from './walk-cursor.js';
import { walkFiles } from './walk-files.js';
import type { Choice, WorkerSlots } from './worker-slots.js';

export interface JobParts {
  readonly c: FileContext;
  readonly orders: Orders;
  readonly slots: WorkerSlots;
  readonly storeWriter: StoreWriter;
  readonly ledger: JobLedger;
  /** Files of one job that are worked on at a time. */
  readonly filesAtOnce: number;
}

export interface Measure {
  readonly blocks: number;
  readonly bytes: number;
}

/** A file that is worked on. */
export interface FileUnderWay extends Measure {
  readonly step: JobFile | undefined;
  doneBlocks: number;
  doneBytes: number;
  /** So many bytes of it are done, of a block or of all. */
  did(bytes: number): void;
}

/** What a kind of job does with one file. */
export interface JobWork {
  /** Its files are journaled when they begin and when they end, so that none is done twice. */
  readonly stepped: boolean;
  /** Whether there is something to do for a file; `verifying`: after everything was done once. */
  wants(run: JobRun, file: FileInode, path: NormalPath, verifying: boolean): boolean;
  /** How much that is. */
  measure(run: JobRun, file: FileInode, path: NormalPath): Measure;
  /** Does it. Throws what went wrong. */
  file(run: JobRun, file: FileInode, path: NormalPath, underWay: FileUnderWay): Promise<void>;
  /** A file that was begun before a restart and is gone: whether that is how it should be. */
  goneIsDone?(run: JobRun, step: JobFile): boolean;
  directory?(run: JobRun, directory: DirectoryInode, path: NormalPath): Promise<void>;
  /** After all files. */
  finish?(run: JobRun): Promise<void>;
  /** How a file that failed is told of. */
  failureOf?(run: JobRun, path: NormalPath, error: unknown): { readonly path: string; readonly reason: string };
}

const CHECKPOINT_MS = 5000;
/** Verifying that finds something to do again and again is given up. */
const MAX_PASSES = 10;
const ATTEMPTS = 6;
const FIRST_RETRY_MS = 250;
const MAX_REASON_CHARS = 500;

/** What the same attempt would meet again. */
const PERMANENT: ReadonlySet<string> = new Set([
  'notFound',
  'permissionDenied',
  'invalidArgument',
  'unimplemented',
  'failedPrecondition',
  'alreadyExists',
  'unauthenticated',
  'outOfRange',
]);

export class JobRun {
  readonly id: number;
  readonly spec: JobSpec;
  readonly figures: JobFigures;
  /** By path, why; at most {@link MAX_FAILURES}. */
  readonly failures: Map<string, string>;
  readonly parts: JobParts;
  /** The whole path was walked to its end once. */
  walked = false;
  currentPath: NormalPath | undefined;
  readonly #work: JobWork;
  readonly #abort = new AbortController();
  #cursor: WalkCursor;
  #phase: string;
  readonly #underWay = new Set<FileUnderWay>();
  #cancelled = false;
  #checkpointMs: number;
  /** Failures that no checkpoint has yet. */
  #newFailures: alluviumJournal.JobFailure[] = [];

  constructor(parts: JobParts, record: JobRecord, work: JobWork) {
    this.parts = parts;
    this.id = record.id;
    this.spec = record.spec;
    this.figures = { ...record.figures };
    this.failures = new Map(record.failures);
    this.#work = work;
    this.#cursor = new WalkCursor(record.cursor);
    this.#phase = record.phase;
    this.#checkpointMs = parts.c.clock.monotonicMs();
  }

  get c(): FileContext {
    return this.parts.c;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get verifying(): boolean {
    return this.#phase === 'verify';
  }

  /** Files under way. */
  get running(): number {
    return this.#underWay.size;
  }

  get record(): JobRecord {
    const record = this.parts.ledger.get(this.id);
    if (record === undefined) throw fail('notFound', `The job ${this.id} is gone`);
    return record;
  }

  /** Its user does not want it any more: what is half done is undone. */
  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** Ends the work as soon as may be; the ledger has what it takes to go on. */
  stop(why: Error): void {
    this.#abort.abort(why);
  }

  cancel(): void {
    this.#cancelled = true;
    this.stop(fail('cancelled', `The job ${this.id} was stopped`));
  }

  /** Resolves when it has ended, and that is journaled. Throws when it stopped without an end. */
  async run(): Promise<void> {
    for (let passes = 1; this.#phase !== 'finish'; passes++) {
      const before = this.figures.files;
      const failedBefore = this.figures.failedFiles;
      await this.#pass();
      const done = this.figures.files - before;
      const failed = this.figures.failedFiles - failedBefore;
      if (!this.record.limits.verify || done === 0 || failed === done) break;
      if (passes === MAX_PASSES)
        throw fail('aborted', `After ${MAX_PASSES} passes something was missing again: is there room for all of it?`);
      await this.#nextPass('verify');
    }
    if (this.#work.finish !== undefined) {
      await this.#nextPass('finish');
      await this.#work.finish(this);
    }
    const { failedFiles } = this.figures;
    if (failedFiles === 0) return this.end('SUCCEEDED', '');
    return this.end('FAILED', `${failedFiles} ${failedFiles === 1 ? 'file' : 'files'} failed`);
  }

  async end(state: 'SUCCEEDED' | 'FAILED', reason: string): Promise<void> {
    const { c, id, figures } = this;
    await c.committer.commit([...this.#failuresEntry(), endEntry(id, state, reason.slice(0, MAX_REASON_CHARS), c.clock.nowMs(), figures)]);
  }

  /** Runs `work` with a worker that will do, again with others when it fails for a reason that may pass. */
  async withWorker<T>(choice: Choice, work: (worker: WorkerId) => Promise<T>): Promise<T> {
    const { slots, c } = this.parts;
    const failed = new Set<WorkerId>();
    for (let attempt = 1; ; attempt++) {
      let used: WorkerId | undefined;
      try {
        return await slots.use({ ...choice, rather: new Set([...failed, ...(choice.rather ?? [])]) }, this.signal, (worker) => {
          used = worker;
          return work(worker);
        });
      } catch (error) {
        this.signal.throwIfAborted();
        this.figures.failures++;
        if (used !== undefined) failed.add(used);
        if (attempt === ATTEMPTS || PERMANENT.has(kindOf(error))) throw error;
        c.log.debug('an order of a job failed', { job: String(this.id), worker: String(used), reason: messageOf(error) });
        await sleep(c.clock, FIRST_RETRY_MS * 2 ** (attempt - 1) * (0.5 + c.random.next() / 2), this.signal);
      }
    }
  }

  async #pass(): Promise<void> {
    const gate = new Gate(this.parts.filesAtOnce);
    try {
      for (const step of [...this.record.begun.values()]) await gate.enter(() => this.#resume(step));
      for await (const { inode, path, refused } of walkFiles(this.c, this.spec.user, this.spec.path, this.#cursor.at)) {
        this.#requireGoing();
        this.currentPath = path;
        if (refused !== undefined) this.#failed(path, fail('permissionDenied', refused));
        else if (inode.kind === 'directory') await this.#work.directory?.(this, inode, path);
        else if (this.#work.wants(this, inode, path, this.verifying)) {
          await this.#begin(gate, inode, path);
          continue;
        }
        this.#cursor.passed(path);
        await this.#checkpointIfDue();
      }
      this.walked = true;
      await gate.whenEmpty();
      this.#requireGoing();
    } catch (error) {
      this.stop(error as Error);
      await gate.whenEmpty();
      throw error;
    }
  }

  #requireGoing(): void {
    this.signal.throwIfAborted();
    if (!isHealthy(this.figures)) throw fail('aborted', "Job failed because it's not healthy.");
  }

  async #begin(gate: Gate, file: FileInode, path: NormalPath): Promise<void> {
    const { figures } = this;
    const measure = this.#work.measure(this, file, path);
    figures.files++;
    figures.blocks += measure.blocks;
    figures.totalBytes += measure.bytes;
    const ended = this.#cursor.begun(path);
    let step: JobFile | undefined;
    if (this.#work.stepped) {
      step = { fileId: file.id, path, operation: newOperation(this.c.random) };
      // From now on the file is found among those that were begun.
      ended();
      await this.c.committer.commit([
        begunEntry(this.id, step),
        jobEntry(this.id, { checkpoint: { cursor: path, figures: this.#figuresToKeep() } }),
      ]);
    }
    const underWay = this.#newUnderWay(step, measure);
    await gate.enter(() => this.#file(file, path, underWay, ended));
    await this.#checkpointIfDue();
  }

  async #resume(step: JobFile): Promise<void> {
    const inode = this.c.tree.get(step.fileId as FileInode['id']);
    // It was counted when it was begun.
    if (inode?.kind === 'file') return this.#file(inode, step.path, this.#newUnderWay(step, { blocks: 0, bytes: 0 }));
    const done = this.#work.goneIsDone?.(this, step) === true;
    await this.#ended(step, done ? undefined : fail('notFound', `"${step.path}" is gone`)).catch((error: unknown) =>
      this.stop(error as Error),
    );
  }

  /** Does not reject: what cannot be journaled stops the run. */
  async #file(file: FileInode, path: NormalPath, underWay: FileUnderWay, ended?: () => void): Promise<void> {
    const { step } = underWay;
    let failure: unknown;
    try {
      await this.#work.file(this, file, path, underWay);
    } catch (error) {
      failure = error;
    }
    this.#underWay.delete(underWay);
    if (this.signal.aborted) return;
    // A journal that takes nothing is no fault of the file.
    if (failure !== undefined && !this.c.committer.accepting) return this.stop(failure as Error);
    if (step === undefined) {
      if (failure !== undefined) this.#failed(path, failure);
      ended?.();
      return;
    }
    await this.#ended(step, failure).catch((error: unknown) => this.stop(error as Error));
  }

  async #ended({ fileId, path }: JobFile, error: unknown): Promise<void> {
    const failure = error === undefined ? undefined : this.#failed(path, error, false);
    const file = { fileId, done: true, figures: this.#figuresToKeep(), ...(failure === undefined ? {} : { failure }) };
    await this.c.committer.commit([jobEntry(this.id, { file })]);
  }

  #failed(path: NormalPath, error: unknown, journal = true): alluviumJournal.JobFailure {
    const told = this.#work.failureOf?.(this, path, error) ?? { path, reason: messageOf(error) };
    const failure = { path: told.path, reason: told.reason.slice(0, MAX_REASON_CHARS) };
    if (!this.failures.has(failure.path)) this.figures.failedFiles++;
    if (this.failures.size < MAX_FAILURES) {
      this.failures.set(failure.path, failure.reason);
      if (journal) this.#newFailures.push(failure);
    }
    this.c.log.debug('a file of a job failed', { job: String(this.id), path, reason: failure.reason });
    return failure;
  }

  async #nextPass(phase: 'verify' | 'finish'): Promise<void> {
    const { figures } = this;
    this.#phase = phase;
    if (phase === 'verify') {
      figures.earlierBlocks += figures.blocks;
      figures.earlierFailures += figures.failures;
      figures.blocks = 0;
      figures.failures = 0;
    }
    this.#cursor = new WalkCursor(undefined);
    await this.#checkpoint();
  }

  async #checkpointIfDue(): Promise<void> {
    if (this.c.clock.monotonicMs() - this.#checkpointMs >= CHECKPOINT_MS) await this.#checkpoint();
  }

  async #checkpoint(): Promise<void> {
    this.#checkpointMs = this.c.clock.monotonicMs();
    const checkpoint = { phase: this.#phase, cursor: this.#cursor.at ?? '', figures: this.#figuresToKeep() };
    await this.c.committer.commit([jobEntry(this.id, { checkpoint: { ...checkpoint, failures: this.#takeFailures() } })]);
  }

  #newUnderWay(step: JobFile | undefined, measure: Measure): FileUnderWay {
    const { figures } = this;
    const underWay: FileUnderWay = {
      ...measure,
      step,
      doneBlocks: 0,
      doneBytes: 0,
      did(bytes) {
        this.doneBlocks++;
        this.doneBytes += bytes;
        figures.bytes += bytes;
      },
    };
    this.#underWay.add(underWay);
    return underWay;
  }

  /**
   * The figures that a restart begins with. A file that is journaled itself goes on, and counts what it finds done; any other that is
   * under way is measured anew, by what is left of it.
   */
  #figuresToKeep(): alluviumJournal.JobFigures {
    const kept = { ...this.figures };
    for (const { blocks, bytes, doneBlocks, doneBytes } of this.#underWay) {
      if (this.#work.stepped) kept.bytes -= doneBytes;
      else {
        kept.files--;
        kept.blocks -= blocks - doneBlocks;
        kept.totalBytes -= bytes - doneBytes;
      }
    }
    return figuresMessage(kept);
  }

  #failuresEntry(): JournalEntry[] {
    const failures = this.#takeFailures();
    return failures.length === 0 ? [] : [jobEntry(this.id, { checkpoint: { failures } })];
  }

  #takeFailures(): alluviumJournal.JobFailure[] {
    const failures = this.#newFailures;
    this.#newFailures = [];
    return failures;
  }
}

/** Whether a path leads to what it led to before. */
export function isStillAt(c: FileContext, file: FileInode, path: NormalPath): boolean {
  const walk = c.tree.walk(path);
  return isFound(walk) && walk.inodes.at(-1)?.id === file.id;
}
