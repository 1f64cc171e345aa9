// The segments of one writer's journal: the one that grows, and those before it until they are cut.
import type { Clock } from '@alluvium/base';
import { encodeHeader, HEADER_BYTES } from './record.js';
import type { JournalStorage, SegmentName, SegmentWriter } from './storage.js';

interface OpenSegment {
  readonly name: SegmentName;
  readonly writer: SegmentWriter;
  readonly header: Buffer;
  /** Durable bytes; 0: the header goes out with the first batch, as one write. */
  length: number;
}

export interface SegmentLogDependencies {
  readonly storage: JournalStorage;
  readonly clock: Clock;
  readonly epoch: number;
  /** A segment is closed at this size. */
  readonly segmentBytes: number;
}

export class SegmentLog {
  readonly #d: SegmentLogDependencies;
  #names: readonly SegmentName[];
  #open: OpenSegment | undefined;
  #rollWanted = true;

  /** `names`: those that are there, in order. */
  constructor(dependencies: SegmentLogDependencies, names: readonly SegmentName[]) {
    this.#d = dependencies;
    this.#names = names;
  }

  get names(): readonly SegmentName[] {
    return this.#names;
  }

  /** The next batch begins a segment, so that the one before can be cut once it is covered. */
  roll(): void {
    this.#rollWanted = true;
  }

  /** Makes the segment that begins with `firstSequence`: what an older writer still puts behind what it had is of no account from now on. */
  async begin(firstSequence: number): Promise<void> {
    await this.#segmentFor(firstSequence);
  }

  /** Writes records that begin with `firstSequence` behind what is durable, and makes them so. After a failure the same may be tried again. */
  async write(firstSequence: number, records: readonly Uint8Array[], bytes: number): Promise<void> {
    const segment = await this.#segmentFor(firstSequence);
    const parts = segment.length === 0 ? [segment.header, ...records] : records;
    await segment.writer.write(parts, segment.length);
    await segment.writer.sync();
    segment.length += bytes + (segment.length === 0 ? HEADER_BYTES : 0);
  }

  async close(): Promise<void> {
    await this.#open?.writer.close();
    this.#open = undefined;
  }

  /** Removes segments whose operations are all at or below `covered`, oldest first, as long as `mayRemove` says so before each. */
  async removeCovered(covered: number, mayRemove: () => Promise<boolean>): Promise<void> {
    for (;;) {
      const [oldest, ...later] = this.#names;
      if (oldest === undefined || oldest === this.#open?.name) return;
      if (Math.min(Number.POSITIVE_INFINITY, ...later.map((segment) => segment.firstSequence)) > covered + 1) return;
      if (!(await mayRemove())) return;
      await this.#d.storage.removeSegment(oldest);
      this.#names = this.#names.slice(1);
    }
  }

  async #segmentFor(firstSequence: number): Promise<OpenSegment> {
    const { storage, clock, epoch, segmentBytes } = this.#d;
    if (this.#open !== undefined && !this.#rollWanted && this.#open.length < segmentBytes) return this.#open;
    await this.close();
    const name = { firstSequence, epoch };
    const known = this.#names.some((other) => other.firstSequence === firstSequence && other.epoch === epoch);
    // A first try that found the disk full left the file behind.
    if (known) await storage.removeSegment(name);
    else this.#names = [...this.#names, name];
    const writer = await storage.createSegment(name);
    this.#open = { name, writer, header: encodeHeader({ epoch, firstSequence, createdMs: clock.nowMs() }), length: 0 };
    this.#rollWanted = false;
    return this.#open;
  }
}
