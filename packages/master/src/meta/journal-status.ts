// How the journal is, for `fsadmin journal status`. Anybody may ask, as anybody may ask Alluxio for its journal's quorum.
import type { Journal } from '@alluvium/journal';
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { namespaceService as ns } from '@alluvium/wire';
import type { BlockMaster } from '../block/block-master.js';
import type { InodeTree } from '../file/index.js';

const methods = methodsOf(ns.NamespaceServiceDefinition);

export interface JournalView {
  readonly journal: Journal;
  readonly tree: InodeTree;
  readonly blocks: BlockMaster;
  /** Where inodes and blocks are kept, as the configuration has it. */
  readonly metastore: string;
}

/** It answers also when the journal does not: nothing of what it tells has to be durable first. */
export function journalStatusService(view: JournalView): (table: ServiceTable) => void {
  return (table) => void table.unary(methods.getJournalStatus, () => getJournalStatus(view));
}

async function getJournalStatus({ journal, tree, blocks, metastore }: JournalView): Promise<ns.GetJournalStatusReply> {
  const status = await journal.status();
  return {
    epoch: BigInt(status.epoch),
    lastSequence: BigInt(status.lastSequence),
    durableSequence: BigInt(status.durableSequence),
    state: status.state,
    ...(status.refusal !== undefined && { refusal: status.refusal }),
    segments: BigInt(status.segments),
    segmentBytes: BigInt(status.segmentBytes),
    checkpoints: status.checkpoints.map(({ sequence, epoch, createdMs, bytes }) => ({
      sequence: BigInt(sequence),
      epoch: BigInt(epoch),
      createdMs: BigInt(createdMs),
      bytes: BigInt(bytes),
    })),
    ...(status.checkpointProgress && { checkpointEntriesWritten: BigInt(status.checkpointProgress.entries) }),
    ...(status.checkpointError !== undefined && { lastCheckpointError: status.checkpointError }),
    ...(status.space &&
      Number.isFinite(status.space.capacityBytes) && {
        diskCapacityBytes: BigInt(status.space.capacityBytes),
        diskAvailableBytes: BigInt(status.space.availableBytes),
        diskLow: status.spaceLow,
      }),
    metastore,
    inodes: BigInt(tree.size),
    blocks: BigInt(blocks.state.blockCount),
    bytesSinceCheckpoint: BigInt(status.bytesSinceCheckpoint),
  };
}
