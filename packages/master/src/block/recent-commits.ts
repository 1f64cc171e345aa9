import type { BlockId } from '@alluvium/base';

/** More than a worker commits between two heartbeats. Beyond, a removal that came late counts until the worker tells again. */
const RECENT_MAX = 100_000;

/** Commits that the last heartbeat could not know of yet: when the next one tells of a removal, it may be one from before. */
export class RecentCommits {
  readonly #sequences = new Map<BlockId, bigint>();

  add(id: BlockId, sequence: bigint): void {
    this.#sequences.delete(id);
    if (this.#sequences.size < RECENT_MAX) this.#sequences.set(id, sequence);
  }

  /** Whether the block was committed at or after a point of the worker's sequence. */
  isSince(id: BlockId, sequence: bigint): boolean {
    const committed = this.#sequences.get(id);
    return committed !== undefined && committed >= sequence;
  }

  /** Everything before a point was told, and counts as told. */
  forgetBefore(sequence: bigint): void {
    for (const [id, committed] of this.#sequences) if (committed < sequence) this.#sequences.delete(id);
  }

  clear(): void {
    this.#sequences.clear();
  }
}
