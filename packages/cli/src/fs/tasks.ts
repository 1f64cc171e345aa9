import type { DirectoryOutcome, TaskReport } from '@alluvium/client';
import { formatTable } from '../output/table.js';
import { formatTime } from '../output/time.js';
import type { Session } from '../session.js';

export interface TasksOptions {
  readonly all?: boolean;
  readonly kind?: string;
}

export async function tasks(session: Session, _args: readonly [], options: TasksOptions): Promise<void> {
  const { admin } = await session.fileSystem();
  const kind = options.kind === undefined ? {} : { kind: options.kind };
  const found = await admin.tasks({ ended: options.all === true, ...kind, signal: session.signal });
  if (session.json) return session.printJson(found);
  const rows = found.map((task) => [
    String(task.taskId),
    task.kind,
    task.state,
    doneOf(task),
    task.user,
    formatTime(task.startedMs),
    task.path,
  ]);
  for (const line of formatTable([['Id', 'Kind', 'State', 'Done', 'User', 'Started', 'Path'], ...rows])) await session.print(line);
}

export async function task(session: Session, [taskId]: readonly [bigint]): Promise<void> {
  const { admin } = await session.fileSystem();
  const details = await admin.task(taskId, { signal: session.signal });
  if (session.json) return session.printJson(details);
  for (const line of [...describe(details.task), ...directoryLines(details.directories, details.directoriesTotal)])
    await session.print(line);
}

export async function cancel(session: Session, [taskId]: readonly [bigint]): Promise<void> {
  const { admin } = await session.fileSystem();
  const cancelled = await admin.cancelTask(taskId, { signal: session.signal });
  await session.print(cancelled ? `Task ${taskId} ends` : `Task ${taskId} had ended already`);
}

function doneOf({ done, total }: TaskReport): string {
  return total === undefined ? String(done) : `${done} of ${total}`;
}

function describe(task: TaskReport): string[] {
  const lines: [string, string | undefined][] = [
    ['kind', task.dryRun ? `${task.kind}, as a dry run` : task.kind],
    ['path', task.path],
    ['user', task.user],
    ['state', task.state],
    ['started', formatTime(task.startedMs)],
    ['ended', task.endedMs === undefined ? undefined : formatTime(task.endedMs)],
    ['done', doneOf(task)],
    ...Object.entries(task.figures).map(([name, value]): [string, string] => [name, String(value)]),
    ['now at', task.currentPath],
    ['error', task.error],
  ];
  const told = lines.filter(([, value]) => value !== undefined && value !== '');
  return [`Task ${task.taskId}`, ...told.map(([name, value]) => `  ${name}: ${value!}`)];
}

function directoryLines(directories: readonly DirectoryOutcome[], total: bigint): string[] {
  if (directories.length === 0) return [];
  const header = ['Listed', 'Created', 'Updated', 'Removed', 'Skipped', 'Failed', 'Directory'];
  const rows = directories.map((each) => [
    ...[each.listed, each.created, each.updated, each.removed, each.skipped, each.failed].map(String),
    each.error === undefined ? each.path : `${each.path}: ${each.error}`,
  ]);
  const more = total - BigInt(directories.length);
  return ['', ...formatTable([header, ...rows]), ...(more > 0n ? [`and ${more} more`] : [])];
}
