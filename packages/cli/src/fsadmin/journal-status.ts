import type { JournalReport } from '@alluvium/client';
import { formatSize, percentOf } from '../output/size.js';
import { formatTable } from '../output/table.js';
import { formatTime } from '../output/time.js';
import type { Session } from '../session.js';

export async function journalStatus(session: Session): Promise<void> {
  const journal = await (await session.fileSystem()).admin.journal({ signal: session.signal });
  if (session.json) return session.printJson(journal);
  for (const line of [...journalLines(journal), ...checkpointLines(journal)]) await session.print(line);
}

function journalLines(journal: JournalReport): string[] {
  const { disk, checkpointEntriesWritten, checkpointError } = journal;
  return [
    `State: ${journalStateText(journal)}`,
    `Operations: ${journal.lastSequence}, ${journal.durableSequence} of them on the disk`,
    `Epoch: ${journal.epoch}`,
    `Segments: ${journal.segments}  Size: ${formatSize(journal.segmentBytes)}`,
    `Since the last checkpoint: ${formatSize(journal.bytesSinceCheckpoint)}`,
    ...(disk === undefined
      ? []
      : [
          `Disk: ${formatSize(disk.availableBytes)} of ${formatSize(disk.capacityBytes)} free (${percentOf(disk.availableBytes, disk.capacityBytes)} %)${disk.low ? ', which is little' : ''}`,
        ]),
    `Metastore: ${journal.metastore}  Inodes: ${journal.inodes}  Blocks: ${journal.blocks}`,
    ...(checkpointEntriesWritten === undefined ? [] : [`A checkpoint is being written: ${checkpointEntriesWritten} entries so far`]),
    ...(checkpointError === undefined ? [] : [`The last checkpoint failed: ${checkpointError}`]),
  ];
}

function checkpointLines({ checkpoints }: JournalReport): string[] {
  if (checkpoints.length === 0) return ['There is no checkpoint yet.'];
  const rows = checkpoints.map(({ sequence, epoch, createdMs, bytes }) => [
    `${sequence}`,
    `${epoch}`,
    formatTime(createdMs),
    formatSize(bytes),
  ]);
  return formatTable([['Checkpoint of operation', 'Epoch', 'Written', 'Size'], ...rows]);
}

/** `serving`, or why not. */
export function journalStateText({ state, refusal }: JournalReport): string {
  const text = state.toLowerCase().replace('_', '-');
  return refusal === undefined ? text : `${text}: ${refusal}`;
}
