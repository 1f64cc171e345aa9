import { UsageError } from '../exit-code.js';
import { listMounts } from '../fs/mount.js';
import { persistStatus } from '../fs/persist-status.js';
import { formatTable } from '../output/table.js';
import { formatTime } from '../output/time.js';
import type { Session } from '../session.js';
import { reportCache } from './report-cache.js';
import { reportCapacity, type CapacityOptions } from './report-capacity.js';
import { reportJobs } from './report-jobs.js';
import { reportMetrics } from './report-metrics.js';
import { reportSummary } from './report-summary.js';

/** Of those that wait to be persisted, the oldest. */
const LISTED_FILES = 10;

export async function report(session: Session, [category]: readonly [string], options: CapacityOptions): Promise<void> {
  if (category !== 'capacity' && (options.live || options.lost || options.decommissioned || options.workers !== undefined))
    throw new UsageError('--live, --lost, --decommissioned and --workers are for capacity');
  switch (category) {
    case 'summary':
      return reportSummary(session);
    case 'capacity':
      return reportCapacity(session, options);
    case 'metrics':
      return reportMetrics(session);
    case 'cache':
      return reportCache(session);
    case 'ufs':
      return reportStores(session);
    case 'persist':
      return persistStatus(session, [], LISTED_FILES);
    case 'proxy':
      return reportProxies(session);
    case 'jobservice':
      return reportJobs(session);
    default:
      throw new UsageError(`"${category}" cannot be reported: summary, capacity, metrics, cache, ufs, persist, jobservice and proxy can`);
  }
}

async function reportStores(session: Session): Promise<void> {
  if (!session.json) await session.print('Alluxio under storage system information:');
  await listMounts(session);
}

async function reportProxies(session: Session): Promise<void> {
  const proxies = await (await session.fileSystem()).admin.proxies({ signal: session.signal });
  if (session.json) return session.printJson(proxies);
  const serving = proxies.filter(({ state }) => state === 'ACTIVE').length;
  await session.print(`${proxies.length} Proxy instances in the cluster, ${serving} serving and ${proxies.length - serving} lost`);
  const rows = proxies.map((proxy) => [
    proxy.address,
    proxy.state,
    formatTime(proxy.startTimeMs),
    formatTime(proxy.lastHeartbeatTimeMs),
    proxy.version,
  ]);
  if (rows.length === 0) return;
  const header = ['Address', 'State', 'Start Time', 'Last Heartbeat Time', 'Version'];
  for (const line of ['', ...formatTable([header, ...rows])]) await session.print(line);
}
