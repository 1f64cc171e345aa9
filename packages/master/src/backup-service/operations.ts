// What callers may ask of backups; super users alone, for a backup holds the credentials of mounted stores.
import { fail } from '@alluvium/base';
import { metaMaster, type namespaceService as ns } from '@alluvium/wire';
import type { Permissions } from '../file/permissions.js';
import type { BackupRecord, Backups } from './backups.js';
import type { DailyBackups } from './daily-backups.js';
import { javaBackupException } from './java-exception.js';

export interface BackupCalls {
  readonly permissions: Permissions;
  readonly backups: Backups;
  /** Undefined: switched off. */
  readonly daily: DailyBackups | undefined;
  /** The default directory. */
  readonly directory: string;
  /** The name of this master's host. */
  readonly host: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Begins a backup, and waits for its end unless it is to run by itself. There is no other master that it could be delegated to:
 * whether this one may do it itself is not asked.
 */
export async function backup(c: BackupCalls, request: metaMaster.BackupPRequest, user: string): Promise<metaMaster.BackupPStatus> {
  c.permissions.requireSuper(user);
  const { targetDirectory = '', options = {} } = request;
  const directory = targetDirectory === '' ? undefined : targetDirectory;
  const { record, ended } = c.backups.begin({ directory, local: options.localFileSystem === true, scheduled: false });
  if (options.runAsync !== true) return statusOf(c, await ended);
  ended.catch(() => undefined);
  return statusOf(c, record);
}

/** An id that is not known, or not any more, has the state None, as in 2.9.4. */
export function getBackupStatus(
  c: BackupCalls,
  { backupId = '' }: metaMaster.BackupStatusPRequest,
  user: string,
): metaMaster.BackupPStatus {
  c.permissions.requireSuper(user);
  if (!UUID.test(backupId)) throw fail('internal', `Invalid UUID string: ${backupId}`);
  const record = c.backups.get(backupId.toLowerCase());
  return record === undefined ? { backupId, backupState: metaMaster.BackupState.None, entryCount: 0n } : statusOf(c, record);
}

export function listBackups(c: BackupCalls, _request: ns.ListBackupsRequest, user: string): ns.ListBackupsReply {
  c.permissions.requireSuper(user);
  const { daily } = c;
  return {
    backups: c.backups.all().map(infoOf),
    directory: c.directory,
    ...(daily?.nextMs === undefined ? {} : { nextMs: BigInt(daily.nextMs), retained: daily.retained }),
  };
}

function statusOf({ host }: BackupCalls, record: BackupRecord): metaMaster.BackupPStatus {
  const { id, state, uri, entries, error } = record;
  return {
    backupId: id,
    backupState: metaMaster.BackupState[state],
    entryCount: BigInt(entries),
    ...(state === 'Initiating' ? {} : { backupHost: host }),
    ...(state === 'Completed' ? { backupUri: uri } : {}),
    ...(error === undefined ? {} : { backupError: javaBackupException(error.message) }),
  };
}

function infoOf(record: BackupRecord): ns.BackupInfo {
  const { id, state, uri, startedMs, endedMs, entries, bytes, error, scheduled } = record;
  return {
    backupId: id,
    state,
    uri,
    startedMs: BigInt(Math.round(startedMs)),
    entries: BigInt(entries),
    scheduled,
    ...(endedMs === undefined ? {} : { endedMs: BigInt(Math.round(endedMs)) }),
    ...(bytes === undefined ? {} : { bytes: BigInt(bytes) }),
    ...(error === undefined ? {} : { error: error.message }),
  };
}
