// Load jobs as 2.9.4 clients ask for them: SubmitJob, StopJob and GetJobProgress of FileSystemMasterClientService.
import { fail, kindOf, normalPath } from '@alluvium/base';
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { fileSystemMaster as fs, java } from '@alluvium/wire';
import { serve } from '../file/serve.js';
import type { FileContext } from '../file/context.js';
import type { JobRecord } from './job-ledger.js';
import { jobSpec, requireBandwidth } from './job-spec.js';
import type { Jobs } from './jobs.js';
import { jsonReport, textReport, type LoadProgress } from './load-report.js';

const methods = methodsOf(fs.FileSystemMasterClientServiceDefinition);

export function loadJobService(c: FileContext, jobs: Jobs): (table: ServiceTable) => void {
  return (table) => {
    table
      .unary(
        methods.submitJob,
        serve(c, (_, request, user) => submitJob(jobs, request, user)),
      )
      .unary(
        methods.stopJob,
        serve(c, (_, request, user) => stopJob(jobs, request, user)),
      )
      .unary(
        methods.getJobProgress,
        serve(c, (_, request, user) => getJobProgress(jobs, request, user)),
      );
  };
}

/** The answer to a load that runs already has no id: its limits are changed. */
async function submitJob(jobs: Jobs, request: fs.SubmitJobPRequest, user: string): Promise<fs.SubmitJobPResponse> {
  const { path, options } = loadRequest(request.requestBody ?? new Uint8Array());
  const limits = { bandwidth: requireBandwidth(options.bandwidth), verify: options.verify ?? false };
  const spec = jobSpec({ kind: 'load', path, user, partialListing: options.partialListing ?? false });
  const { record, updated } = await jobs.submit(spec, limits);
  return updated ? {} : { jobId: record.uuid };
}

function loadRequest(body: Uint8Array): { readonly path: string; readonly options: fs.LoadJobPOptions } {
  const request = read(body);
  if (!java.isJavaObject(request) || java.simpleName(request.className) !== 'LoadJobRequest') {
    const what = java.isJavaObject(request) ? java.simpleName(request.className) : 'it is no request';
    throw fail('invalidArgument', `Unknown job type: ${what.slice(0, 100)}; LoadJobRequest wanted`);
  }
  const path = request.fields.get('mPath');
  const message = request.fields.get('mOptions');
  const bytes = java.isJavaObject(message) ? message.fields.get('asBytes') : undefined;
  if (typeof path !== 'string' || !(bytes instanceof Uint8Array))
    throw fail('invalidArgument', 'Cannot load: the request names no path, or has no options');
  return { path, options: optionsOf(bytes) };
}

function read(body: Uint8Array): java.JavaValue {
  try {
    return java.readJavaObject(body);
  } catch (error) {
    if (kindOf(error) !== 'invalidArgument') throw error;
    throw fail('invalidArgument', `fail to parse job request: ${(error as Error).message}`, error);
  }
}

function optionsOf(bytes: Uint8Array): fs.LoadJobPOptions {
  try {
    return fs.LoadJobPOptions.decode(bytes);
  } catch (error) {
    throw fail('invalidArgument', 'fail to parse job request: its options are no LoadJobPOptions', error);
  }
}

async function stopJob(jobs: Jobs, request: fs.StopJobPRequest, user: string): Promise<fs.StopJobPResponse> {
  const record = find(jobs, request.jobDescription);
  if (record === undefined) return { jobStopped: false };
  requireOwner(jobs, record, user);
  return { jobStopped: await jobs.cancel(record) };
}

/** Anybody may ask, as of a 2.9.4 master; the files that failed are told to the job's user only. */
function getJobProgress(jobs: Jobs, request: fs.GetJobProgressPRequest, user: string): fs.GetJobProgressPResponse {
  const record = find(jobs, request.jobDescription);
  const { type = '', path = '' } = request.jobDescription ?? {};
  if (record === undefined) throw fail('notFound', `JobDescription{Path=${path}, Type=${type}} cannot be found.`);
  const format = request.options?.format ?? fs.JobProgressReportFormat.TEXT;
  const verbose = request.options?.verbose === true;
  const progress = progressOf(jobs, record);
  const shown = isOwner(jobs, record, user) ? progress : { ...progress, failures: new Map<string, string>() };
  const report = format === fs.JobProgressReportFormat.JSON ? jsonReport(shown, verbose) : textReport(shown, verbose);
  return { progressReport: report, format };
}

export function progressOf(jobs: Jobs, record: JobRecord): LoadProgress {
  const run = jobs.runOf(record.id);
  return {
    state: jobs.stateOf(record),
    limits: record.limits,
    figures: run?.figures ?? record.figures,
    failures: run?.failures ?? record.failures,
    reason: record.reason,
    partialListing: record.spec.partialListing,
    durationMs: (record.endedMs ?? jobs.c.clock.nowMs()) - record.submittedMs,
  };
}

/** The newest load of the path; there are no other jobs of this kind in 2.9.4. */
function find(jobs: Jobs, description: fs.JobDescription | undefined): JobRecord | undefined {
  if (description?.type === undefined || description.type === '')
    throw fail('invalidArgument', 'Cannot find a job: jobDescription is missing');
  if (description.type !== 'load' || description.path === undefined || description.path === '') return undefined;
  return jobs.find('load', normalPath(description.path));
}

export function isOwner({ c }: Jobs, record: JobRecord, user: string): boolean {
  return record.spec.user === user || c.permissions.isSuper(user);
}

export function requireOwner(jobs: Jobs, record: JobRecord, user: string): void {
  if (!isOwner(jobs, record, user))
    throw fail('permissionDenied', `Permission denied: job ${record.id} is of ${record.spec.user}, not of ${user}`);
}
