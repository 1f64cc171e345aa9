import type { WorkerCapacity } from '@alluvium/client';
import { forEachBounded } from '../bounded.js';
import type { Session } from '../session.js';

export interface MetricsClearOptions {
  /** Host names with commas; false: of no worker. */
  readonly workers?: string | false;
  readonly parallelism: number;
}

/** Of the master and all workers when neither is named. */
export async function metricsClear(session: Session, _args: readonly [], options: MetricsClearOptions): Promise<void> {
  const { admin } = await session.fileSystem();
  const request = { signal: session.signal };
  if (options.workers !== false) {
    const workers: readonly WorkerCapacity[] = await admin.workers(options.workers?.split(',') ?? 'LIVE', request);
    await forEachBounded(workers, options.parallelism, (worker) =>
      session.attempt(worker.host, async () => {
        await admin.clearWorkerMetrics(worker, request);
        await session.print(`Successfully cleared metrics of worker ${worker.host}.`);
      }),
    );
  }
  if (typeof options.workers === 'string') return;
  await admin.clearMetrics(request);
  await session.print('Successfully cleared metrics of the leading master.');
}
