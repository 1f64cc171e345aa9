import {
  booleanOption,
  bytesOption,
  choiceOption,
  durationOption,
  integerOption,
  portOption,
  stringOption,
  type Option,
} from '@alluvium/platform';
import { cachePolicyOptions } from './cache/policy-properties.js';
import { blockOptions } from './block-options.js';
import { journalOptions } from './journal-options.js';
import { replicationOptions } from './replication/replication-options.js';

export const masterHostname = stringOption({
  name: 'alluxio.master.hostname',
  default: 'localhost',
  doc: 'The name under which clients and workers reach the master.',
});
export const masterBindHost = stringOption({
  name: 'alluxio.master.bind.host',
  default: '127.0.0.1',
  doc: 'The address the master listens on. Loopback unless set: SIMPLE authentication believes whatever user a client claims to be.',
});
export const masterRpcPort = portOption({
  name: 'alluxio.master.rpc.port',
  default: '19998',
  doc: 'The port of the master for gRPC; 0 picks a free one.',
});
export const masterWebPort = portOption({
  name: 'alluxio.master.web.port',
  default: '19999',
  doc: 'The port of the master for HTTP, as clients are told.',
});
export const journalFolder = stringOption({
  name: 'alluxio.master.journal.folder',
  doc: 'The directory of the journal. Default: journal under the home directory.',
});
export const metastoreKind = choiceOption({
  name: 'alluxio.master.metastore',
  choices: ['HEAP', 'ROCKS'],
  default: 'HEAP',
  doc: 'Where inodes and block lengths are kept while the master runs: HEAP, its memory; ROCKS, RocksDB on its disk, for more files than memory has room for. May be changed from one start to the next: a start fills either from checkpoint and journal. Alluxio: ROCKS.',
});
export const metastoreDirectory = stringOption({
  name: 'alluxio.master.metastore.dir',
  doc: 'The directory of ROCKS, on a fast local disk. Everything in it is removed when the master starts, unless it holds what is not of a metastore. Default: metastore under the home directory.',
});
export const metastoreCacheSize = integerOption({
  name: 'alluxio.master.metastore.inode.cache.max.size',
  default: '200000',
  doc: 'With ROCKS: how many inodes, and lengths of blocks, are kept in memory; each takes up to 1 KiB. Alluxio: a quarter of the memory.',
});
export const initFromBackup = stringOption({
  name: 'alluxio.master.journal.init.from.backup',
  doc: 'A backup of Alluxio or Alluvium that a master with an empty journal restores when it starts: a path of its disk, or the URI of a file in a store, reached as the root store is. With a journal that is not empty it is not looked at.',
});
export const syncAfterRestore = booleanOption({
  name: 'alluxio.master.journal.sync.root.after.init.from.backup',
  default: 'true',
  doc: 'Whether, after a backup was restored, the first look at / compares it with its store.',
});
export const backupDirectory = stringOption({
  name: 'alluxio.master.backup.directory',
  default: '/alluxio_backups',
  doc: 'Where backups go that name no place: an absolute path of the store that / shows (of the whole store, not of the part that is shown), or the URI of a directory in any store. `alluvium start` has backups under the home directory where the root store is a local one.',
});
export const backupLocalDirectory = stringOption({
  name: 'alluvium.master.backup.local.directory',
  doc: "Where backups to the master's own disk go that name no place. Default: backups under the home directory.",
});
export const dailyBackup = booleanOption({
  name: 'alluxio.master.daily.backup.enabled',
  default: 'false',
  doc: 'Whether a backup is written each day.',
});
export const dailyBackupTime = stringOption({
  name: 'alluxio.master.daily.backup.time',
  default: '05:00',
  doc: 'When, in UTC.',
});
export const dailyBackupsRetained = integerOption({
  name: 'alluxio.master.daily.backup.files.retained',
  default: '3',
  doc: 'How many of the daily backups are kept, at least 1. Backups that were asked for are not counted and not removed.',
});
export const rootUfs = stringOption({
  name: 'alluxio.master.mount.table.root.ufs',
  doc: 'The store that / shows. Default: store under the home directory.',
});
export const rootReadOnly = booleanOption({
  name: 'alluxio.master.mount.table.root.readonly',
  default: 'false',
  doc: 'Whether the root mount refuses writes.',
});
export const rootShared = booleanOption({
  name: 'alluxio.master.mount.table.root.shared',
  default: 'false',
  doc: 'Whether everybody has the permissions of the owner on what is loaded from the root store.',
});
export const superGroup = stringOption({
  name: 'alluxio.security.authorization.permission.supergroup',
  default: 'supergroup',
  doc: 'Members of this group may do everything, as may the user that runs the master.',
});
export const permissionEnabled = booleanOption({
  name: 'alluxio.security.authorization.permission.enabled',
  default: 'true',
  doc: 'Whether owner, group and mode are checked.',
});
export const maxInboundMessage = bytesOption({
  name: 'alluxio.master.network.max.inbound.message.size',
  default: '100MB',
  doc: 'The largest message that the master accepts.',
});
export const lostWorkerInterval = durationOption({
  name: 'alluxio.master.lost.worker.detection.interval',
  default: '10sec',
  doc: 'How often silent workers are looked for.',
});
export const workerTimeout = durationOption({
  name: 'alluxio.master.worker.timeout',
  default: '5min',
  doc: 'A worker that is silent for so long is lost.',
});
export const lostWorkerForget = durationOption({
  name: 'alluxio.master.lost.worker.deletion.timeout',
  default: '30min',
  doc: 'How long a lost worker is remembered.',
});
export const workerWait = durationOption({
  name: 'alluxio.master.worker.connect.wait.time',
  default: '5sec',
  doc: 'How long after its start the master lets those wait who ask for blocks or workers that have not come back yet.',
});
export const persistInterval = durationOption({
  name: 'alluxio.master.persistence.scheduler.interval',
  default: '1sec',
  doc: 'How often the persistence queue is looked through.',
});
export const persistFirstRetry = durationOption({
  name: 'alluxio.master.persistence.initial.interval',
  default: '1sec',
  doc: 'Back-off after the first failed attempt to persist a file; it doubles.',
});
export const persistMaxRetry = durationOption({
  name: 'alluxio.master.persistence.max.interval',
  default: '1hr',
  doc: 'Longest back-off between attempts to persist a file.',
});
export const persistOrdersPerWorker = integerOption({
  name: 'alluvium.master.persistence.orders.per.worker',
  default: '8',
  doc: 'How many files one worker persists at a time.',
});
export const eventsKept = integerOption({
  name: 'alluvium.master.events.kept',
  default: '65536',
  doc: 'How many changes of the namespace are kept for those who watch it: one who comes back later than that lists again.',
});
export const recursiveBatch = integerOption({
  name: 'alluvium.master.recursive.batch',
  default: '500',
  doc: 'How many inodes a recursive operation changes at once. With more it goes in steps, is a task that can be cancelled, and lets others have their turn in between.',
});
export const persistOrderTimeout = durationOption({
  name: 'alluvium.master.persistence.order.timeout',
  default: '10min',
  doc: 'A worker that has not brought a file to its store for so long, and a second more for each MiB, has failed to.',
});
export const persistBlacklist = stringOption({
  name: 'alluxio.master.persistence.blacklist',
  default: '',
  doc: 'Files with one of these (comma separated) in their path wait in the persistence queue until they are renamed.',
});
export const lostFileInterval = durationOption({
  name: 'alluxio.master.lost.worker.file.detection.interval',
  default: '5min',
  doc: 'How often files are looked for whose only bytes were in workers that are gone.',
});
export const syncInterval = durationOption({
  name: 'alluxio.user.file.metadata.sync.interval',
  default: '-1',
  doc: 'How old what is known of a path may be before an access compares it with its store; 0: always, -1: never. Path configuration may say otherwise for a path, and so may a request.',
});
export const ttlInterval = durationOption({
  name: 'alluxio.master.ttl.checker.interval',
  default: '1hour',
  doc: 'How often files and directories are tried again whose time to live is over and whose action failed. What comes due is acted upon at once.',
});
export const accessTimeEnabled = booleanOption({
  name: 'alluxio.master.file.access.time.updater.enabled',
  default: 'true',
  doc: 'Whether opening a file moves its access time.',
});
export const accessTimePrecision = durationOption({
  name: 'alluxio.master.file.access.time.update.precision',
  default: '1day',
  doc: 'An access time is moved only when it is older than this.',
});
export const accessTimeFlush = durationOption({
  name: 'alluxio.master.file.access.time.journal.flush.interval',
  default: '1h',
  doc: 'Moved access times are journaled and shown at most this much later, many at once.',
});
export const cleanupEnabled = booleanOption({
  name: 'alluxio.underfs.cleanup.enabled',
  default: 'true',
  doc: 'Whether what killed processes left in writable stores is removed; in S3 that is every old upload below the mount. Alluxio: false.',
});
export const cleanupInterval = durationOption({
  name: 'alluxio.underfs.cleanup.interval',
  default: '1day',
  doc: 'How often that is looked for, after the look at the start.',
});
export const cleanupAge = durationOption({
  name: 'alluvium.underfs.cleanup.age',
  default: '3day',
  doc: 'Temporary files and uploads that have not grown for so long are taken for left over.',
});
export const timeSeriesInterval = durationOption({
  name: 'alluxio.master.metrics.time.series.interval',
  default: '5min',
  doc: 'How often the figures of the cluster are recorded; a day of them is kept at this default.',
});

