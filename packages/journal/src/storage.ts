import type { DiskSpace } from '@alluvium/platform';

/** A segment by its name: where it begins and who wrote it. */
export interface SegmentName {
  readonly firstSequence: number;
  readonly epoch: number;
}

/** A checkpoint by its name: the state after `sequence`, written in `epoch`. */
export interface CheckpointName {
  readonly sequence: number;
  readonly epoch: number;
}

/**
 * Where a journal lives: a local directory now, shared storage and object stores later. Fencing rests on epochs: a writer claims
 * a higher one than any before, and acknowledges nothing without having looked, after its bytes were durable, that no
 * higher one exists.
 */
export interface JournalStorage {
  /** For people: what a message names. */
  describe(name: SegmentName | CheckpointName): string;
  /** Bytes that it takes; undefined when it is not there. */
  sizeOf(name: SegmentName | CheckpointName): Promise<number | undefined>;
  /** Of what the journal lies on. */
  space(): Promise<DiskSpace>;
  /** Claims an epoch above every epoch ever claimed. Two claimers never get the same one. */
  claimEpoch(): Promise<number>;
  /** Whether an epoch above `epoch` has been claimed, looked up anew. */
  isFenced(epoch: number): Promise<boolean>;

  segments(): Promise<SegmentName[]>;
  /** Whole. Throws with file and byte offset where the disk cannot read it. */
  readSegment(name: SegmentName): Promise<Buffer>;
  /** Makes an empty segment, durable in its directory. */
  createSegment(name: SegmentName): Promise<SegmentWriter>;
  /** Writes bytes again that are there already; durable with the sync or the cut that follows. */
  rewriteSegment(name: SegmentName, bytes: Uint8Array, position: number): Promise<void>;
  /** Makes durable what a process that was killed may have left in memory. */
  syncSegment(name: SegmentName): Promise<void>;
  /** Cuts a torn tail off, durably. */
  truncateSegment(name: SegmentName, length: number): Promise<void>;
  removeSegment(name: SegmentName): Promise<void>;

  checkpoints(): Promise<CheckpointName[]>;
  readCheckpoint(name: CheckpointName): AsyncIterable<Buffer>;
  createCheckpoint(name: CheckpointName): Promise<CheckpointWriter>;
  removeCheckpoint(name: CheckpointName): Promise<void>;

  /** Keeps `bytes` of space back for finishing what was taken when the disk is full. False when there is no room for it. */
  reserve(bytes: number): Promise<boolean>;
  /** Gives the reserved space up. */
  releaseReserve(): Promise<void>;
  /** Removes what a crash left half written. */
  cleanUp(): Promise<void>;
}

export interface SegmentWriter {
  /** Writes at `position`; nothing is durable before `sync`. */
  write(parts: readonly Uint8Array[], position: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface CheckpointWriter {
  write(parts: readonly Uint8Array[]): Promise<void>;
  /** Makes it durable, then visible, unless `check` throws in between. */
  commit(check?: () => Promise<void>): Promise<void>;
  abort(): Promise<void>;
}
