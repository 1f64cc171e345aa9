import type { BlockId, Clock, ContainerId, Random } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { BlockStore } from '@alluvium/metastore';
import type { common } from '@alluvium/wire';
import type { BlockMap } from './block-map.js';
import { BlockState } from './block-state.js';
import { WorkerRegistry } from './worker-registry.js';

/** The block master: journaled block metadata and the soft state of the workers, as the file system master sees them. */
export class BlockMaster implements BlockMap {
  readonly state: BlockState;
  readonly workers: WorkerRegistry;

  constructor(blocks: BlockStore, clock: Clock, random: Random) {
    this.state = new BlockState(blocks);
    this.workers = new WorkerRegistry(clock, random, (id) => this.state.length(id) !== undefined);
  }

  length(id: BlockId): number | undefined {
    return this.state.length(id);
  }

  locations(id: BlockId): readonly common.BlockLocation[] {
    return this.workers.locations(id);
  }

  nextContainer(plan: JournalEntry[]): ContainerId {
    return this.state.nextContainer(plan);
  }

  free(ids: Iterable<BlockId>): void {
    this.workers.free(ids);
  }
}
