// One writer's log. A batch is what was appended while the batch before was on its way to the disk.
//
//   append --> pending --(one write, one fdatasync, one look for a higher epoch)--> durable
//                 ^  |
//                 |  +-- disk full: the reserve is given up, the batch is written, appends are refused until there is space again;
//                 |      should the reserve not do, the batch waits
//                 +-- fdatasync failed, or fenced: nothing is believed any more; this writer is broken for good
import { AlluviumError, fail, invariant, messageOf, sleep, type Clock, type Timer } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import { writeCheckpoint } from './checkpoint-file.js';
import type { Journal, JournalEntry, JournaledState } from './journal.js';
import type { JournalOptions } from './options.js';
import { encodeHeader, encodeRecord, HEADER_BYTES } from './record.js';
import type { Recovered } from './recover.js';
import type { CheckpointName, CheckpointWriter, JournalStorage, SegmentName, SegmentWriter } from './storage.js';

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

interface OpenSegment {
  readonly name: SegmentName;
  readonly writer: SegmentWriter;
  readonly header: Buffer;
  /** Durable bytes; 0: the header goes out with the first batch, as one write. */
  length: number;
}

export class DurableJournal implements Journal {
  readonly failed: Promise<Error>;
  readonly #d: WriterDependencies;
  readonly #fail: (error: Error) => void;
  #segments: SegmentName[];
  #checkpoints: CheckpointName[];
  #passedOver: readonly CheckpointName[];
  #open: OpenSegment | undefined;
  #last: number;
  #durable: number;
  #pending = new Batch();
  #inFlight: Batch | undefined;
  #flushing: Promise<void> | undefined;
  #rollWanted = true;
  #full: AlluviumError | undefined;
  #broken: AlluviumError | undefined;
  #retry: Timer | undefined;
  #checkpointing: Promise<void> | undefined;
  #checkpointedAt: number;
  readonly #closing = new AbortController();

