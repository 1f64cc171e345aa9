// Checkpoints of one writer: when they are due, how they are made while it serves, and the cut behind them.
//
//   due --> snapshot, roll --> written in slices --> all of it durable in the log --> visible --> read back whole --> cut
//     ^                                |                                                              |
//     +--- tried again later ----------+---- fails: taken away, told of ------------------------------+
//
// Two checkpoints stay, with the segments behind the older one: should the newest be unreadable at the next start, the older one and those
// segments still give everything. Both have been read whole by this process, the one that it started from at the start.
import { AlluviumError, fail, messageOf, type Clock, type Timer } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.js';
import type { JournalEntry, JournaledState } from './journal.js';
import type { JournalOptions } from './options.js';
import type { Recovered } from './recover.js';
import type { SegmentLog } from './segment-log.js';
import { Slices } from './slices.js';
import type { CheckpointName, CheckpointWriter, JournalStorage } from './storage.js';

const FIRST_RETRY_MS = 60_000;
const LAST_RETRY_MS = 3_600_000;
const KEPT = 2;

export interface CheckpointerDependencies {
  readonly storage: JournalStorage;
  readonly clock: Clock;
  readonly log: Logger;
  readonly state: JournaledState;
  readonly options: JournalOptions;
  readonly epoch: number;
  readonly recovered: Recovered;
  readonly segments: SegmentLog;
  /** Aborted when the journal is closed. */
  readonly closing: AbortSignal;
  readonly position: LogPosition;
}

/** What a checkpoint has to know of the log. */
export interface LogPosition {
  /** Of the last appended operation. */
  readonly lastSequence: number;
  readonly durableSequence: number;
  readonly refusal: Error | undefined;
  flushed(): Promise<void> | undefined;
  /** Another writer has taken over: this one is of no use any more. */
  fenced(): Error;
}

/** A checkpoint that was read whole by this process. */
export interface KnownCheckpoint extends CheckpointName {
  readonly createdMs: number;
  readonly bytes: number;
}

export interface CheckpointProgress {
  readonly step: 'writing' | 'verifying';
  readonly entries: number;
}

