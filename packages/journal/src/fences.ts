// Where a writer's word ends: what a fenced writer wrote past the point where the next one began was never acknowledged. A start
// and the tools that foretell it go by the same rules.
import type { CheckpointName, SegmentName } from './storage.js';

/** The order in which a start reads segments. */
export function bySegmentOrder(a: SegmentName, b: SegmentName): number {
  return a.epoch - b.epoch || a.firstSequence - b.firstSequence;
}

/** The newest last. */
export function byCheckpointAge(a: CheckpointName, b: CheckpointName): number {
  return a.epoch - b.epoch || a.sequence - b.sequence;
}

/** Sequences of segment `index` count below this: where a later writer or segment began. */
export function fenceOf(segments: readonly SegmentName[], index: number): number {
  let fence = Number.POSITIVE_INFINITY;
  for (let later = index + 1; later < segments.length; later++) fence = Math.min(fence, segments[later]!.firstSequence);
  return fence;
}

/** Whether a later writer began before the checkpoint's last operation: it may then hold what was never acknowledged. */
export function isFencedCheckpoint(segments: readonly SegmentName[], name: CheckpointName): boolean {
  return segments.some((segment) => segment.epoch > name.epoch && segment.firstSequence <= name.sequence);
}
