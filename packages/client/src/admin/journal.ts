import type { Cancellable } from '../file-system.js';
import { namespaceMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import type { JournalReport } from './cluster-admin.js';

export async function getJournal({ master }: ClientContext, { signal }: Cancellable = {}): Promise<JournalReport> {
  const reply = await master.unary(namespaceMethods.getJournalStatus, {}, signal);
  const { diskCapacityBytes, diskAvailableBytes = 0n } = reply;
  return {
    state: reply.state ?? '',
    refusal: reply.refusal,
    epoch: reply.epoch ?? 0n,
    lastSequence: reply.lastSequence ?? 0n,
    durableSequence: reply.durableSequence ?? 0n,
    segments: reply.segments ?? 0n,
    segmentBytes: reply.segmentBytes ?? 0n,
    bytesSinceCheckpoint: reply.bytesSinceCheckpoint ?? 0n,
    checkpoints: (reply.checkpoints ?? []).map(({ sequence = 0n, epoch = 0n, createdMs = 0n, bytes = 0n }) => ({
      sequence,
      epoch,
      createdMs,
      bytes,
    })),
    checkpointEntriesWritten: reply.checkpointEntriesWritten,
    checkpointError: reply.lastCheckpointError,
    disk:
      diskCapacityBytes === undefined
        ? undefined
        : { capacityBytes: diskCapacityBytes, availableBytes: diskAvailableBytes, low: reply.diskLow ?? false },
    metastore: reply.metastore ?? '',
    inodes: reply.inodes ?? 0n,
    blocks: reply.blocks ?? 0n,
  };
}
