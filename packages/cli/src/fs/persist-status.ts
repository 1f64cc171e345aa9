import type { NormalPath } from '@alluvium/base';
import type { PersistQueueEntry, PersistQueueReport } from '@alluvium/client';
import { UsageError } from '../exit-code.js';
import { formatSize } from '../output/size.js';
import { formatTable } from '../output/table.js';
import { formatAge } from '../output/time.js';
import type { Session } from '../session.js';

/** `persist --status`: what waits to be persisted at or below a path. */
export async function persistStatus(session: Session, paths: readonly string[], limit: number): Promise<void> {
  if (paths.length > 1) throw new UsageError('one path at most is wanted with --status');
  const path = session.path(paths[0] ?? '/') as NormalPath;
  const fileSystem = await session.fileSystem();
  const report = await fileSystem.persistQueue(path, { limit, signal: session.signal });
  if (session.json) return session.printJson({ path, ...report });
  const nowMs = BigInt(session.context.clock.nowMs());
  for (const line of [...totals(report, nowMs), ...entryLines(report.entries, nowMs)]) await session.print(line);
  const shown = BigInt(report.entries.length);
  if (report.files + report.lost > shown) await session.print(`${report.files + report.lost - shown} more; --limit shows up to 10000`);
}

/** The queue in a few lines; also a section of the report of the cluster. */
export function totals(report: PersistQueueReport, nowMs: bigint): string[] {
  const { files, bytes, running, held, lost, setAside, oldestSinceMs, paused } = report;
  const lines = [files === 0n ? 'Nothing waits to be persisted.' : `${count(files)} (${formatSize(bytes)}) to be persisted`];
  if (oldestSinceMs !== undefined) lines[0] += `, the oldest for ${formatAge(nowMs - oldestSinceMs)}`;
  if (running > 0n || held > 0n) lines.push(`${running} on their way, ${held} paused`);
  if (lost > 0n) lines.push(`${count(lost)} LOST: no worker that is here has all of the bytes`);
  if (setAside > 0n)
    lines.push(`${count(setAside)} of others set aside in .alluxio_ufs_persistence of their store; the master's log names them`);
  for (const mount of paused) lines.push(`${mount.path} on ${mount.ufsUri}: ${mount.waiting} waiting; ${mount.reason}`);
  return lines;
}

function count(files: bigint): string {
  return files === 1n ? '1 file' : `${files} files`;
}

function entryLines(entries: readonly PersistQueueEntry[], nowMs: bigint): string[] {
  if (entries.length === 0) return [];
  const rows = entries.map((entry) => [
    entry.state,
    formatSize(entry.lengthBytes),
    formatAge(nowMs - entry.sinceMs),
    String(entry.attempts),
    entry.nextAttemptMs === undefined ? '-' : entry.nextAttemptMs <= nowMs ? 'now' : `in ${formatAge(entry.nextAttemptMs - nowMs)}`,
    entry.path,
    entry.lastError ?? '',
  ]);
  return ['', ...formatTable([['State', 'Size', 'Age', 'Attempts', 'Next try', 'Path', 'Last error'], ...rows])];
}
