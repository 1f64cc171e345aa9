// What the journal of a master is told by the configuration.
import type { JournalOptions } from '@alluvium/journal';
import { bytesOption, durationOption, integerOption, type Configuration, type Option } from '@alluvium/platform';

export const segmentBytes = bytesOption({
  name: 'alluxio.master.journal.log.size.bytes.max',
  default: '64MB',
  doc: 'A journal segment is closed at this size.',
});
const checkpointEntries = integerOption({
  name: 'alluxio.master.journal.checkpoint.period.entries',
  default: '2000000',
  doc: 'A checkpoint is written when this many operations came after the last one.',
});
const checkpointBytes = bytesOption({
  name: 'alluvium.master.journal.checkpoint.period.bytes',
  default: '512MB',
  doc: 'A checkpoint is written when this much journal came after the last one, which is what the next start would have to read.',
});
const checkpointAge = durationOption({
  name: 'alluvium.master.journal.checkpoint.period',
  default: '1day',
  doc: 'A checkpoint is written when the last one is this old and something has happened since.',
});
const slowFlush = durationOption({
  name: 'alluvium.master.journal.slow.flush.threshold',
  default: '5sec',
  doc: 'A flush of the journal that takes this long is told of in the log and counted.',
});
const spaceInterval = durationOption({
  name: 'alluxio.master.journal.space.monitor.interval',
  default: '10min',
  doc: 'How often the free space on the disk of the journal is looked at.',
});
const spaceThreshold = integerOption({
  name: 'alluxio.master.journal.space.monitor.percent.free.threshold',
  default: '10',
  doc: 'When less than this percentage of the disk of the journal is free, it is told of in the log, in metrics and by `fsadmin journal status`.',
});

export const journalOptions: readonly Option<unknown>[] = [
  segmentBytes,
  checkpointEntries,
  checkpointBytes,
  checkpointAge,
  slowFlush,
  spaceInterval,
  spaceThreshold,
];

export function journalOptionsOf(configuration: Configuration): Partial<JournalOptions> {
  return {
    segmentBytes: configuration.get(segmentBytes),
    checkpointOperations: Math.max(1, configuration.get(checkpointEntries)),
    checkpointBytes: Math.max(1, configuration.get(checkpointBytes)),
    checkpointAgeMs: Math.max(1000, configuration.get(checkpointAge)),
    slowFlushMs: Math.max(1, configuration.get(slowFlush)),
    spaceIntervalMs: Math.max(1000, configuration.get(spaceInterval)),
    spaceThresholdPercent: configuration.get(spaceThreshold),
  };
}