  constructor(dependencies: WriterDependencies) {
    this.#d = dependencies;
    const { recovered } = dependencies;
    this.#segments = [...recovered.segments];
    this.#checkpoints = [...recovered.checkpoints];
    this.#passedOver = recovered.passedOver;
    this.#last = this.#durable = recovered.lastSequence;
    this.#checkpointedAt = recovered.checkpointSequence;
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

  /** Looks whether there is space; to be called once before the first append. */
  async prepare(): Promise<void> {
    const { reserveBytes } = this.#d.options;
    if (reserveBytes > 0 && !(await this.#d.storage.reserve(reserveBytes))) this.#refuseFull();
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

  checkpoint(): Promise<void> {
    this.#checkpointing ??= this.#writeCheckpoint().finally(() => {
      this.#checkpointing = undefined;
    });
    return this.#checkpointing;
  }

  async begin(): Promise<void> {
    invariant(this.#last === 0, `The journal has ${this.#last} operations: it cannot begin with a state from elsewhere`);
    this.#last = this.#durable = 1;
    await this.checkpoint();
  }

  async close(): Promise<void> {
    this.#closing.abort(fail('unavailable', 'The journal was closed before there was space for what it had taken'));
    this.#retry?.cancel();
    await this.#flushing;
    await this.#checkpointing?.catch(() => {});
    await this.#open?.writer.close();
    this.#open = undefined;
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
        this.#durable = batch.lastSequence;
        this.#inFlight = undefined;
        batch.done.resolve();
      } catch (error) {
        this.#break(error, batch);
      }
    }
    this.#flushing = undefined;
    this.#checkpointIfDue();
  }

  async #writeBatch(batch: Batch): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        const segment = await this.#segmentForNext();
        const parts = segment.length === 0 ? [segment.header, ...batch.parts] : batch.parts;
        await segment.writer.write(parts, segment.length);
        await segment.writer.sync();
        segment.length += batch.bytes + (segment.length === 0 ? HEADER_BYTES : 0);
        break;
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        if (this.#full === undefined) this.#refuseFull();
        // The reserve mostly holds what was taken, so that this batch and the one behind it are finished.
        if (attempt === 0) await this.#d.storage.releaseReserve();
        // The same bytes go to the same place again, over what was written of them.
        else await sleep(this.#d.clock, this.#d.options.retryMs, this.#closing.signal);
      }
    }
    if (await this.#d.storage.isFenced(this.#d.epoch))
      throw fail('unavailable', 'Another master has taken over the journal; this one no longer serves');
  }

  async #segmentForNext(): Promise<OpenSegment> {
    if (this.#open !== undefined && !this.#rollWanted && this.#open.length < this.#d.options.segmentBytes) return this.#open;
    await this.#open?.writer.close();
    this.#open = undefined;
    const first = this.#durable + 1;
    const name = { firstSequence: first, epoch: this.#d.epoch };
    const known = this.#segments.some((other) => other.firstSequence === first && other.epoch === name.epoch);
    // A first try that found the disk full left the file behind.
    if (known) await this.#d.storage.removeSegment(name);
    else this.#segments.push(name);
    const writer = await this.#d.storage.createSegment(name);
    const header = encodeHeader({ epoch: this.#d.epoch, firstSequence: first, createdMs: this.#d.clock.nowMs() });
    this.#open = { name, writer, header, length: 0 };
    this.#rollWanted = false;
    return this.#open;
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
      this.#d.storage.reserve(this.#d.options.reserveBytes).then(
        (there) => {
          if (this.#closed || this.#broken !== undefined) return;
          if (!there) return this.#retryReserve();
          this.#full = undefined;
          this.#d.log.info('the disk of the journal has space again');
        },
        (error: unknown) => {
          this.#d.log.warn('space for the journal cannot be looked for', { reason: messageOf(error) });
          if (!this.#closed) this.#retryReserve();
        },
      );
    });
  }

  /** After a failed fdatasync nobody knows what is on the disk; trying again would only hide it. */
  #break(error: unknown, batch: Batch): void {
    this.#broken =
      error instanceof AlluviumError && error.kind === 'unavailable'
        ? error
        : fail('unavailable', `The journal cannot be written: ${messageOf(error)}`, error);
    this.#d.log.error('the journal is broken', { reason: this.#broken.message });
    this.#retry?.cancel();
    batch.done.reject(this.#broken);
    this.#pending.done.reject(this.#broken);
    this.#fail(this.#broken);
  }

  #checkpointIfDue(): void {
    const { checkpointOperations } = this.#d.options;
    if (this.#closed || this.refusal !== undefined || this.#durable - this.#checkpointedAt < checkpointOperations) return;
    this.checkpoint().catch((error: unknown) => {
      this.#d.log.error('checkpoint failed', { reason: messageOf(error) });
      // The next try comes after a tenth of the way.
      this.#checkpointedAt = this.#durable - Math.floor(checkpointOperations * 0.9);
    });
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #writeCheckpoint(): Promise<void> {
    const name = { sequence: this.#last, epoch: this.#d.epoch };
    if (this.#checkpoints.some((other) => other.sequence === name.sequence && other.epoch === name.epoch)) return;
    const entries = this.#d.state.snapshot();
    // The next batch begins a segment, so that the one before can be cut once it is covered.
    this.#rollWanted = true;
    this.#checkpointedAt = name.sequence;
    let writer: CheckpointWriter | undefined;
    try {
      writer = await this.#d.storage.createCheckpoint(name);
      const count = await writeCheckpoint(writer, name, this.#d.clock.nowMs(), entries);
      // Nothing that could still be lost may be in a checkpoint.
      while (this.#durable < name.sequence) await this.flushed();
      if (await this.#d.storage.isFenced(this.#d.epoch)) throw fail('unavailable', 'Another master has taken over the journal');
      await writer.commit();
      this.#d.log.info('checkpoint written', { sequence: name.sequence, entries: count });
    } catch (error) {
      entries.return?.();
      // What cannot be removed now is removed by the next start.
      await writer?.abort().catch(() => {});
      throw error;
    }
    this.#checkpoints.push(name);
    await this.#cut();
  }

  /** Keeps two checkpoints and what came after the older one. */
  async #cut(): Promise<void> {
    if (await this.#d.storage.isFenced(this.#d.epoch)) return;
    const kept = this.#checkpoints.slice(-2);
    for (const old of this.#checkpoints.slice(0, -2)) await this.#d.storage.removeCheckpoint(old);
    this.#checkpoints = kept;
    for (const name of this.#passedOver) await this.#d.storage.removeCheckpoint(name);
    this.#passedOver = [];
    const covered = kept.length < 2 ? 0 : kept[0]!.sequence;
    const keep: SegmentName[] = [];
    for (const [index, segment] of this.#segments.entries()) {
      const next = this.#segments[index + 1];
      if (next !== undefined && next.firstSequence <= covered + 1 && segment !== this.#open?.name)
        await this.#d.storage.removeSegment(segment);
      else keep.push(segment);
    }
    this.#segments = keep;
  }
}

function isDiskFull(error: unknown): boolean {
  return error instanceof AlluviumError && error.kind === 'resourceExhausted';
}
