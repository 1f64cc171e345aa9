import type { Configuration, Disk, Gzip, Logger } from '@alluvium/platform';
import type { Random } from '@alluvium/base';
import type { FileContext } from '../file/context.js';
import type { PathProperties } from '../meta/path-properties.js';
import type { OpenState } from '../open-state.js';
import * as options from '../options.js';
import { alluxioFormat } from './alluxio-format.js';
import { Backups } from './backups.js';
import { choosePlace } from './choose-place.js';
import { DailyBackups } from './daily-backups.js';
import { parseDailyTime } from './daily-time.js';
import { writerName } from './names.js';
import type { BackupCalls } from './operations.js';
import type { BackupPlace } from './place.js';

interface Parts {
  readonly configuration: Configuration;
  readonly random: Random;
  readonly disk: Disk;
  readonly gzip: Gzip;
  readonly log: Logger;
  readonly files: FileContext;
  readonly pathProperties: PathProperties;
}

/** The backups of a master as it is configured, and those that are written each day. */
export function backupsOf({ metastore, tree, mounts, blocks, cluster, committer }: OpenState, parts: Parts): BackupCalls {
  const { configuration, random, disk, gzip, log, files, pathProperties } = parts;
  const { clock, permissions } = files;
  const directory = configuration.get(options.backupDirectory);
  const localDirectory = configuration.find(options.backupLocalDirectory) ?? directory;
  const host = configuration.get(options.masterHostname);
  const writer = writerName(cluster.clusterId ?? '', host, configuration.get(options.masterRpcPort));
  const backups = new Backups({
    clock,
    random,
    log,
    format: alluxioFormat({ clock, inodes: metastore.inodes, tree, mounts, blocks: blocks.state, cluster, pathProperties }, gzip),
    writer,
    settled: () => committer.settled(),
    open: ({ directory: given, local }) => choosePlace({ disk, mounts }, given ?? (local ? localDirectory : directory), local),
  });
  const calls = { permissions, backups, directory, host };
  if (!configuration.get(options.dailyBackup)) return { ...calls, daily: undefined };
  const afterMidnightMs = parseDailyTime(configuration.get(options.dailyBackupTime));
  const retained = Math.max(1, configuration.get(options.dailyBackupsRetained));
  const open = (): BackupPlace => choosePlace({ disk, mounts }, directory, false);
  return { ...calls, daily: new DailyBackups({ clock, log, backups, writer, open, afterMidnightMs, retained }) };
}
