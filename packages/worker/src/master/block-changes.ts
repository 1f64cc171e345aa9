// What the master has not heard of yet: copies that are gone, and copies that are here although it may think otherwise. Each is told
// until a heartbeat that carried it has succeeded. Removals and commits have one sequence, by which the master tells old news from new.
import type { BlockId } from '@alluvium/base';
import type { Block } from '../store/block.js';

/** Maps that grow one by one, so that none stops everything for long when a directory with a million blocks is lost. */
const SHARDS = 64;
const SHARD_MASK = BigInt(SHARDS - 1);

export interface ChangeReport {
  readonly removed: readonly BlockId[];
  /** Came by other ways than a commit, or lies in another tier now. */
  readonly added: readonly BlockId[];
  /** Were ordered away, and are newer than the order; also in `added`. */
  readonly kept: readonly BlockId[];
  /** Everything recorded at or after this belongs to a later report. */
  readonly until: number;
  /** There was more than the report has room for. */
  readonly isFull: boolean;
}

export class BlockChanges {
  readonly #removed: readonly Map<BlockId, number>[] = Array.from({ length: SHARDS }, () => new Map<BlockId, number>());
  readonly #added: readonly Map<BlockId, number>[] = Array.from({ length: SHARDS }, () => new Map<BlockId, number>());
  readonly #kept = new Set<BlockId>();
  /** Sequence numbers of commits whose call goes on, the earliest first. */
  readonly #open = new Set<number>();
  #sequence = 1;
  #newest = 0n;
  /** Before the first registration there is nothing to be told. */
  #isListed = false;

  /** No block of this worker has a later generation. */
  get newestGeneration(): bigint {
    return this.#newest;
  }

  /** Where the earliest commit lies that may still reach the master. */
  get openFrom(): number {
    for (const sequence of this.#open) return sequence;
    return this.#sequence;
  }

  removed(id: BlockId): void {
    this.#added[shardOf(id)]!.delete(id);
    this.#kept.delete(id);
    if (!this.#isListed) return;
    const removed = this.#removed[shardOf(id)]!;
    removed.delete(id);
    removed.set(id, this.#sequence++);
  }

  /** The master is told by a call of its own, for which see {@link beginCommit}. A block that is here again was not removed. */
  committed({ id, generation }: Pick<Block, 'id' | 'generation'>): void {
    if (generation > this.#newest) this.#newest = generation;
    // The master may have heard of the removal, in a heartbeat that failed here.
    if (this.#removed[shardOf(id)]!.delete(id)) this.added(id);
  }

  /** A block of an earlier process, or of a directory that came back. */
  recovered({ id, generation }: Pick<Block, 'id' | 'generation'>): void {
    if (generation > this.#newest) this.#newest = generation;
    this.#removed[shardOf(id)]!.delete(id);
    this.added(id);
  }

  /** The master has to hear where the block is, and there is no call that tells. */
  added(id: BlockId): void {
    if (this.#isListed) this.#added[shardOf(id)]!.set(id, this.#sequence++);
  }

  /** The master has ordered away a copy that was here before this one. */
  kept(id: BlockId): void {
    this.#kept.add(id);
    this.added(id);
  }

  /** The number of a commit that the master is told of from now until {@link endCommit}. */
  beginCommit(): number {
    const sequence = this.#sequence++;
    this.#open.add(sequence);
    return sequence;
  }

  endCommit(sequence: number): void {
    this.#open.delete(sequence);
  }

  /** At most `max` blocks. `isTold`: the master knows of the block, which is here; others are told of by their commit. */
  report(max: number, isTold: (id: BlockId) => boolean = () => true): ChangeReport {
    const removed = firstOf(this.#removed, max, () => true);
    const added = firstOf(this.#added, max - removed.length, isTold);
    const kept = this.#kept.size === 0 ? [] : added.filter((id) => this.#kept.has(id));
    return { removed, added, kept, until: this.#sequence, isFull: removed.length + added.length >= max };
  }

  /**
   * The master has taken `report`. A block that came back while the report was under way may have lost its location to
   * it, so it is reported as added.
   */
  delivered(report: ChangeReport, isHere: (id: BlockId) => boolean): void {
    for (const id of report.added) {
      const recorded = this.#added[shardOf(id)]!.get(id);
      if (recorded === undefined || recorded >= report.until) continue;
      this.#added[shardOf(id)]!.delete(id);
      this.#kept.delete(id);
    }
    for (const id of report.removed) {
      const recorded = this.#removed[shardOf(id)]!.get(id);
      if (recorded !== undefined && recorded < report.until) this.#removed[shardOf(id)]!.delete(id);
      if (isHere(id)) this.added(id);
    }
  }

  /** A registration lists what is here: nothing before it counts. */
  clear(): void {
    this.#isListed = true;
    for (const shard of this.#removed) shard.clear();
    for (const shard of this.#added) shard.clear();
    this.#kept.clear();
  }
}

function shardOf(id: BlockId): number {
  return Number((id ^ (id >> 24n)) & SHARD_MASK);
}

function firstOf(shards: readonly ReadonlyMap<BlockId, number>[], max: number, isWanted: (id: BlockId) => boolean): BlockId[] {
  const first: BlockId[] = [];
  for (const shard of shards) {
    for (const id of shard.keys()) {
      if (first.length >= max) return first;
      if (isWanted(id)) first.push(id);
    }
  }
  return first;
}
