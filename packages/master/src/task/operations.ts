import { fail, kindOf, type NormalPath } from '@alluvium/base';
import type { namespaceService as ns } from '@alluvium/wire';
import type { FileContext } from '../file/context.js';
import { READ } from '../file/permissions.js';
import { isFound } from '../file/walk.js';
import { directoryResult, taskInfo } from './task-message.js';
import type { Task } from './tasks.js';

/** Results per directory in one reply, unless fewer are asked for. */
const MOST_DIRECTORIES = 1000;

// What callers may do with tasks. One who is not a super user sees and cancels only tasks of his own.

export function listTasks(c: FileContext, request: ns.ListTasksRequest, user: string): ns.ListTasksReply {
  const tasks: ns.TaskInfo[] = [];
  for (const task of c.tasks.all()) {
    if (!mayTouch(c, task, user)) continue;
    if (task.state !== 'RUNNING' && request.ended !== true) continue;
    if (request.kind !== undefined && request.kind !== task.kind) continue;
    tasks.push(taskInfo(task));
  }
  return { tasks };
}

export function getTask(c: FileContext, request: ns.GetTaskRequest, user: string): ns.GetTaskReply {
  const task = requireTask(c, request.taskId, user);
  const first = Math.max(0, request.directoriesAfter ?? 0);
  const count = Math.min(MOST_DIRECTORIES, Math.max(0, request.directories ?? 0));
  return {
    task: taskInfo(task),
    directories: task.directories
      .slice(first, first + count)
      .filter(({ path }) => mayList(c, path, user))
      .map(directoryResult),
    directoriesTotal: BigInt(task.directories.length),
    directoriesDropped: BigInt(task.droppedDirectories),
  };
}

export function cancelTask(c: FileContext, request: ns.CancelTaskRequest, user: string): ns.CancelTaskReply {
  return { cancelled: requireTask(c, request.taskId, user).cancel() };
}

/** A task reaches directories that its user does not: of those he is told nothing. */
function mayList(c: FileContext, path: NormalPath, user: string): boolean {
  if (c.permissions.isSuper(user)) return true;
  const walk = c.tree.walk(path);
  if (!isFound(walk)) return false;
  try {
    c.permissions.require(user, walk, READ);
    return true;
  } catch (error) {
    if (kindOf(error) === 'permissionDenied') return false;
    throw error;
  }
}

function requireTask(c: FileContext, id: bigint | undefined, user: string): Task {
  const task = c.tasks.get(Number(id ?? -1n));
  if (task === undefined || !mayTouch(c, task, user)) throw fail('notFound', `Cannot find the task ${id}: no such task, or ended long ago`);
  return task;
}

function mayTouch(c: FileContext, task: Task, user: string): boolean {
  return task.user === user || c.permissions.isSuper(user);
}
