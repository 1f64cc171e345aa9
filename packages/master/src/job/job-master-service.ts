// JobMasterClientService: what Alluxio's shell and tools ask of a job master, on a port of its own (alluxio 2.9.4).
import { fail } from '@alluvium/base';
import { ServiceTable, methodsOf, type Address, type ServerCall, type UnaryHandler } from '@alluvium/net';
import { jobMaster, serviceVersion } from '@alluvium/wire';
import type { WorkerRegistry } from '../block/worker-registry.js';
import { serviceVersionService } from '../meta/service-versions.js';
import type { Orders } from '../order/worker-orders.js';
import { commandStatus } from './command-status.js';
import { jobOfCommand, jobOfConfig } from './java-configs.js';
import { jobInfo, statusOf } from './job-info.js';
import type { JobRecord } from './job-ledger.js';
import type { JobSpec } from './job-spec.js';
import type { Jobs } from './jobs.js';
import { isOwner } from './load-operations.js';
import type { WorkerSlots } from './worker-slots.js';

const methods = methodsOf(jobMaster.JobMasterClientServiceDefinition);
const { Status } = jobMaster;
const VERSIONS = new Map([[serviceVersion.ServiceType.JOB_MASTER_CLIENT_SERVICE, 1n]]);

/** Jobs in each list of a summary. */
const SUMMARISED = 10;
/** Jobs in one listing, the newest. */
const MOST_LISTED = 10_000;

export interface JobMasterParts {
  readonly jobs: Jobs;
  readonly orders: Orders;
  readonly slots: WorkerSlots;
  readonly workers: Pick<WorkerRegistry, 'find'>;
  readonly ordersPerWorker: number;
  readonly address: () => Address;
  readonly startTimeMs: number;
  readonly version: string;
}

export function jobMasterTable(parts: JobMasterParts): ServiceTable {
  const { jobs } = parts;
  const table = new ServiceTable();
  serviceVersionService(VERSIONS)(table);
  return table
    .unary(
      methods.run,
      durably(jobs, async ({ jobConfig }, user) => ({ jobId: await submit(jobs, jobOfConfig(jobConfig, user)) })),
    )
    .unary(
      methods.submit,
      durably(jobs, async ({ cmdConfig }, user) => ({ jobControlId: await submit(jobs, jobOfCommand(cmdConfig, user)) })),
    )
    .unary(
      methods.cancel,
      durably(jobs, ({ jobId }, user) => cancel(jobs, find(jobs, jobId, user))),
    )
    .unary(
      methods.getJobStatus,
      durably(jobs, ({ jobId }, user) => ({ jobInfo: jobInfo(jobs, find(jobs, jobId, user)) })),
    )
    .unary(
      methods.getJobStatusDetailed,
      durably(jobs, ({ jobId }, user) => ({ jobInfo: jobInfo(jobs, find(jobs, jobId, user)) })),
    )
    .unary(
      methods.listAll,
      durably(jobs, ({ options }, user) => listAll(jobs, options ?? {}, user)),
    )
    .unary(
      methods.getJobServiceSummary,
      durably(jobs, (_, user) => ({ summary: summary(jobs, user) })),
    )
    .unary(
      methods.getCmdStatus,
      durably(jobs, ({ jobControlId }, user) => ({ cmdStatus: statusOf(jobs, findCommand(jobs, jobControlId, user)) })),
    )
    .unary(
      methods.getCmdStatusDetailed,
      durably(jobs, async ({ jobControlId }, user) => ({
        cmdStatusBlock: await commandStatus(jobs, findCommand(jobs, jobControlId, user)),
      })),
    )
    .unary(
      methods.getAllWorkerHealth,
      durably(jobs, () => ({ workerHealths: workerHealths(parts) })),
    )
    .unary(
      methods.getAllMasterStatus,
      durably(jobs, () => ({ jobMasterStatus: [masterStatus(parts)] })),
    );
}

/** Nobody is told what a crash can take back. */
function durably<Q, R>({ c }: Jobs, operation: (request: Q, user: string) => R | Promise<R>): UnaryHandler<Q, R> {
  return async (request: Q, call: ServerCall) => {
    try {
      return await operation(request, call.caller.user);
    } finally {
      await c.committer.settled();
    }
  };
}

