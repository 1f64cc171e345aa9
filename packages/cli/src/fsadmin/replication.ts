import type { DrainReport, RepairFile, ReplicationReport } from '@alluvium/client';
import { formatSize } from '../output/size.js';
import { formatTable } from '../output/table.js';
import { formatAge } from '../output/time.js';
import type { Session } from '../session.js';

export interface ReplicationCommandOptions {
  readonly limit: number;
}

/** `replication`: what is done about the number and the place of copies. */
export async function replication(session: Session, _args: readonly [], { limit }: ReplicationCommandOptions): Promise<void> {
  const { admin } = await session.fileSystem();
  const report = await admin.replication({ limit, signal: session.signal });
  if (session.json) return session.printJson(report);
  const nowMs = BigInt(session.context.clock.nowMs());
  for (const line of [...figures(report), ...drainLines(report.drains, nowMs), ...fileLines(report.files, nowMs)])
    await session.print(line);
  const shown = BigInt(report.files.length);
  if (shown > 0n && report.queued > shown) await session.print(`${report.queued - shown} more; --limit shows up to 10000`);
}

function figures(report: ReplicationReport): string[] {
  const { demanding, queued, running, copied, copiedBytes, freed, moved, failed, lastPass } = report;
  const lines = [
    `${count(demanding, 'file')} with something wanted of their copies, ${queued} in the queue, ${count(running, 'order')} at the workers`,
    `Since the start: ${copied} copied (${formatSize(copiedBytes)}), ${freed} freed, ${moved} moved, ${failed} failed`,
  ];
  if (lastPass !== undefined && lastPass.lacking > 0n)
    lines.push(`${count(lastPass.lacking, 'copy', 'copies')} lacking that no worker can take`);
  if (lastPass !== undefined && lastPass.lost > 0n)
    lines.push(`${count(lastPass.lost, 'file')} in no store with blocks that no worker has`);
  if (report.toWarm + report.warmed + report.notWarmed > 0n)
    lines.push(`Hot blocks of lost workers: ${report.warmed} loaded again, ${report.notWarmed} not, ${report.toWarm} to go`);
  if (report.durableWaits > 0n) lines.push(`${count(report.durableWaits, 'writer')} waiting for durable copies`);
  if (report.idleReason !== undefined) lines.push(`Nothing is done now: ${report.idleReason}`);
  return lines;
}

export function drainText(drain: DrainReport): string {
  const { blocksLeft, bytesLeft, blocksDone, bytesDone } = drain;
  return `${blocksLeft} blocks (${formatSize(bytesLeft)}) left, ${blocksDone} (${formatSize(bytesDone)}) handed over`;
}

function drainLines(drains: readonly DrainReport[], nowMs: bigint): string[] {
  if (drains.length === 0) return [];
  const rows = drains.map((drain) => [
    `${drain.host}:${drain.webPort}`,
    drain.state,
    formatAge((drain.endedMs ?? nowMs) - drain.startedMs),
    `${drain.blocksLeft} (${formatSize(drain.bytesLeft)})`,
    `${drain.blocksDone} (${formatSize(drain.bytesDone)})`,
    String(drain.hotDone),
    String(drain.failures),
    drain.lastError ?? '',
  ]);
  return ['', ...formatTable([['Drained worker', 'State', 'For', 'Left', 'Handed over', 'Hot', 'Failures', 'Last error'], ...rows])];
}

function fileLines(files: readonly RepairFile[], nowMs: bigint): string[] {
  if (files.length === 0) return [];
  const rows = files.map((file) => [
    file.state,
    file.fewest === file.most ? String(file.fewest) : `${file.fewest} to ${file.most}`,
    file.max < 0 ? `${file.min} or more` : `${file.min} to ${file.max}`,
    formatAge(nowMs - file.sinceMs),
    String(file.attempts),
    file.path,
    file.lastError ?? '',
  ]);
  return ['', ...formatTable([['State', 'Copies', 'Wanted', 'Age', 'Attempts', 'Path', 'Last error'], ...rows])];
}

function count(many: bigint, one: string, several = `${one}s`): string {
  return many === 1n ? `1 ${one}` : `${many} ${several}`;
}
