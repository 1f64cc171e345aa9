// What a start does: newest whole checkpoint, then the segments in order.
//
// Segments of a fenced writer may go on past the point where the next writer began; what lies there was never acknowledged.
// The next writer's first sequence is the fence: older segments count only up to it.
import { AlluviumError } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import { checkpointChunks, checkpointHeader, verifyCheckpoint } from './checkpoint-file.js';
import type { KnownCheckpoint } from './checkpointer.js';
import { applyChunk } from './entry-reader.js';
import { byCheckpointAge, bySegmentOrder, fenceOf, isFencedCheckpoint } from './fences.js';
import type { JournaledState } from './journal.js';
import { batchStartAt, checkRecord, decodeHeader, decodeRecord, HEADER_BYTES, sequenceAt } from './record.js';
import type { StartProgress } from './start-progress.js';
import type { CheckpointName, JournalStorage, SegmentName } from './storage.js';
import { damaged, mustBeTorn } from './torn-tail.js';

export interface Recovered {
  /** Of the last operation in the state. */
  readonly lastSequence: number;
  /** Of the checkpoint it started from; 0 without one. */
  readonly checkpointSequence: number;
  readonly segments: readonly SegmentName[];
  /** Bytes of the operations after it. */
  readonly bytesSinceCheckpoint: number;
  /** The one it started from, and those before it. */
  readonly checkpoints: readonly KnownCheckpoint[];
  /** Checkpoints that do not count: damaged, or of a writer that went on after it was fenced. */
  readonly passedOver: readonly CheckpointName[];
  /** What is wrong with the newest that is damaged. */
  readonly damage: string | undefined;
}

/** Rebuilds `state`, which must be empty, and cuts a torn tail. Throws `dataLoss` when something acknowledged cannot be read. */
export async function recover(storage: JournalStorage, state: JournaledState, log: Logger, progress?: StartProgress): Promise<Recovered> {
  const segments = (await storage.segments()).sort(bySegmentOrder);
  const checkpoints = (await storage.checkpoints()).sort(byCheckpointAge);
  const { checkpoint, damage } = await loadCheckpoint(storage, state, segments, checkpoints, log, progress);
  const checkpointSequence = checkpoint?.sequence ?? 0;
  let last = checkpointSequence;
  let bytesSinceCheckpoint = 0;
  for (const [index, segment] of segments.entries()) {
    const fence = fenceOf(segments, index);
    // A segment that the checkpoint covers is not read: it may be damaged without harm.
    if (fence <= last + 1) continue;
    const replayed = await replay({ storage, state, log, progress, segment, fence, damage, isLast: index === segments.length - 1 }, last);
    last = replayed.last;
    bytesSinceCheckpoint += replayed.bytes;
  }
  requireReached(last, damage);
  const usable = checkpoint === undefined ? 0 : checkpoints.indexOf(checkpoint) + 1;
  return {
    lastSequence: last,
    checkpointSequence,
    bytesSinceCheckpoint,
    segments,
    checkpoints: await Promise.all(checkpoints.slice(0, usable).map((name) => lookAt(storage, name))),
    passedOver: checkpoints.slice(usable),
    damage: damage?.error.message,
  };
}

/** Of one that is not needed now it matters little what its header says. */
async function lookAt(storage: JournalStorage, name: CheckpointName): Promise<KnownCheckpoint> {
  const header = await checkpointHeader(storage.readCheckpoint(name), storage.describe(name)).catch(() => undefined);
  return { ...name, createdMs: header?.createdMs ?? 0, bytes: (await storage.sizeOf(name)) ?? 0 };
}

/** A checkpoint that cannot be read. */
interface Damage {
  readonly error: AlluviumError;
  /** Everything up to here was durable once. */
  readonly sequence: number;
}

interface Loaded {
  readonly checkpoint: CheckpointName | undefined;
  /** Of the newest that is damaged. */
  readonly damage: Damage | undefined;
}

/** The segments must make up for a damaged checkpoint. */
function requireReached(last: number, damage: Damage | undefined): void {
  if (damage !== undefined && last < damage.sequence) throw damage.error;
}