export const auditEnabled = booleanOption({
  name: 'alluxio.master.audit.logging.enabled',
  default: 'true',
  doc: 'Whether each operation on the namespace leaves a line in the audit log. Alluxio: false.',
});
export const auditQueue = integerOption({
  name: 'alluxio.master.audit.logging.queue.capacity',
  default: '10000',
  doc: 'Lines that wait for the disk; when there are more, they are left out and counted.',
});
export const auditFile = stringOption({
  name: 'alluvium.master.audit.log.file',
  doc: 'The audit log. Default: logs/master_audit.log under the home directory.',
});
export const auditFileBytes = bytesOption({
  name: 'alluvium.master.audit.log.size.bytes.max',
  default: '64MB',
  doc: 'An audit log that has grown to this is set aside as FILE.1, FILE.2, ...',
});
export const auditFiles = integerOption({
  name: 'alluvium.master.audit.log.files.max',
  default: '16',
  doc: 'Files of the audit log that are kept.',
});

export const syncConcurrency = integerOption({
  name: 'alluxio.master.metadata.sync.concurrency.level',
  default: '6',
  doc: 'Directories that one sync lists at a time.',
});
export const knownStorePaths = integerOption({
  name: 'alluxio.master.ufs.path.cache.capacity',
  default: '100000',
  doc: 'How many paths are remembered as missing in their store, and of how many it is remembered when they were last synced.',
});
export const absentPathLifetime = durationOption({
  name: 'alluvium.master.absent.path.lifetime',
  default: '5min',
  doc: 'How long a path that was missing in its store is not asked for again. Alluxio: until there is no room for it.',
});

