// Figures of this moment, under Alluxio's names.
import type { Journal } from '@alluvium/journal';
import type { BlockMaster } from '../block/block-master.js';
import { bytesOf, capacityOf, usedOf } from '../block/capacity.js';
import type { InodeTree } from '../file/index.js';

/** Name and value of each. */
export type Gauges = () => (readonly [string, number])[];

interface Dependencies {
  readonly blocks: BlockMaster;
  readonly tree: InodeTree;
  readonly journal: Journal;
  readonly persistence: { readonly gauges: Gauges };
}

export function masterGauges({ blocks, tree, journal, persistence }: Dependencies): Gauges {
  const { workers } = blocks;
  return () => {
    const capacity = capacityOf(workers);
    const used = usedOf(workers);
    const tiers = [...capacity].flatMap(([tier, bytes]): [string, number][] => [
      [`Cluster.CapacityTotalTier${tier}`, Number(bytes)],
      [`Cluster.CapacityUsedTier${tier}`, Number(used.get(tier) ?? 0n)],
      [`Cluster.CapacityFreeTier${tier}`, Number(bytes - (used.get(tier) ?? 0n))],
    ]);
    return [
      ['Cluster.CapacityTotal', bytesOf(capacity)],
      ['Cluster.CapacityUsed', bytesOf(used)],
      ['Cluster.CapacityFree', bytesOf(capacity) - bytesOf(used)],
      ...tiers,
      ['Cluster.Workers', workers.live().length],
      ['Cluster.LostWorkers', workers.lost().length],
      ['Master.TotalPaths', tree.size],
      ['Master.FilesToBePersisted', tree.persistence.waitingCount],
      ['Master.LostFileCount', tree.persistence.lostCount],
      ['Master.UniqueBlocks', blocks.state.blockCount],
      ['Master.JournalSequenceNumber', journal.lastSequence],
      ...persistence.gauges(),
    ];
  };
}

/** Percent of the workers' space that is used, 0 without any. */
export function percentUsed(blocks: BlockMaster): number {
  const capacity = bytesOf(capacityOf(blocks.workers));
  return capacity === 0 ? 0 : Math.floor((bytesOf(usedOf(blocks.workers)) * 100) / capacity);
}
