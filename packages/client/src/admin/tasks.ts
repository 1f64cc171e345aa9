import { namespaceService as ns } from '@alluvium/wire';
import type { Cancellable } from '../file-system.js';
import { namespaceMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import type { DirectoryOutcome, ListTasksOptions, TaskDetails, TaskReport, TaskState } from './cluster-admin.js';

/** Results of directories that are asked for at a time. */
const DIRECTORIES = 1000;

export async function listTasks({ master }: ClientContext, { ended = false, kind, signal }: ListTasksOptions = {}): Promise<TaskReport[]> {
  const { tasks = [] } = await master.unary(namespaceMethods.listTasks, { ended, ...(kind === undefined ? {} : { kind }) }, signal);
  return tasks.map(taskFromInfo);
}

export async function getTask({ master }: ClientContext, taskId: bigint, { signal }: Cancellable = {}): Promise<TaskDetails> {
  const {
    task,
    directories = [],
    directoriesTotal = 0n,
  } = await master.unary(namespaceMethods.getTask, { taskId, directories: DIRECTORIES }, signal);
  return { task: taskFromInfo(task ?? {}), directories: directories.map(outcomeOf), directoriesTotal };
}

export async function cancelTask({ master }: ClientContext, taskId: bigint, { signal }: Cancellable = {}): Promise<boolean> {
  return (await master.unary(namespaceMethods.cancelTask, { taskId }, signal)).cancelled === true;
}

function taskFromInfo(info: ns.TaskInfo): TaskReport {
  const { kind = '', path = '', user = '', dryRun = false } = info;
  return {
    taskId: info.taskId ?? 0n,
    kind,
    path,
    user,
    state: stateOf(info.state),
    startedMs: info.startedMs ?? 0n,
    endedMs: info.endedMs,
    done: info.done ?? 0n,
    total: info.total,
    figures: Object.fromEntries((info.figures ?? []).map(({ name = '', value = 0n }) => [name, value])),
    currentPath: info.currentPath,
    error: info.error,
    dryRun,
  };
}

function stateOf(state: ns.TaskState | undefined): TaskState {
  const entry = Object.entries(ns.TaskState).find(([, value]) => value === state);
  return (entry?.[0] ?? 'RUNNING') as TaskState;
}

function outcomeOf(result: ns.DirectoryResult): DirectoryOutcome {
  const { path = '', listed = 0n, created = 0n, updated = 0n, removed = 0n, unchanged = 0n, skipped = 0n, failed = 0n } = result;
  return { path, listed, created, updated, removed, unchanged, skipped, failed, error: result.error, durationMs: result.durationMs ?? 0n };
}
