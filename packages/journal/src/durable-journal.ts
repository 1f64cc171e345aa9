// One writer's log. A batch is what was appended while the batch before was on its way to the disk.
//
//   append --> pending --(one write, one fdatasync, one look for a higher epoch)--> durable
//                 ^  |
//                 |  +-- disk full: the reserve is given up, the batch is written, appends are refused until there is space again;
//                 |      should the reserve not do, the batch waits
//                 +-- fdatasync failed, or fenced: nothing is believed any more; this writer is broken for good
import { AlluviumError, fail, invariant, messageOf, sleep, type Clock, type Timer } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import { Checkpointer } from './checkpointer.js';
import { FlushWatch } from './flush-watch.js';
import type { JournalFigures, JournalStatus } from './journal-status.js';
import type { Journal, JournalEntry, JournaledState } from './journal.js';
import type { JournalOptions } from './options.js';
import { encodeRecord } from './record.js';
import type { Recovered } from './recover.js';
import { SegmentLog } from './segment-log.js';
import { SpaceWatch } from './space-watch.js';
import type { JournalStorage } from './storage.js';

export interface WriterDependencies {
  readonly storage: JournalStorage;
  readonly clock: Clock;
  readonly log: Logger;
  readonly state: JournaledState;
  readonly options: JournalOptions;
  readonly epoch: number;
  readonly recovered: Recovered;
}

/** Operations appended since the last batch left. */
class Batch {
  readonly parts: Uint8Array[] = [];
  readonly done = Promise.withResolvers<void>();
  bytes = 0;
  count = 0;
  lastSequence = 0;

  constructor() {
    // Nobody may be waiting when a batch fails; whoever asks later is told.
    this.done.promise.catch(() => {});
  }
}

export class DurableJournal implements Journal {
  readonly failed: Promise<Error>;
  readonly #d: WriterDependencies;
  readonly #fail: (error: Error) => void;
  readonly #segments: SegmentLog;
  readonly #checkpointer: Checkpointer;
  readonly #space: SpaceWatch;
  readonly #flushes: FlushWatch;
  #last: number;
  #durable: number;
  #pending = new Batch();
  #inFlight: Batch | undefined;
  #flushing: Promise<void> | undefined;
  #full: AlluviumError | undefined;
  #broken: AlluviumError | undefined;
  #retry: Timer | undefined;
  readonly #closing = new AbortController();