export class Checkpointer {
  readonly #d: CheckpointerDependencies;
  #known: readonly KnownCheckpoint[];
  /** Damaged or not known to be whole: they go with the next cut. */
  #doubtful: readonly CheckpointName[];
  #running: Promise<void> | undefined;
  #progress: CheckpointProgress | undefined;
  /** The operation up to which the newest checkpoint goes. */
  #upTo: number;
  #bytesSince: number;
  #lastMs: number;
  #timer: Timer | undefined;
  #failures = 0;
  #failuresInARow = 0;
  #lastError: string | undefined;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(dependencies: CheckpointerDependencies) {
    this.#d = dependencies;
    const { recovered, clock } = dependencies;
    this.#known = recovered.checkpoints;
    this.#doubtful = recovered.passedOver;
    this.#upTo = recovered.checkpointSequence;
    this.#bytesSince = recovered.bytesSinceCheckpoint;
    const newest = this.#known.at(-1);
    const ageMs = newest === undefined ? 0 : Math.max(0, clock.nowMs() - newest.createdMs);
    this.#lastMs = clock.monotonicMs() - Math.min(ageMs, dependencies.options.checkpointAgeMs);
    if (recovered.damage === undefined) return;
    // There is one checkpoint less than there should be: as after one that failed.
    this.#lastError = recovered.damage;
    this.#failures = this.#failuresInARow = 1;
    this.#notBeforeMs = clock.monotonicMs() + FIRST_RETRY_MS;
  }

  /** In order. */
  get known(): readonly KnownCheckpoint[] {
    return this.#known;
  }

  /** Of the one that is being made. */
  get progress(): CheckpointProgress | undefined {
    return this.#progress;
  }

  /** Attempts that failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Why the last attempt failed, or what the start found damaged; undefined when all is well. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** Of journal that came after the newest checkpoint. */
  get bytesSince(): number {
    return this.#bytesSince;
  }

  get operationsSince(): number {
    return this.#d.position.durableSequence - this.#upTo;
  }

  start(): void {
    this.#arm();
  }

  /** So many bytes of journal became durable. */
  written(bytes: number): void {
    this.#bytesSince += bytes;
    this.#beginIfDue();
  }

  /** Joins the one that is being made, if any. */
  checkpoint(): Promise<void> {
    this.#running ??= this.#make().finally(() => {
      this.#running = undefined;
      this.#arm();
    });
    return this.#running;
  }

  /** After the signal was given. */
  async stopped(): Promise<void> {
    this.#timer?.cancel();
    await this.#running?.catch(() => {});
  }

  #beginIfDue(): void {
    const { clock, closing, position, options } = this.#d;
    if (closing.aborted || this.#running !== undefined || position.refusal !== undefined) return;
    const failed = this.#failuresInARow > 0;
    if (this.operationsSince <= 0 && !failed) return;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#notBeforeMs) return;
    const due =
      failed ||
      this.operationsSince >= options.checkpointOperations ||
      this.#bytesSince >= options.checkpointBytes ||
      nowMs - this.#lastMs >= options.checkpointAgeMs;
    if (due) this.checkpoint().catch(() => {});
  }

  /** For when the newest checkpoint is too old, or the next attempt may be made; meanwhile the commits look whether one is due. */
  #arm(): void {
    this.#timer?.cancel();
    if (this.#d.closing.aborted) return;
    const atMs = this.#failuresInARow > 0 ? this.#notBeforeMs : this.#lastMs + this.#d.options.checkpointAgeMs;
    // Once is enough when nothing has happened: the next operation finds the checkpoint due.
    this.#timer = this.#d.clock.schedule(Math.max(0, atMs - this.#d.clock.monotonicMs()), () => this.#beginIfDue());
  }

  async #make(): Promise<void> {
    try {
      const bytesCovered = this.#bytesSince;
      const made = await this.#writeAndVerify();
      if (made !== undefined) {
        this.#known = [...this.#known, made];
        this.#upTo = made.sequence;
        this.#bytesSince -= bytesCovered;
      }
      this.#lastMs = this.#d.clock.monotonicMs();
      await this.#cut();
      this.#failuresInARow = 0;
      this.#lastError = undefined;
      this.#notBeforeMs = Number.NEGATIVE_INFINITY;
    } catch (error) {
      if (!this.#d.closing.aborted) this.#failed(error);
      throw error;
    } finally {
      this.#progress = undefined;
    }
  }

  #failed(error: unknown): void {
    const retryMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failuresInARow);
    this.#failures++;
    this.#failuresInARow++;
    this.#lastError = messageOf(error);
    this.#notBeforeMs = this.#d.clock.monotonicMs() + retryMs;
    this.#d.log.error('checkpoint failed', { reason: this.#lastError, retryMs });
  }

  /** Undefined when the newest one is of this very state. */
  async #writeAndVerify(): Promise<KnownCheckpoint | undefined> {
    const { storage, clock, log, epoch, position, segments, state } = this.#d;
    await this.#requireRoom();
    await this.#requireUnfenced();
    // Name and snapshot are of the same moment.
    const name = { sequence: position.lastSequence, epoch };
    if (this.#known.some((other) => other.sequence === name.sequence)) return undefined;
    const snapshot = state.snapshot();
    segments.roll();
    const createdMs = clock.nowMs();
    const entries = await this.#write(name, createdMs, snapshot);
    this.#doubtful = [...this.#doubtful, name];
    try {
      await this.#verify(name, entries);
    } catch (error) {
      // What cannot be read back must not be what the next start finds first.
      if (error instanceof AlluviumError && error.kind === 'dataLoss') await this.#removeDoubtful();
      throw error;
    }
    this.#doubtful = this.#doubtful.filter((other) => other !== name);
    const bytes = (await storage.sizeOf(name)) ?? 0;
    log.info('checkpoint written', { sequence: name.sequence, entries, bytes });
    return { ...name, createdMs, bytes };
  }

  /** A checkpoint that fills the disk would make the master read-only for nothing. */
  async #requireRoom(): Promise<void> {
    const neededBytes = this.#known.at(-1)?.bytes ?? 0;
    const { availableBytes } = await this.#d.storage.space();
    if (availableBytes >= neededBytes) return;
    throw fail(
      'resourceExhausted',
      `Cannot write a checkpoint: the last one took ${neededBytes} bytes, ${availableBytes} are free on the disk of the journal; more space wanted`,
    );
  }

  async #requireUnfenced(): Promise<void> {
    if (await this.#d.storage.isFenced(this.#d.epoch)) throw this.#d.position.fenced();
  }

  async #write(name: CheckpointName, createdMs: number, snapshot: Iterator<JournalEntry>): Promise<number> {
    const { storage, clock, closing, position } = this.#d;
    let writer: CheckpointWriter | undefined;
    try {
      writer = await storage.createCheckpoint(name);
      const slices = new Slices(clock, closing);
      const count = await writeCheckpoint(writer, name, createdMs, snapshot, slices, (entries) => this.#show('writing', entries));
      // Nothing that could still be lost may be in a checkpoint.
      while (position.durableSequence < name.sequence) await position.flushed();
      closing.throwIfAborted();
      await writer.commit(() => this.#requireUnfenced());
      return count;
    } catch (error) {
      snapshot.return?.();
      // What cannot be removed now is removed by the next start.
      await writer?.abort().catch(() => {});
      throw error;
    }
  }

  /** Reads it back from the disk to its end. Throws `dataLoss` when it is not what was written. */
  async #verify(name: CheckpointName, entries: number): Promise<void> {
    const { storage, clock, closing } = this.#d;
    const file = storage.describe(name);
    const slices = new Slices(clock, closing);
    let count = 0;
    for await (const chunk of readCheckpoint(storage.readCheckpoint(name), file, name)) {
      count += chunk.length;
      this.#show('verifying', count);
      if (slices.spent) await slices.rest();
    }
    if (count !== entries) throw fail('dataLoss', `Checkpoint "${file}" has ${count} entries; ${entries} were written`);
  }

  #show(step: CheckpointProgress['step'], entries: number): void {
    this.#d.closing.throwIfAborted();
    this.#progress = { step, entries };
  }

  async #cut(): Promise<void> {
    const { storage, segments } = this.#d;
    while (this.#known.length > KEPT && (await this.#mayRemove())) {
      await storage.removeCheckpoint(this.#known[0]!);
      this.#known = this.#known.slice(1);
    }
    await this.#removeDoubtful();
    const covered = this.#known.length < KEPT ? 0 : this.#known.at(-KEPT)!.sequence;
    await segments.removeCovered(covered, () => this.#mayRemove());
  }

  async #removeDoubtful(): Promise<void> {
    for (const name of this.#doubtful) {
      if (!(await this.#mayRemove())) return;
      await this.#d.storage.removeCheckpoint(name);
      this.#doubtful = this.#doubtful.filter((other) => other !== name);
    }
  }

  /**
   * Looked up anew before each removal. A writer that is held up between the look and the removal takes one file away that a
   * later writer can do without: there are two whole checkpoints that make up for it.
   */
  async #mayRemove(): Promise<boolean> {
    await this.#requireUnfenced();
    return !this.#d.closing.aborted;
  }
}
