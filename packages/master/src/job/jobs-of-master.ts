import type { Configuration } from '@alluvium/platform';
import type { FileContext } from '../file/context.js';
import type { WorkerControl } from '../order/worker-control.js';
import type { Orders } from '../order/worker-orders.js';
import * as options from '../options.js';
import type { JobLedger } from './job-ledger.js';
import { Jobs } from './jobs.js';
import { StoreOrders } from './store-orders.js';
import { WorkerSlots } from './worker-slots.js';

interface Parts {
  readonly files: FileContext;
  readonly control: WorkerControl;
  readonly orders: Orders;
  readonly jobLedger: JobLedger;
  readonly configuration: Configuration;
}

/** The jobs of a master, with its options. */
export function jobsOfMaster({ files: c, control, orders, jobLedger: ledger, configuration }: Parts): {
  readonly jobs: Jobs;
  readonly slots: WorkerSlots;
} {
  const slots = new WorkerSlots(c.clock, orders, Math.max(1, configuration.get(options.jobOrdersPerWorker)));
  const filesAtOnce = Math.max(1, configuration.get(options.jobFilesAtOnce));
  const jobs = new Jobs(
    { c, orders, slots, ledger, filesAtOnce, storeWriter: new StoreOrders(control, c.random) },
    {
      running: Math.max(1, configuration.get(options.jobsRunning)),
      capacity: Math.max(1, configuration.get(options.jobCapacity)),
      retentionMs: Math.max(0, configuration.get(options.jobRetention)),
    },
  );
  return { jobs, slots };
}