  constructor(dependencies: WriterDependencies) {
    this.#d = dependencies;
    const { recovered, options, clock, log, storage, epoch } = dependencies;
    this.#last = this.#durable = recovered.lastSequence;
    this.#segments = new SegmentLog({ storage, clock, epoch, segmentBytes: options.segmentBytes }, recovered.segments);
    const closing = this.#closing.signal;
    this.#checkpointer = new Checkpointer({ ...dependencies, segments: this.#segments, closing, position: this });
    this.#space = new SpaceWatch({
      storage,
      clock,
      log,
      intervalMs: options.spaceIntervalMs,
      thresholdPercent: options.spaceThresholdPercent,
    });
    this.#flushes = new FlushWatch(clock, log, options.slowFlushMs);
    const failed = Promise.withResolvers<Error>();
    this.failed = failed.promise;
    this.#fail = failed.resolve;
  }

  get lastSequence(): number {
    return this.#last;
  }

  get durableSequence(): number {
    return this.#durable;
  }

  get refusal(): AlluviumError | undefined {
    return this.#broken ?? this.#full;
  }

  get figures(): JournalFigures {
    const { known, failures, bytesSince, operationsSince } = this.#checkpointer;
    return {
      state: this.#broken !== undefined ? 'BROKEN' : this.#full !== undefined ? 'READ_ONLY' : 'SERVING',
      segments: this.#segments.names.length,
      bytesSinceCheckpoint: bytesSince,
      operationsSinceCheckpoint: operationsSince,
      lastCheckpointMs: known.at(-1)?.createdMs,
      checkpointFailures: failures,
      flushes: this.#flushes.count,
      slowFlushes: this.#flushes.slow,
      longestFlushMs: this.#flushes.longestMs,
      space: this.#space.last,
      spaceLow: this.#space.low,
    };
  }

  async status(): Promise<JournalStatus> {
    const { storage, epoch } = this.#d;
    const sizes = await Promise.all(this.#segments.names.map((name) => storage.sizeOf(name)));
    await this.#space.look();
    const { known, progress, lastError } = this.#checkpointer;
    return {
      ...this.figures,
      epoch,
      lastSequence: this.#last,
      durableSequence: this.#durable,
      refusal: this.refusal?.message,
      segmentBytes: sizes.reduce<number>((sum, size = 0) => sum + size, 0),
      checkpoints: known,
      checkpointProgress: progress,
      checkpointError: lastError,
    };
  }

  /** Looks whether there is space; to be called once before the first append. */
  async prepare(): Promise<void> {
    const { reserveBytes } = this.#d.options;
    if (reserveBytes > 0 && !(await this.#d.storage.reserve(reserveBytes))) this.#refuseFull();
    await this.#segments.begin(this.#last + 1).catch((error: unknown) => {
      if (!isDiskFull(error)) throw error;
    });
    await this.#space.start();
    this.#checkpointer.start();
  }

  append(entries: readonly JournalEntry[]): number {
    const refusal = this.refusal;
    if (refusal !== undefined) throw refusal;
    if (this.#closed) throw fail('unavailable', 'Cannot change the namespace: the journal is closed');
    const batch = this.#pending;
    if (batch.bytes >= this.#d.options.bufferBytes)
      throw fail('unavailable', 'Cannot change the namespace: the journal is behind; try again');
    const sequence = this.#last + 1;
    const [header, payload] = encodeRecord(sequence, this.#d.epoch, batch.count, entries);
    this.#last = sequence;
    batch.parts.push(header, payload);
    batch.bytes += header.length + payload.length;
    batch.count++;
    batch.lastSequence = sequence;
    this.#flushing ??= this.#flush();
    return sequence;
  }

  flushed(): Promise<void> | undefined {
    if (this.#last === this.#durable) return undefined;
    return (this.#pending.bytes > 0 ? this.#pending : this.#inFlight)?.done.promise;
  }

  /** Breaks this writer, and answers why. */
  fenced(): AlluviumError {
    const error = takenOver();
    this.#break(error);
    return error;
  }

  checkpoint(): Promise<void> {
    return this.#checkpointer.checkpoint();
  }

  async begin(): Promise<void> {
    invariant(this.#last === 0, `The journal has ${this.#last} operations: it cannot begin with a state from elsewhere`);
    this.#last = this.#durable = 1;
    this.#segments.roll();
    await this.checkpoint();
  }

  async close(): Promise<void> {
    this.#closing.abort(fail('unavailable', 'The journal was closed before this was done'));
    this.#retry?.cancel();
    this.#space.stop();
    await this.#flushing;
    this.#flushes.stop();
    await this.#checkpointer.stopped();
    await this.#segments.close();
  }

  /** Writes batches until nothing is pending. Never rejects: a failure breaks the writer and the batches. */
  async #flush(): Promise<void> {
    // What arrived with the same piece of input joins the first batch.
    await Promise.resolve();
    while (this.#pending.bytes > 0 && this.#broken === undefined) {
      const batch = this.#pending;
      this.#pending = new Batch();
      this.#inFlight = batch;
      try {
        await this.#writeBatch(batch);
        await this.#requireUnfenced();
        this.#durable = batch.lastSequence;
        this.#inFlight = undefined;
        batch.done.resolve();
        this.#checkpointer.written(batch.bytes);
      } catch (error) {
        this.#break(error);
      }
    }
    this.#flushing = undefined;
  }

  async #writeBatch(batch: Batch): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#flushes.watch(() => this.#segments.write(this.#durable + 1, batch.parts, batch.bytes));
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        if (this.#full === undefined) this.#refuseFull();
        // The reserve mostly holds what was taken, so that this batch and the one behind it are finished.
        if (attempt === 0) {
          await this.#requireUnfenced();
          await this.#d.storage.releaseReserve();
        }
        // The same bytes go to the same place again, over what was written of them.
        else await sleep(this.#d.clock, this.#d.options.retryMs, this.#closing.signal);
      }
    }
  }

  async #requireUnfenced(): Promise<void> {
    if (await this.#d.storage.isFenced(this.#d.epoch)) throw takenOver();
  }

  #refuseFull(): void {
    this.#full = fail(
      'resourceExhausted',
      'Cannot change the namespace: the disk of the journal is full; free some space and it goes on by itself',
    );
    this.#d.log.error('the disk of the journal is full: read-only until there is space');
    this.#retryReserve();
  }

  #retryReserve(): void {
    this.#retry = this.#d.clock.schedule(this.#d.options.retryMs, () => {
      // What waits to be written comes first.
      if (this.#flushing !== undefined) return this.#retryReserve();
      this.#regainReserve().then(
        (there) => {
          if (this.#closed || this.#broken !== undefined) return;
          if (!there) return this.#retryReserve();
          this.#full = undefined;
          this.#d.log.info('the disk of the journal has space again');
        },
        (error: unknown) => {
          this.#d.log.warn('space for the journal cannot be looked for', { reason: messageOf(error) });
          if (!this.#closed && this.#broken === undefined) this.#retryReserve();
        },
      );
    });
  }

  async #regainReserve(): Promise<boolean> {
    // The reserve is that of another writer by now.
    if (await this.#d.storage.isFenced(this.#d.epoch)) this.fenced();
    if (this.#closed || this.#broken !== undefined) return false;
    return this.#d.storage.reserve(this.#d.options.reserveBytes);
  }

  /** After a failed fdatasync nobody knows what is on the disk; trying again would only hide it. */
  #break(error: unknown): void {
    this.#broken =
      error instanceof AlluviumError && error.kind === 'unavailable'
        ? error
        : fail('unavailable', `The journal cannot be written: ${messageOf(error)}`, error);
    this.#d.log.error('the journal is broken', { reason: this.#broken.message });
    this.#retry?.cancel();
    this.#inFlight?.done.reject(this.#broken);
    this.#pending.done.reject(this.#broken);
    this.#fail(this.#broken);
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }
}

function isDiskFull(error: unknown): boolean {
  return error instanceof AlluviumError && error.kind === 'resourceExhausted';
}

function takenOver(): AlluviumError {
  return fail('unavailable', 'Another master has taken over the journal; this one no longer serves');
}
