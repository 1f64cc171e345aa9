import { fail } from '@alluvium/base';
import type { FileSystem, SyncOptions, TaskDetails } from '@alluvium/client';
import { UsageError } from '../exit-code.js';
import { followTask } from '../follow-task.js';
import { formatTable } from '../output/table.js';
import type { Session } from '../session.js';
import { cancel, task, tasks } from './tasks.js';

export interface FsSyncOptions {
  readonly depth: 'none' | 'one' | 'all';
  readonly dryRun?: boolean;
  readonly rate?: number;
  readonly background?: boolean;
  readonly status?: bigint | true;
  readonly cancel?: bigint;
}

const DESCENDANTS = { none: 'NONE', one: 'ONE', all: 'ALL' } as const;

export async function sync(session: Session, [paths = []]: readonly [(readonly string[])?], options: FsSyncOptions): Promise<void> {
  if (options.cancel !== undefined) return cancel(session, [options.cancel]);
  if (options.status === true) return tasks(session, [], { all: true, kind: 'sync' });
  if (options.status !== undefined) return task(session, [options.status]);
  if (paths.length === 0) throw new UsageError('a path is wanted, or --status, or --cancel');
  await session.forEachPath(paths, (path, fileSystem) => syncOne(session, fileSystem, path, options));
}

async function syncOne(session: Session, fileSystem: FileSystem, path: string, options: FsSyncOptions): Promise<void> {
  const wanted: SyncOptions = {
    descendants: DESCENDANTS[options.depth],
    dryRun: options.dryRun === true,
    ...(options.rate !== undefined && { requestsPerSecond: options.rate }),
    signal: session.signal,
  };
  const taskId = await fileSystem.sync.start(path, wanted);
  if (options.background === true) return session.json ? session.printJson({ taskId }) : session.print(String(taskId));
  const details = await followTask(session, fileSystem, taskId, 'files');
  if (session.json) await session.printJson(details);
  else for (const line of [...directoryLines(details), summary(details)]) await session.print(line);
  if (details.task.state !== 'SUCCEEDED')
    throw fail(details.task.state === 'CANCELLED' ? 'cancelled' : 'unknown', details.task.error ?? `The sync of "${path}" failed`);
}

/** Directories with something to tell. */
function directoryLines({ directories }: TaskDetails): string[] {
  const rows: string[][] = [];
  for (const { path, error, ...counts } of directories) {
    const told = [counts.created, counts.updated, counts.removed, counts.skipped, counts.failed];
    if (told.some((count) => count > 0n) || error !== undefined)
      rows.push([...told.map(String), error === undefined ? path : `${path}: ${error}`]);
  }
  return rows.length === 0 ? [] : formatTable([['Created', 'Updated', 'Removed', 'Skipped', 'Failed', 'Directory'], ...rows]);
}

function summary({ task: { path, dryRun, figures, startedMs, endedMs } }: TaskDetails): string {
  const told = Object.entries(figures).filter(([name, count]) => count > 0n && name !== 'requests');
  const what = told.length === 0 ? 'nothing there' : told.map(([name, count]) => `${count} ${name}`).join(', ');
  const seconds = Number((endedMs ?? startedMs) - startedMs) / 1000;
  return `${path}: ${what}${dryRun ? ' (a dry run: nothing was changed)' : ''}; ${figures['requests'] ?? 0n} requests in ${seconds} s`;
}
