import type { WorkerCapacity, WorkerSelection } from '@alluvium/client';
import { UsageError } from '../exit-code.js';
import { formatSize, percentOf } from '../output/size.js';
import { formatRow, left, type Column } from '../output/table.js';
import type { Session } from '../session.js';
import { tierLines } from './report-summary.js';

export interface CapacityOptions {
  readonly live?: boolean;
  readonly lost?: boolean;
  readonly decommissioned?: boolean;
  /** Host names with commas. */
  readonly workers?: string;
}

const TIERS = ['MEM', 'SSD', 'HDD'];

export async function reportCapacity(session: Session, options: CapacityOptions): Promise<void> {
  const { selection, name } = selectionOf(options);
  const { admin } = await session.fileSystem();
  const workers = await admin.workers(selection, { signal: session.signal });
  if (session.json) return session.printJson(workers);
  if (workers.length === 0) return session.print('No workers found.');
  for (const line of [...summary(workers, name), '', ...table(workers)]) await session.print(line);
}

function selectionOf(options: CapacityOptions): { readonly selection: WorkerSelection; readonly name: string } {
  const given = [options.live, options.lost, options.decommissioned, options.workers].filter(
    (each) => each !== undefined && each !== false,
  );
  if (given.length > 1) throw new UsageError('one of --live, --lost, --decommissioned and --workers at a time');
  if (options.live === true) return { selection: 'LIVE', name: 'live' };
  if (options.lost === true) return { selection: 'LOST', name: 'lost' };
  if (options.decommissioned === true) return { selection: 'DECOMMISSIONED', name: 'decommissioned' };
  if (options.workers !== undefined) return { selection: options.workers.split(','), name: 'specified' };
  return { selection: 'ALL', name: 'all' };
}

/** What serves, in sum: workers that are lost or out of service count for nothing. */
function summary(workers: readonly WorkerCapacity[], name: string): string[] {
  const serving = workers.filter(({ state }) => state === 'ACTIVE' || state === 'LOST');
  const capacity = sum(serving.map((worker) => worker.capacityBytes));
  const used = sum(serving.map((worker) => worker.usedBytes));
  const percent = percentOf(used, capacity);
  const lines = [
    `Total vCPUs: ${workers.reduce((total, { cpus }) => total + cpus, 0)}`,
    `Total Capacity: ${formatSize(capacity)}`,
    ...tierLines(byTier(serving.map((worker) => worker.capacityBytesByTier))),
    `Used Capacity: ${formatSize(used)}`,
    ...tierLines(byTier(serving.map((worker) => worker.usedBytesByTier))),
    ...(capacity === 0n ? [] : [`Used Percentage: ${percent}%`, `Free Percentage: ${100 - percent}%`]),
  ];
  return [`Capacity information for ${name} workers:`, ...lines.map((line) => `    ${line}`)];
}

function table(workers: readonly WorkerCapacity[]): string[] {
  const tiers = tiersOf(workers);
  const nameWidth = Math.max(16, ...workers.map(({ host }) => host.length)) + 1;
  const columns: Column[] = [left(nameWidth), left(16), left(17), left(14), ...tiers.map(() => left(17)), left(17), left(0)];
  const header = ['Worker Name', 'State', 'Last Heartbeat', 'Storage', ...tiers, 'Version', 'Revision'];
  const rows = workers.flatMap((worker) => {
    const { host, state, lastContactSeconds, version, revision, capacityBytesByTier: capacity, usedBytesByTier: used } = worker;
    const usedOf = (tier: string): string => `${formatSize(used[tier] ?? 0n)} (${percentOf(used[tier] ?? 0n, capacity[tier] ?? 0n)}%)`;
    return [
      [host, state, String(lastContactSeconds), 'capacity', ...tiers.map((tier) => formatSize(capacity[tier] ?? 0n)), version, revision],
      ['', '', '', 'used', ...tiers.map(usedOf)],
    ];
  });
  return [header, ...rows].map((row) => formatRow(columns, row));
}

/** Those that a worker has, the fastest first. */
function tiersOf(workers: readonly WorkerCapacity[]): string[] {
  const known = new Set(workers.flatMap(({ capacityBytesByTier }) => Object.keys(capacityBytesByTier)));
  return [...TIERS.filter((tier) => known.has(tier)), ...[...known].filter((tier) => !TIERS.includes(tier)).sort()];
}

function byTier(all: readonly Readonly<Record<string, bigint>>[]): Record<string, bigint> {
  const out: Record<string, bigint> = {};
  for (const each of all) for (const [tier, bytes] of Object.entries(each)) out[tier] = (out[tier] ?? 0n) + bytes;
  return out;
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
