export { backupEntries, type BackupSource } from './backup-entries.js';
export { decodeBackup } from './decode-backup.js';
export { encodeBackup, type BackupCounters } from './encode-backup.js';
export { restoreBackup, type Restored, type RestoreTarget } from './restore-backup.js';
