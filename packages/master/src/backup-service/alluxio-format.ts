import type { Gzip } from '@alluvium/platform';
import { backupEntries, decodeBackup, encodeBackup, type BackupSource } from '../backup/index.js';
import type { BackupFormat } from './write-backup.js';

/** The state in Alluxio's form. */
export function alluxioFormat(source: BackupSource, gzip: Gzip): BackupFormat {
  return {
    entries: () => backupEntries(source),
    encode: (entries) => encodeBackup(entries, gzip),
    decode: (chunks, name) => decodeBackup(chunks, name, gzip),
  };
}