async function loadCheckpoint(
  storage: JournalStorage,
  state: JournaledState,
  segments: readonly SegmentName[],
  checkpoints: readonly CheckpointName[],
  log: Logger,
  progress: StartProgress | undefined,
): Promise<Loaded> {
  let damage: Damage | undefined;
  for (const name of checkpoints.toReversed()) {
    if (isFencedCheckpoint(segments, name)) continue;
    const file = storage.describe(name);
    try {
      await verifyCheckpoint(storage.readCheckpoint(name), file, name);
    } catch (error) {
      if (!(error instanceof AlluviumError) || error.kind !== 'dataLoss') throw error;
      log.error('checkpoint damaged, trying the one before', { file, reason: error.message });
      damage ??= { error, sequence: name.sequence };
      continue;
    }
    for await (const { payload } of checkpointChunks(storage.readCheckpoint(name), file)) {
      const count = applyChunk(payload, state);
      progress?.applied(count, file);
    }
    return { checkpoint: name, damage };
  }
  if (damage !== undefined && !segments.some((segment) => segment.firstSequence === 1)) throw damage.error;
  return { checkpoint: undefined, damage };
}

interface Replay {
  readonly storage: JournalStorage;
  readonly state: JournaledState;
  readonly log: Logger;
  readonly progress: StartProgress | undefined;
  readonly segment: SegmentName;
  readonly fence: number;
  readonly damage: Damage | undefined;
  readonly isLast: boolean;
}

interface Replayed {
  /** The last sequence applied. */
  readonly last: number;
  /** Of the records that were. */
  readonly bytes: number;
}

/** Applies the records of one segment after `last` and below the fence. */
async function replay(r: Replay, last: number): Promise<Replayed> {
  const file = r.storage.describe(r.segment);
  const bytes = await r.storage.readSegment(r.segment);
  const header = decodeHeader(bytes, file);
  let offset = header === undefined ? 0 : HEADER_BYTES;
  let applied = 0;
  // Where the last batch begins, with the header that went out with the first.
  let batchAt = 0;
  if (header !== undefined && (header.firstSequence !== r.segment.firstSequence || header.epoch !== r.segment.epoch)) {
    throw damaged(file, 0, 'its header names another segment');
  }
  while (offset < bytes.length) {
    const length = header === undefined ? undefined : checkRecord(bytes, offset);
    if (length === undefined) break;
    const sequence = sequenceAt(bytes, offset);
    if (sequence >= r.fence) return { last, bytes: applied };
    if (sequence > last) {
      if (sequence !== last + 1) throw damaged(file, offset, `operation ${sequence} follows ${last}`);
      const { entries } = decodeRecord(bytes, offset, length);
      for (const entry of entries) r.state.apply(entry, sequence);
      r.progress?.applied(entries.length, file);
      last = sequence;
      applied += length;
    }
    if (batchStartAt(bytes, offset) === sequence && offset > HEADER_BYTES) batchAt = offset;
    offset += length;
  }
  if (Number.isFinite(r.fence) && last + 1 < r.fence) throw damaged(file, offset, `operations ${last + 1} to ${r.fence - 1} are missing`);
  if (r.isLast) requireReached(last, r.damage);
  if (r.isLast) await settleTail(r, { bytes, offset, batchAt, last, file });
  return { last, bytes: applied };
}

interface TailPlace {
  readonly bytes: Buffer;
  /** Where whole records end. */
  readonly offset: number;
  readonly batchAt: number;
  readonly last: number;
  readonly file: string;
}

/**
 * Cuts a torn tail. The segment of a writer that was killed may lie in memory alone: what is built on it from now on
 * must not outlive it. Of a writer whose sync failed the last batch does, and the cache takes it for clean: only what is written
 * again reaches the disk with the next sync.
 */
async function settleTail(r: Replay, { bytes, offset, batchAt, last, file }: TailPlace): Promise<void> {
  if (offset > batchAt) await r.storage.rewriteSegment(r.segment, bytes.subarray(batchAt, offset), batchAt);
  if (offset === bytes.length) return r.storage.syncSegment(r.segment);
  // A segment grows ahead of its records, in zeros.
  if (bytes.subarray(offset).some((byte) => byte !== 0)) {
    mustBeTorn({ bytes, offset, last, epoch: r.segment.epoch, file });
    r.log.warn('torn tail of the journal cut off', { file, offset, bytes: bytes.length - offset });
  }
  await r.storage.truncateSegment(r.segment, offset);
}
