import { metaMaster } from '@alluvium/wire';
import type { Cancellable } from '../file-system.js';
import { metaMethods, namespaceMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import type { BackupOptions, BackupProgress, BackupsReport, BackupState } from './backup-admin.js';

export async function startBackup(
  { master }: ClientContext,
  { directory, local = false, signal }: BackupOptions = {},
): Promise<BackupProgress> {
  const request = { ...(directory !== undefined && { targetDirectory: directory }), options: { runAsync: true, localFileSystem: local } };
  return progressOf(await master.unary(metaMethods.backup, request, signal));
}

export async function getBackupProgress(
  { master }: ClientContext,
  backupId: string,
  { signal }: Cancellable = {},
): Promise<BackupProgress> {
  return progressOf(await master.unary(metaMethods.getBackupStatus, { backupId }, signal));
}

export async function listBackups({ master }: ClientContext, { signal }: Cancellable = {}): Promise<BackupsReport> {
  const { backups = [], nextMs, directory = '', retained } = await master.unary(namespaceMethods.listBackups, {}, signal);
  return {
    backups: backups.map((info) => ({
      backupId: info.backupId ?? '',
      state: (info.state ?? 'None') as BackupState,
      uri: info.uri ?? '',
      startedMs: info.startedMs ?? 0n,
      endedMs: info.endedMs,
      entries: info.entries ?? 0n,
      bytes: info.bytes,
      error: info.error,
      scheduled: info.scheduled ?? false,
    })),
    nextMs,
    directory,
    retained,
  };
}

function progressOf({ backupId = '', backupState, backupUri, backupHost, entryCount = 0n }: metaMaster.BackupPStatus): BackupProgress {
  return { backupId, state: stateOf(backupState), uri: backupUri, host: backupHost, entries: entryCount };
}

function stateOf(state: metaMaster.BackupState | undefined): BackupState {
  const entry = Object.entries(metaMaster.BackupState).find(([, value]) => value === state);
  return (entry?.[0] ?? 'None') as BackupState;
}
