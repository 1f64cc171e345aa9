import { normalPath } from '@alluvium/base';
import type { namespaceService as ns } from '@alluvium/wire';
import type { Cancellable } from '../file-system.js';
import { namespaceMethods } from '../master/services.js';
import type { PersistQueueEntry, PersistQueueOptions, PersistQueueReport, PersistState } from '../reports.js';
import type { ClientContext } from './context.js';

const STATES: readonly PersistState[] = ['WAITING', 'RUNNING', 'FINISHING', 'PAUSED', 'LOST'];

export async function getPersistQueue(
  { master }: ClientContext,
  path: string,
  { limit, afterFileId, signal }: PersistQueueOptions = {},
): Promise<PersistQueueReport> {
  const request: ns.ListPersistQueueRequest = { path: normalPath(path) };
  if (limit !== undefined) request.limit = limit;
  if (afterFileId !== undefined) request.afterFileId = afterFileId;
  const reply = await master.unary(namespaceMethods.listPersistQueue, request, signal);
  return {
    entries: (reply.entries ?? []).map(entryOf),
    files: reply.total ?? 0n,
    bytes: reply.totalBytes ?? 0n,
    running: reply.running ?? 0n,
    held: reply.held ?? 0n,
    lost: reply.lost ?? 0n,
    setAside: reply.setAside ?? 0n,
    oldestSinceMs: reply.oldestSinceMs,
    paused: (reply.paused ?? []).map((mount) => ({
      path: mount.path ?? '',
      ufsUri: mount.ufsUri ?? '',
      reason: mount.reason ?? '',
      waiting: mount.waiting ?? 0n,
    })),
  };
}

export async function pausePersist(
  { master }: ClientContext,
  mountPoint: string,
  reason: string,
  { signal }: Cancellable = {},
): Promise<void> {
  await master.unary(namespaceMethods.pausePersist, { path: normalPath(mountPoint), paused: true, reason }, signal);
}

export async function resumePersist({ master }: ClientContext, mountPoint: string, { signal }: Cancellable = {}): Promise<void> {
  await master.unary(namespaceMethods.pausePersist, { path: normalPath(mountPoint), paused: false }, signal);
}

function entryOf(entry: ns.PersistQueueEntry): PersistQueueEntry {
  return {
    fileId: entry.fileId ?? 0n,
    path: entry.path ?? '',
    lengthBytes: entry.length ?? 0n,
    state: STATES.find((state) => state === entry.state) ?? 'WAITING',
    sinceMs: entry.sinceMs ?? 0n,
    attempts: entry.attempts ?? 0,
    lastError: entry.lastError,
    lastAttemptMs: entry.lastAttemptMs,
    nextAttemptMs: entry.nextAttemptMs,
    workerId: entry.workerId,
  };
}
