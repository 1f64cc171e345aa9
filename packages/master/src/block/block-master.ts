import type { BlockId, Clock, ContainerId, Random } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { BlockStore } from '@alluvium/metastore';
import type { common } from '@alluvium/wire';
import type { BlockMap } from './block-map.js';
import { BlockState } from './block-state.js';
import { Settling } from './settling.js';
import { WorkerRegistry } from './worker-registry.js';

/** The block master: journaled block metadata and the soft state of the workers, as the file system master sees them. */
export class BlockMaster implements BlockMap {
  readonly state: BlockState;
  readonly workers: WorkerRegistry;
  readonly settling: Settling;
  #registered: (() => void) | undefined;

  /** `settlingMs`: how long after the start workers are waited for. */
  constructor(blocks: BlockStore, clock: Clock, random: Random, settlingMs: number) {
    this.state = new BlockState(blocks);
    this.workers = new WorkerRegistry(
      clock,
      random,
      (id) => this.state.length(id) !== undefined,
      () => {
        this.settling.arrived();
        this.#registered?.();
      },
    );
    this.settling = new Settling(clock, settlingMs);
  }

  /** Whom to tell that a worker has registered. */
  onRegistered(listener: (() => void) | undefined): void {
    this.#registered = listener;
  }

  length(id: BlockId): number | undefined {
    return this.state.length(id);
  }

  locations(id: BlockId): readonly common.BlockLocation[] {
    return this.workers.locations(id);
  }

  whenLocated(ids: readonly BlockId[]): Promise<void> | undefined {
    const areLocated = (): boolean => ids.every((id) => this.workers.locations(id).length > 0);
    return this.settling.isOver || areLocated() ? undefined : this.settling.until(areLocated);
  }

  nextContainer(plan: JournalEntry[]): ContainerId {
    return this.state.nextContainer(plan);
  }

  free(ids: readonly BlockId[]): void {
    this.workers.free(ids);
  }
}
