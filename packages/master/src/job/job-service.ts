// JobService: jobs as our command line asks for them. One who is no super user sees, changes and cancels only his own.
import { fail } from '@alluvium/base';
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { jobService as js } from '@alluvium/wire';
import { serve } from '../file/serve.js';
import type { JobRecord } from './job-ledger.js';
import { jobSpec, jobWriteType, requireBandwidth, type JobKind } from './job-spec.js';
import type { Jobs } from './jobs.js';
import { isOwner, loadJobService } from './load-operations.js';

const methods = methodsOf(js.JobServiceDefinition);

const KINDS = new Map<js.JobKind, JobKind>([
  [js.JobKind.LOAD, 'load'],
  [js.JobKind.FREE, 'free'],
  [js.JobKind.COPY, 'copy'],
  [js.JobKind.MOVE, 'move'],
  [js.JobKind.PERSIST, 'persist'],
  [js.JobKind.REPLICATE, 'replicate'],
  [js.JobKind.MIGRATE, 'migrate'],
]);
const KIND_NUMBERS = new Map([...KINDS].map(([number, kind]) => [kind, number]));

/** Jobs in one reply, the newest. */
const MOST_LISTED = 1000;
const MOST_FAILURES = 100;

/** What is served on the master's own port: our JobService, and the load jobs of FileSystemMasterClientService. */
export function jobServices(jobs: Jobs): (table: ServiceTable) => void {
  const { c } = jobs;
  return (table) => {
    loadJobService(c, jobs)(table);
    table
      .unary(
        methods.submitJob,
        serve(c, (_, request, user) => submitJob(jobs, request, user)),
      )
      .unary(
        methods.listJobs,
        serve(c, (_, request, user) => listJobs(jobs, request, user)),
      )
      .unary(
        methods.getJob,
        serve(c, (_, request, user) => getJob(jobs, request, user)),
      )
      .unary(
        methods.updateJob,
        serve(c, (_, request, user) => updateJob(jobs, request, user)),
      )
      .unary(
        methods.cancelJob,
        serve(c, (_, request, user) => cancelJob(jobs, request, user)),
      );
  };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function submitJob(jobs: Jobs, request: js.SubmitJobRequest, user: string): Promise<js.SubmitJobReply> {
  const kind = KINDS.get(request.kind ?? (0 as js.JobKind));
  if (kind === undefined)
    throw fail('invalidArgument', `Cannot submit a job of kind ${request.kind}: one of ${[...KINDS.values()].join(', ')} wanted`);
  const limits = { bandwidth: requireBandwidth(request.bandwidth), verify: request.verify ?? false };
  const spec = jobSpec({
    kind,
    user,
    path: request.path ?? '',
    target: request.targetPath ?? '',
    writeType: jobWriteType(request.writeType),
    overwrite: request.overwrite ?? false,
    replicas: request.replicas ?? 1,
    medium: request.mediumType ?? '',
    forced: request.forced ?? false,
  });
  const { uuid } = request;
  if (uuid !== undefined && !UUID.test(uuid)) throw fail('invalidArgument', `Cannot submit a job: "${uuid.slice(0, 40)}" is no UUID`);
  const { record, updated } = await jobs.submit(spec, limits, uuid === undefined ? {} : { uuid });
  return { jobId: BigInt(record.id), updated };
}

function listJobs(jobs: Jobs, { kind, ended }: js.ListJobsRequest, user: string): js.ListJobsReply {
  const wanted = kind === undefined ? undefined : KINDS.get(kind);
  if (kind !== undefined && wanted === undefined) throw fail('invalidArgument', `Cannot list jobs of kind ${kind}: there is no such kind`);
  const shown: js.Job[] = [];
  for (const record of [...jobs.ledger.all()].toReversed()) {
    if (shown.length === MOST_LISTED) break;
    if (!isOwner(jobs, record, user) || (ended !== true && record.endedMs !== undefined)) continue;
    if (wanted === undefined || record.spec.kind === wanted) shown.push(jobMessage(jobs, record));
  }
  return { jobs: shown };
}

function getJob(jobs: Jobs, { jobId }: js.GetJobRequest, user: string): js.GetJobReply {
  const record = find(jobs, jobId, user);
  const failures = jobs.runOf(record.id)?.failures ?? record.failures;
  const shown = [...failures].slice(0, MOST_FAILURES).map(([path, reason]) => ({ path, reason }));
  return { job: jobMessage(jobs, record), failures: shown };
}

async function updateJob(jobs: Jobs, request: js.UpdateJobRequest, user: string): Promise<js.UpdateJobReply> {
  const record = find(jobs, request.jobId, user);
  const { bandwidth: before, verify } = record.limits;
  const bandwidth = request.bandwidth === undefined ? before : request.bandwidth === 0n ? undefined : requireBandwidth(request.bandwidth);
  await jobs.update(record, { bandwidth, verify: request.verify ?? verify });
  return {};
}

async function cancelJob(jobs: Jobs, { jobId }: js.CancelJobRequest, user: string): Promise<js.CancelJobReply> {
  return { cancelled: await jobs.cancel(find(jobs, jobId, user)) };
}

function find(jobs: Jobs, id: bigint | undefined, user: string): JobRecord {
  const record = jobs.ledger.get(Number(id ?? -1n));
  if (record === undefined || !isOwner(jobs, record, user))
    throw fail('notFound', `Cannot find the job ${id}: no such job, or ended long ago`);
  return record;
}

function jobMessage(jobs: Jobs, record: JobRecord): js.Job {
  const { spec, limits } = record;
  const run = jobs.runOf(record.id);
  const figures = run?.figures ?? record.figures;
  const durationMs = Math.max(1, (record.endedMs ?? jobs.c.clock.nowMs()) - record.submittedMs);
  return {
    jobId: BigInt(record.id),
    kind: KIND_NUMBERS.get(spec.kind)!,
    path: spec.path,
    user: spec.user,
    state: js.JobState[jobs.stateOf(record)],
    submittedMs: BigInt(record.submittedMs),
    verify: limits.verify,
    files: BigInt(figures.files),
    failedFiles: BigInt(figures.failedFiles),
    bytes: BigInt(figures.bytes),
    totalBytes: BigInt(figures.totalBytes),
    blocks: BigInt(figures.blocks + figures.earlierBlocks),
    failures: BigInt(figures.failures + figures.earlierFailures),
    bytesPerSecond: BigInt(Math.floor((figures.bytes * 1000) / durationMs)),
    running: run?.running ?? 0,
    walked: run?.walked ?? record.endedMs !== undefined,
    ...(record.reason === '' ? {} : { reason: record.reason }),
    ...(spec.target === undefined ? {} : { targetPath: spec.target }),
    ...(record.endedMs === undefined ? {} : { endedMs: BigInt(record.endedMs) }),
    ...(limits.bandwidth === undefined ? {} : { bandwidth: BigInt(limits.bandwidth) }),
    ...(run?.currentPath === undefined ? {} : { currentPath: run.currentPath }),
  };
}
