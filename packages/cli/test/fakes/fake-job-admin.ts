import { fail } from '@alluvium/base';
import type {
  FailedFile,
  JobAdmin,
  JobChanges,
  JobDetails,
  JobReport,
  JobRequest,
  ListJobsOptions,
  LoadProgressOptions,
} from '@alluvium/client';

export const MB = 1024n * 1024n;

export function job(more: Partial<JobReport> = {}): JobReport {
  return {
    jobId: 7n,
    kind: 'LOAD',
    path: '/data',
    target: undefined,
    user: 'alice',
    state: 'RUNNING',
    reason: undefined,
    submittedMs: 1_700_000_000_000n,
    endedMs: undefined,
    bandwidth: undefined,
    verify: false,
    files: 3n,
    failedFiles: 0n,
    bytes: 10n * MB,
    totalBytes: 40n * MB,
    blocks: 5n,
    failures: 0n,
    bytesPerSecond: 10n * MB,
    currentPath: '/data/part-3',
    running: 2,
    walked: true,
    ...more,
  };
}

/** Jobs that are as a test says. */
export class FakeJobAdmin implements JobAdmin {
  readonly submitted: JobRequest[] = [];
  readonly changes: JobChanges[] = [];
  readonly cancelled: bigint[] = [];
  listed: ListJobsOptions | undefined;
  jobs: JobReport[] = [];
  failures: FailedFile[] = [];
  /** What is answered one after the other; the last one stays. */
  states: JobReport[] = [job()];
  updated = false;
  report = '\tJob State: RUNNING\n';
  wasRunning = true;

  submit(request: JobRequest): Promise<{ jobId: bigint; updated: boolean }> {
    this.submitted.push(request);
    return Promise.resolve({ jobId: 7n, updated: this.updated });
  }

  list(options?: ListJobsOptions): Promise<JobReport[]> {
    this.listed = options;
    return Promise.resolve(this.jobs);
  }

  async get(jobId: bigint): Promise<JobDetails> {
    if (jobId !== 7n) throw fail('notFound', `Cannot find the job ${jobId}: no such job, or ended long ago`);
    const state = this.states.length > 1 ? this.states.shift()! : this.states[0]!;
    return { job: state, failures: this.failures };
  }

  update(_jobId: bigint, changes: JobChanges): Promise<void> {
    this.changes.push(changes);
    return Promise.resolve();
  }

  cancel(jobId: bigint): Promise<boolean> {
    this.cancelled.push(jobId);
    return Promise.resolve(this.wasRunning);
  }

  loadProgress(path: string, options: LoadProgressOptions = {}): Promise<string> {
    return Promise.resolve(options.json === true ? `{"of":"${path}"}` : this.report);
  }

  stopLoad(): Promise<boolean> {
    return Promise.resolve(this.wasRunning);
  }
}
