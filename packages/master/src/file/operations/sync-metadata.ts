// SyncMetadata and its like: a sync as a task, whose group has that one task and its id.
import { fail, normalPath } from '@alluvium/base';
import { fileSystemMaster as fs } from '@alluvium/wire';
import type { Task, TaskState } from '../../task/tasks.js';
import type { FileContext } from '../context.js';
import { descendantsOf, requireMaySync } from '../sync/start-sync.js';

const { SyncMetadataState } = fs;

/** SyncMetadata: answers when the sync has ended, well or not. */
export async function syncMetadata(c: FileContext, request: fs.SyncMetadataPRequest, user: string): Promise<fs.SyncMetadataPResponse> {
  const { task, result } = start(c, request, user);
  await result.catch(() => undefined);
  await c.committer.settled();
  return { task: [describe(c, task)] };
}

/** SyncMetadataAsync: answers at once; the sync goes on by itself. */
export function syncMetadataAsync(c: FileContext, request: fs.SyncMetadataPRequest, user: string): fs.SyncMetadataAsyncPResponse {
  const id = BigInt(start(c, request, user).task.id);
  return { submitted: true, taskGroupId: id, taskIds: [id] };
}

export function getSyncProgress(c: FileContext, request: fs.GetSyncProgressPRequest, user: string): fs.GetSyncProgressPResponse {
  return { task: [describe(c, requireSync(c, request.taskGroupId, user))] };
}

export function cancelSyncMetadata(c: FileContext, request: fs.CancelSyncMetadataPRequest, user: string): fs.CancelSyncMetadataPResponse {
  return { success: requireSync(c, request.taskGroupId, user).cancel() };
}

function start(c: FileContext, request: fs.SyncMetadataPRequest, user: string): ReturnType<FileContext['sync']['start']> {
  const path = normalPath(request.path ?? '');
  requireMaySync(c, path, user);
  return c.sync.start(c, path, { user, descendants: descendantsOf(request.options?.loadDescendantType) });
}

/** A sync of one's own, or any for a super user. */
function requireSync(c: FileContext, id: bigint | undefined, user: string): Task {
  const task = c.tasks.get(Number(id ?? -1n));
  if (task?.kind !== 'sync' || (task.user !== user && !c.permissions.isSuper(user)))
    throw fail('notFound', `Task group id ${id ?? 0n} not found`);
  return task;
}

const STATES: Readonly<Record<TaskState, fs.SyncMetadataState>> = {
  RUNNING: SyncMetadataState.RUNNING,
  SUCCEEDED: SyncMetadataState.SUCCEEDED,
  FAILED: SyncMetadataState.FAILED,
  CANCELLED: SyncMetadataState.CANCELED,
};

function describe(c: FileContext, task: Task): fs.SyncMetadataTask {
  const figures = [...task.figures].map(([name, count]) => `${name}=${count}`).join(', ');
  const changes = ['created', 'updated', 'removed'].reduce((sum, name) => sum + (task.figures.get(name) ?? 0), 0);
  return {
    id: BigInt(task.id),
    state: STATES[task.state],
    syncDurationMs: BigInt(Math.max(0, (task.endedMs ?? c.clock.nowMs()) - task.startedMs)),
    successOpCount: BigInt(changes),
    taskInfoString: `sync of ${task.path} for ${task.user}: ${task.state}, ${task.done} paths compared`,
    taskStatString: figures,
    ...(task.error !== undefined && { exception: { exceptionType: task.state, exceptionMessage: task.error, stacktrace: '' } }),
  };
}
