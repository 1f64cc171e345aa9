// Backups of what the master knows, as an operator asks for them.
import type { Cancellable } from '../file-system.js';

export interface BackupOptions extends Cancellable {
  /** An absolute path of the root store, or the URI of a directory in any store; the cluster's default unless told. */
  readonly directory?: string;
  /** The disk of the master instead of the root store; `directory` is then a path there. */
  readonly local?: boolean;
}

export type BackupState = 'None' | 'Initiating' | 'Transitioning' | 'Running' | 'Completed' | 'Failed';

/** How far a backup is. */
export interface BackupProgress {
  readonly backupId: string;
  /** None: the master does not know it, or not any more. */
  readonly state: BackupState;
  /** Once it is complete. */
  readonly uri: string | undefined;
  readonly host: string | undefined;
  /** Written so far. */
  readonly entries: bigint;
}

export interface BackupReport {
  readonly backupId: string;
  readonly state: BackupState;
  /** The file; of a backup that is not complete, its directory. */
  readonly uri: string;
  readonly startedMs: bigint;
  readonly endedMs: bigint | undefined;
  readonly entries: bigint;
  /** Of the file. */
  readonly bytes: bigint | undefined;
  readonly error: string | undefined;
  /** By the schedule, not by a request. */
  readonly scheduled: boolean;
}

export interface BackupsReport {
  /** Newest first, as far as the master remembers them. */
  readonly backups: readonly BackupReport[];
  /** When the next one is written by itself; undefined: none is. */
  readonly nextMs: bigint | undefined;
  /** Where they go that name no place. */
  readonly directory: string;
  /** How many of those that are written by themselves are kept. */
  readonly retained: number | undefined;
}

export interface BackupAdmin {
  /** Begins one, and does not wait for its end. `internal` while another one runs. */
  backup(options?: BackupOptions): Promise<BackupProgress>;
  backupProgress(backupId: string, options?: Cancellable): Promise<BackupProgress>;
  backups(options?: Cancellable): Promise<BackupsReport>;
}
