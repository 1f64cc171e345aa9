import { kindOf } from '@alluvium/base';
import type { Cancellable, ClusterAdmin, JournalReport } from '@alluvium/client';
import { formatSize } from '../output/size.js';
import { formatRow, left } from '../output/table.js';
import { formatTime, formatUptime } from '../output/time.js';
import type { Session } from '../session.js';
import { journalStateText } from './journal-status.js';

const MASTER_COLUMNS = [left(33), left(9), left(0)];

export async function reportSummary(session: Session): Promise<void> {
  const { admin } = await session.fileSystem();
  const request = { signal: session.signal };
  const [master, capacity, journal] = await Promise.all([admin.master(request), admin.capacity(request), journalOf(admin, request)]);
  if (session.json) return session.printJson({ ...master, ...capacity, ...(journal && { journal }) });
  const lines: string[] = [
    `Master Address: ${master.leader}`,
    `Web Port: ${master.webPort}`,
    `Rpc Port: ${master.rpcPort}`,
    `Started: ${formatTime(master.startTimeMs)}`,
    `Uptime: ${formatUptime(master.upTimeMs)}`,
    `Version: ${master.version}`,
    `Safe Mode: ${master.safeMode}`,
    `Zookeeper Enabled: ${master.zookeeperAddresses.length > 0}`,
    `Raft-based Journal: ${master.raftJournal}`,
    // Where all is well the lines are those of Alluxio.
    ...(journal === undefined || journal.refusal === undefined ? [] : [`Journal: ${journalStateText(journal)}`]),
    formatRow(MASTER_COLUMNS, ['Master Address', 'State', 'Version']),
    ...master.masters.map(({ address, state, version }) => formatRow(MASTER_COLUMNS, [address, state, version])),
    `Live Workers: ${capacity.liveWorkers}`,
    `Lost Workers: ${capacity.lostWorkers}`,
    `Total Capacity: ${formatSize(capacity.capacityBytes)}`,
    ...tierLines(capacity.capacityBytesByTier),
    `Used Capacity: ${formatSize(capacity.usedBytes)}`,
    ...tierLines(capacity.usedBytesByTier),
    `Free Capacity: ${formatSize(capacity.freeBytes)}`,
  ];
  await session.print('Alluxio cluster summary:');
  for (const line of lines) await session.print(`    ${line}`);
}

/** Undefined of a master that does not tell. */
async function journalOf(admin: ClusterAdmin, request: Cancellable): Promise<JournalReport | undefined> {
  try {
    return await admin.journal(request);
  } catch (error) {
    if (kindOf(error) === 'unimplemented') return undefined;
    throw error;
  }
}

/** Sizes by tier, indented below their sum. */
export function tierLines(bytesByTier: Readonly<Record<string, bigint>>): string[] {
  return Object.entries(bytesByTier).map(([tier, bytes]) => `    Tier: ${tier}  Size: ${formatSize(bytes)}`);
}
