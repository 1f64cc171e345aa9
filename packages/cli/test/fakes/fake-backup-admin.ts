import { fail } from '@alluvium/base';
import type { BackupAdmin, BackupOptions, BackupProgress, BackupReport, BackupsReport } from '@alluvium/client';

/** Backups that go as a test says. */
export class FakeBackupAdmin implements BackupAdmin {
  readonly asked: BackupOptions[] = [];
  /** What is answered one after the other; the last one for ever. */
  steps: Partial<BackupProgress>[] = [{ state: 'Completed', uri: 'mem://b/x.gz', host: 'm1', entries: 7n }];
  list: BackupReport[] = [];
  nextMs: bigint | undefined;

  async backup({ signal: _signal, ...asked }: BackupOptions = {}): Promise<BackupProgress> {
    this.asked.push(asked);
    return this.#step({ state: 'Initiating', entries: 0n });
  }

  async backupProgress(backupId: string): Promise<BackupProgress> {
    if (backupId !== 'id-1') throw fail('internal', `Invalid UUID string: ${backupId}`);
    return this.#step(this.steps.length > 1 ? this.steps.shift()! : this.steps[0]!);
  }

  async backups(): Promise<BackupsReport> {
    return { backups: this.list, nextMs: this.nextMs, directory: '/alluxio_backups', retained: this.nextMs === undefined ? undefined : 3 };
  }

  #step(step: Partial<BackupProgress>): BackupProgress {
    return { backupId: 'id-1', state: 'Running', uri: undefined, host: undefined, entries: 0n, ...step };
  }
}
