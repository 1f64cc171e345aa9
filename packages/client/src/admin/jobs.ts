import { randomUuid } from '@alluvium/base';
import { fileSystemMaster as fs, jobService as js } from '@alluvium/wire';
import type { Cancellable } from '../file-system.js';
import { fileMethods, jobMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import type {
  JobAdmin,
  JobChanges,
  JobDetails,
  JobKind,
  JobReport,
  JobRequest,
  JobState,
  ListJobsOptions,
  LoadProgressOptions,
} from './job-admin.js';

/** `here` throws when the connection is closed. */
export function connectedJobs(here: () => ClientContext): JobAdmin {
  return {
    submit: async (request, options) => submitJob(here(), request, options),
    list: async (options) => listJobs(here(), options),
    get: async (jobId, options) => getJob(here(), jobId, options),
    update: async (jobId, changes) => updateJob(here(), jobId, changes),
    cancel: async (jobId, options) => cancelJob(here(), jobId, options),
    loadProgress: async (path, options) => loadProgress(here(), path, options),
    stopLoad: async (path, options) => stopLoad(here(), path, options),
  };
}

async function submitJob(
  { master, random }: ClientContext,
  request: JobRequest,
  { signal }: Cancellable = {},
): Promise<{ readonly jobId: bigint; readonly updated: boolean }> {
  const { kind, path, target, bandwidth, medium, ...rest } = request;
  const message: js.SubmitJobRequest = {
    ...rest,
    uuid: randomUuid(random),
    kind: js.JobKind[kind],
    path,
    ...(target === undefined ? {} : { targetPath: target }),
    ...(bandwidth === undefined ? {} : { bandwidth: BigInt(Math.round(bandwidth)) }),
    ...(medium === undefined ? {} : { mediumType: medium }),
  };
  const { jobId = 0n, updated = false } = await master.unary(jobMethods.submitJob, message, signal);
  return { jobId, updated };
}

async function listJobs({ master }: ClientContext, { kind, ended = false, signal }: ListJobsOptions = {}): Promise<JobReport[]> {
  const request = { ended, ...(kind === undefined ? {} : { kind: js.JobKind[kind] }) };
  const { jobs = [] } = await master.unary(jobMethods.listJobs, request, signal);
  return jobs.map(reportOf);
}

async function getJob({ master }: ClientContext, jobId: bigint, { signal }: Cancellable = {}): Promise<JobDetails> {
  const { job, failures = [] } = await master.unary(jobMethods.getJob, { jobId }, signal);
  return { job: reportOf(job ?? {}), failures: failures.map(({ path = '', reason = '' }) => ({ path, reason })) };
}

async function updateJob({ master }: ClientContext, jobId: bigint, { bandwidth, verify, signal }: JobChanges): Promise<void> {
  const request = {
    jobId,
    ...(bandwidth === undefined ? {} : { bandwidth: BigInt(Math.round(bandwidth)) }),
    ...(verify === undefined ? {} : { verify }),
  };
  await master.unary(jobMethods.updateJob, request, signal);
}

async function cancelJob({ master }: ClientContext, jobId: bigint, { signal }: Cancellable = {}): Promise<boolean> {
  return (await master.unary(jobMethods.cancelJob, { jobId }, signal)).cancelled === true;
}

async function loadProgress(
  { master }: ClientContext,
  path: string,
  { json = false, verbose = false, signal }: LoadProgressOptions = {},
): Promise<string> {
  const format = json ? fs.JobProgressReportFormat.JSON : fs.JobProgressReportFormat.TEXT;
  const request = { jobDescription: { type: 'load', path }, options: { format, verbose } };
  return (await master.unary(fileMethods.getJobProgress, request, signal)).progressReport ?? '';
}

async function stopLoad({ master }: ClientContext, path: string, { signal }: Cancellable = {}): Promise<boolean> {
  const request = { jobDescription: { type: 'load', path } };
  return (await master.unary(fileMethods.stopJob, request, signal)).jobStopped === true;
}

function reportOf(job: js.Job): JobReport {
  return {
    jobId: job.jobId ?? 0n,
    kind: nameOf<JobKind>(js.JobKind, job.kind, 'LOAD'),
    path: job.path ?? '',
    target: job.targetPath,
    user: job.user ?? '',
    state: nameOf<JobState>(js.JobState, job.state, 'RUNNING'),
    reason: job.reason,
    submittedMs: job.submittedMs ?? 0n,
    endedMs: job.endedMs,
    bandwidth: job.bandwidth,
    verify: job.verify ?? false,
    files: job.files ?? 0n,
    failedFiles: job.failedFiles ?? 0n,
    bytes: job.bytes ?? 0n,
    totalBytes: job.totalBytes ?? 0n,
    blocks: job.blocks ?? 0n,
    failures: job.failures ?? 0n,
    bytesPerSecond: job.bytesPerSecond ?? 0n,
    currentPath: job.currentPath,
    running: job.running ?? 0,
    walked: job.walked ?? false,
  };
}

function nameOf<N extends string>(names: Readonly<Record<string, number>>, value: number | undefined, absent: N): N {
  return (Object.entries(names).find(([, number]) => number === value)?.[0] ?? absent) as N;
}
