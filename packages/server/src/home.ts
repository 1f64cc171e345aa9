import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where a server keeps everything: one directory. */
export interface Home {
  readonly directory: string;
  readonly siteFile: string;
  readonly journal: string;
  /** What the master keeps on disk instead of in memory, when it is told to. */
  readonly metastore: string;
  /** The root under store when none is given. */
  readonly store: string;
  /** Backups to this machine, where nothing else is told. */
  readonly backups: string;
  readonly logFile: string;
  readonly auditFile: string;
  /** What `alluvium status` and `stop` read: JSON of {@link RunningState}. */
  readonly stateFile: string;
}

export interface RunningState {
  readonly pid: number;
  readonly startedMs: number;
  readonly version: string;
  readonly roles: readonly string[];
  readonly master?: string;
  readonly worker?: string;
  readonly root?: string;
}

/** `--home`, else ALLUVIUM_HOME, else ~/.alluvium. */
export function homeAt(flag: string | undefined, environment: NodeJS.ProcessEnv): Home {
  const directory = resolve(flag ?? environment['ALLUVIUM_HOME'] ?? join(homedir(), '.alluvium'));
  return {
    directory,
    siteFile: join(directory, 'conf', 'alluxio-site.properties'),
    journal: join(directory, 'journal'),
    metastore: join(directory, 'metastore'),
    store: join(directory, 'store'),
    backups: join(directory, 'backups'),
    logFile: join(directory, 'logs', 'alluvium.log'),
    auditFile: join(directory, 'logs', 'master_audit.log'),
    stateFile: join(directory, 'run', 'state.json'),
  };
}
