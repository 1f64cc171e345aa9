import { namespaceService as ns } from '@alluvium/wire';
import type { DirectoryResult, Task } from './tasks.js';

export function taskInfo(task: Task): ns.TaskInfo {
  return {
    taskId: BigInt(task.id),
    kind: task.kind,
    path: task.path,
    user: task.user,
    state: ns.TaskState[task.state],
    startedMs: BigInt(task.startedMs),
    done: BigInt(task.done),
    figures: [...task.figures].map(([name, value]) => ({ name, value: BigInt(value) })),
    dryRun: task.dryRun,
    ...(task.endedMs === undefined ? {} : { endedMs: BigInt(task.endedMs) }),
    ...(task.total === undefined ? {} : { total: BigInt(task.total) }),
    ...(task.currentPath === undefined ? {} : { currentPath: task.currentPath }),
    ...(task.error === undefined ? {} : { error: task.error }),
  };
}

export function directoryResult(result: DirectoryResult): ns.DirectoryResult {
  return {
    path: result.path,
    listed: BigInt(result.listed),
    created: BigInt(result.created),
    updated: BigInt(result.updated),
    removed: BigInt(result.removed),
    unchanged: BigInt(result.unchanged),
    skipped: BigInt(result.skipped),
    failed: BigInt(result.failed),
    durationMs: BigInt(Math.round(result.durationMs)),
    ...(result.error === undefined ? {} : { error: result.error }),
  };
}
