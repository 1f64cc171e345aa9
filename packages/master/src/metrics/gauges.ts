// Figures of this moment, under Alluxio's names.
import type { Journal } from '@alluvium/journal';
import type { DiskSpace } from '@alluvium/platform';
import type { BlockMaster } from '../block/block-master.js';
import { bytesOf, capacityOf, usedOf } from '../block/capacity.js';
import type { InodeTree } from '../file/index.js';

/** Name and value of each. */
export type Gauges = () => (readonly [string, number])[];

interface Dependencies {
  readonly blocks: BlockMaster;
  readonly tree: InodeTree;
  readonly journal: Journal;
  readonly others: readonly { readonly gauges: Gauges }[];
}

export function masterGauges({ blocks, tree, journal, others }: Dependencies): Gauges {
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
      ['Master.TotalBlockReplicaCount', workers.copyCount],
      ...journalGauges(journal),
      ...others.flatMap((each) => each.gauges()),
    ];
  };
}

function journalGauges({ lastSequence, figures }: Journal): [string, number][] {
  const { space } = figures;
  return [
    ['Master.JournalSequenceNumber', lastSequence],
    ['Master.JournalEntriesSinceCheckPoint', figures.operationsSinceCheckpoint],
    ['Master.JournalBytesSinceCheckpoint', figures.bytesSinceCheckpoint],
    ['Master.JournalLastCheckPointTime', figures.lastCheckpointMs ?? -1],
    ['Master.JournalCheckpointFailures', figures.checkpointFailures],
    ['Master.JournalSegments', figures.segments],
    ['Master.JournalFlushes', figures.flushes],
    ['Master.JournalSlowFlushes', figures.slowFlushes],
    ['Master.JournalLongestFlushMs', Math.round(figures.longestFlushMs)],
    ['Master.JournalReadOnly', figures.state === 'SERVING' ? 0 : 1],
    ...(space === undefined ? [] : spaceGauges(space)),
    ['Master.JournalSpaceLow', figures.spaceLow ? 1 : 0],
  ];
}

function spaceGauges({ availableBytes, capacityBytes }: DiskSpace): [string, number][] {
  return [
    ['Master.JournalFreeBytes', availableBytes],
    ['Master.JournalFreePercent', Math.floor((availableBytes * 100) / Math.max(1, capacityBytes))],
  ];
}

/** Percent of the workers' space that is used, 0 without any. */
export function percentUsed(blocks: BlockMaster): number {
  const capacity = bytesOf(capacityOf(blocks.workers));
  return capacity === 0 ? 0 : Math.floor((bytesOf(usedOf(blocks.workers)) * 100) / capacity);
}