export const inheritOwnership = booleanOption({
  name: 'alluxio.master.metastore.inode.inherit.owner.and.group',
  default: 'true',
  doc: 'Whether a new file or directory takes owner and group from the one above where the caller has none.',
});

export const cacheUseDepth = integerOption({
  name: 'alluvium.cache.use.depth',
  default: '3',
  doc: 'Hits and misses are counted by directory, down to so many names of a path.',
});
export const cacheUsePaths = integerOption({
  name: 'alluvium.cache.use.paths.max',
  default: '1000',
  doc: 'Directories whose hits and misses are counted apart; reads of further ones count for their mounts.',
});

export const jobRpcPort = portOption({
  name: 'alluxio.job.master.rpc.port',
  default: '20001',
  doc: 'The port on which the master answers the job commands of Alluxio clients; 0 picks a free one, as does nothing when the port of the master is 0.',
});
export const jobCapacity = integerOption({
  name: 'alluxio.job.master.job.capacity',
  default: '100000',
  doc: 'Jobs that the master remembers, running and ended.',
});
export const jobRetention = durationOption({
  name: 'alluxio.job.retention.time',
  default: '1d',
  doc: 'How long a job that has ended is remembered.',
});
export const jobsRunning = integerOption({
  name: 'alluvium.jobs.running.max',
  default: '100',
  doc: 'Jobs that run at a time. More are refused; those of Alluxio clients that send a job for each file wait.',
});
export const jobFilesAtOnce = integerOption({
  name: 'alluvium.job.files.concurrency',
  default: '16',
  doc: 'Files of one job that are worked on at a time.',
});
export const jobOrdersPerWorker = integerOption({
  name: 'alluvium.job.orders.per.worker',
  default: '8',
  doc: 'Blocks that one worker brings at a time for all jobs.',
});

export const masterOptions: readonly Option<unknown>[] = [
  masterHostname,
  masterBindHost,
  masterRpcPort,
  masterWebPort,
  journalFolder,
  ...journalOptions,
  ...replicationOptions,
  ...blockOptions,
  metastoreKind,
  metastoreDirectory,
  metastoreCacheSize,
  initFromBackup,
  syncAfterRestore,
  backupDirectory,
  backupLocalDirectory,
  dailyBackup,
  dailyBackupTime,
  dailyBackupsRetained,
  rootUfs,
  rootReadOnly,
  rootShared,
  superGroup,
  permissionEnabled,
  maxInboundMessage,
  lostWorkerInterval,
  workerTimeout,
  lostWorkerForget,
  workerWait,
  persistInterval,
  persistFirstRetry,
  persistMaxRetry,
  persistOrdersPerWorker,
  eventsKept,
  recursiveBatch,
  syncInterval,
  syncConcurrency,
  knownStorePaths,
  absentPathLifetime,
  ttlInterval,
  accessTimeEnabled,
  accessTimePrecision,
  accessTimeFlush,
  cleanupEnabled,
  cleanupInterval,
  cleanupAge,
  timeSeriesInterval,
  inheritOwnership,
  auditEnabled,
  auditQueue,
  auditFile,
  auditFileBytes,
  auditFiles,
  cacheUseDepth,
  cacheUsePaths,
  jobRpcPort,
  jobCapacity,
  jobRetention,
  jobsRunning,
  jobFilesAtOnce,
  jobOrdersPerWorker,
  ...cachePolicyOptions,
];
