import type { ClusterReport, WorkerReport } from '@alluvium/client';
import { formatSize, percentOf } from '../output/size.js';
import { formatTable } from '../output/table.js';
import { formatTime, formatUptime } from '../output/time.js';
import type { Session } from '../session.js';

export async function report(session: Session): Promise<void> {
  const fileSystem = await session.fileSystem();
  const request = { signal: session.signal };
  const [cluster, unordered] = await Promise.all([fileSystem.cluster(request), fileSystem.workers(request)]);
  const workers = [...unordered].sort((a, b) => (`${a.host}:${a.rpcPort}` < `${b.host}:${b.rpcPort}` ? -1 : 1));
  if (session.json) return session.printJson({ ...cluster, workers });
  for (const line of [...summary(cluster), ...workerLines(workers)]) await session.print(line);
}

function summary(cluster: ClusterReport): string[] {
  const lines: [string, string | number][] = [
    ['Master Address', cluster.leaderAddress],
    ['Started', formatTime(cluster.startTimeMs)],
    ['Uptime', formatUptime(cluster.upTimeMs)],
    ['Version', cluster.version],
    ['Cluster Id', cluster.clusterId],
    ['Live Workers', cluster.liveWorkers],
    ['Lost Workers', cluster.lostWorkers],
    ['Total Capacity', formatSize(cluster.capacityBytes)],
    ['Used Capacity', `${formatSize(cluster.usedBytes)} (${percentOf(cluster.usedBytes, cluster.capacityBytes)}%)`],
    ['Free Capacity', formatSize(cluster.capacityBytes - cluster.usedBytes)],
  ];
  return ['Alluvium cluster summary:', ...lines.map(([name, value]) => `    ${name}: ${value}`)];
}

function workerLines(workers: readonly WorkerReport[]): string[] {
  if (workers.length === 0) return ['', 'No worker: files can be listed, not read or written.'];
  const rows = workers.map((worker) => [
    `${worker.host}:${worker.rpcPort}`,
    worker.state,
    formatSize(worker.capacityBytes),
    `${formatSize(worker.usedBytes)} (${percentOf(worker.usedBytes, worker.capacityBytes)}%)`,
    formatTime(worker.startTimeMs),
  ]);
  return ['', ...formatTable([['Worker', 'State', 'Capacity', 'Used', 'Started'], ...rows])];
}
