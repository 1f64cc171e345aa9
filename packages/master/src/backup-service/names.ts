// Names of the files of a backup, beside each other in its directory:
//   alluxio-backup-2026-11-21-1795239300000.gz                     whole and verified
//   alluxio-backup-2026-11-21-1795239300000.gz.complete            says so; what wrote it is in there
//   alluxio-backup-2026-11-21-1795239300000.gz.WRITER.part         on its way
//   alluxio-backup-2026-11-21-1795239300000.gz.WRITER.whole        verified, about to become the .complete

const NAME = /^alluxio-backup-\d{4}-\d{2}-\d{2}-(\d{1,15})\.gz$/;
const COMPLETE = '.complete';

/** The name that Alluxio 2.9.4 gives: the day in UTC and the time in milliseconds since the epoch. */
export function backupName(timeMs: number): string {
  return `alluxio-backup-${new Date(timeMs).toISOString().slice(0, 10)}-${timeMs}.gz`;
}

/** When a backup was begun by its name, in milliseconds since the epoch; undefined for any other name. */
export function backupTimeMs(name: string): number | undefined {
  const match = NAME.exec(name);
  return match === null ? undefined : Number(match[1]);
}

export function completeName(name: string): string {
  return name + COMPLETE;
}

/** The backup that a `.complete` is about; undefined for any other name. */
export function completedBy(name: string): string | undefined {
  const backup = name.endsWith(COMPLETE) ? name.slice(0, -COMPLETE.length) : '';
  return backupTimeMs(backup) === undefined ? undefined : backup;
}

/** Names that exist while a backup is being written, by one writer. */
export interface WorkNames {
  readonly backup: string;
  readonly part: string;
  readonly whole: string;
}

export function workNames(backup: string, writer: string): WorkNames {
  return { backup, part: `${backup}.${writer}.part`, whole: `${backup}.${writer}.whole` };
}

/** The backup whose work `name` is, by this writer; undefined for any other name. */
export function workedOn(name: string, writer: string): string | undefined {
  for (const end of [`.${writer}.part`, `.${writer}.whole`]) {
    const backup = name.endsWith(end) ? name.slice(0, -end.length) : '';
    if (backupTimeMs(backup) !== undefined) return backup;
  }
  return undefined;
}

/** Which master writes: two that share a directory leave each other's work alone. Fit for a file name. */
export function writerName(clusterId: string, host: string, port: number): string {
  return `${clusterId}-${host}-${port}`.replaceAll(/[^A-Za-z0-9.-]/g, '_').slice(0, 120);
}