/** A client that sends a job for each file sends many: they wait for each other. */
async function submit(jobs: Jobs, spec: JobSpec): Promise<bigint> {
  const { record } = await jobs.submit(spec, { bandwidth: undefined, verify: false }, { queued: true });
  return BigInt(record.id);
}

async function cancel(jobs: Jobs, record: JobRecord): Promise<jobMaster.CancelPResponse> {
  await jobs.cancel(record);
  return {};
}

function find(jobs: Jobs, id: bigint | undefined, user: string): JobRecord {
  return findOr(jobs, id, user, (shown) => `The job of id ${shown} does not exist`);
}

function findCommand(jobs: Jobs, id: bigint | undefined, user: string): JobRecord {
  return findOr(jobs, id, user, (shown) => `The job definition for config ${shown} does not exist`);
}

/** Another user's job is told of like one that is not there. */
function findOr(jobs: Jobs, id: bigint | undefined, user: string, message: (id: string) => string): JobRecord {
  const record = jobs.ledger.get(Number(id ?? -1n));
  // Alluxio writes numbers in messages with separators.
  if (record === undefined || !isOwner(jobs, record, user)) throw fail('notFound', message((id ?? -1n).toLocaleString('en-US')));
  return record;
}

function mine(jobs: Jobs, user: string): JobRecord[] {
  return [...jobs.ledger.all()].filter((record) => isOwner(jobs, record, user));
}

function listAll(jobs: Jobs, options: jobMaster.ListAllPOptions, user: string): jobMaster.ListAllPResponse {
  const wanted = new Set(options.status ?? []);
  const infos = mine(jobs, user)
    .slice(-MOST_LISTED)
    .map((record) => jobInfo(jobs, record))
    .filter(
      (info) =>
        (wanted.size === 0 || wanted.has(info.status ?? Status.UNKNOWN)) && (options.name === undefined || info.name === options.name),
    );
  return { jobIds: infos.map((info) => info.id ?? 0n), jobInfos: options.jobIdOnly === true ? [] : infos };
}

function summary(jobs: Jobs, user: string): jobMaster.JobServiceSummary {
  const infos = mine(jobs, user).map((record) => jobInfo(jobs, record));
  const count = (status: jobMaster.Status): jobMaster.StatusSummary => ({
    status,
    count: BigInt(infos.filter((info) => info.status === status).length),
  });
  const recent = infos.toSorted((a, b) => Number((b.lastUpdated ?? 0n) - (a.lastUpdated ?? 0n)));
  return {
    summaryPerStatus: [Status.CREATED, Status.CANCELED, Status.FAILED, Status.RUNNING, Status.COMPLETED].map(count),
    recentActivities: recent.slice(0, SUMMARISED),
    recentFailures: recent.filter(({ status }) => status === Status.FAILED).slice(0, SUMMARISED),
    longestRunning: infos.filter(({ status }) => status === Status.RUNNING).slice(0, SUMMARISED),
  };
}

/** Our workers do the work of Alluxio's job workers. */
function workerHealths({ orders, slots, workers, ordersPerWorker, version, jobs }: JobMasterParts): jobMaster.JobWorkerHealth[] {
  return orders.connected().map((workerId) => ({
    workerId,
    // Nobody reports it.
    loadAverage: [0, 0, 0],
    lastUpdated: BigInt(jobs.c.clock.nowMs()),
    hostname: workers.find(workerId)?.address.host ?? '',
    taskPoolSize: ordersPerWorker,
    numActiveTasks: slots.loadOf(workerId),
    unfinishedTasks: slots.loadOf(workerId),
    version: { version, revision: '' },
  }));
}

function masterStatus({ address, startTimeMs, version }: JobMasterParts): jobMaster.JobMasterStatus {
  const { host, port } = address();
  return {
    state: 'PRIMARY',
    masterAddress: { host, rpcPort: port },
    startTime: BigInt(startTimeMs),
    version: { version, revision: '' },
  };
}
