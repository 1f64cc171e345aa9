// Jobs of the master: work on many files that goes on by itself and survives a restart.
import type { Cancellable } from '../file-system.js';

export type JobKind = 'LOAD' | 'FREE' | 'COPY' | 'MOVE' | 'PERSIST' | 'REPLICATE' | 'MIGRATE';
/** The last three are ends. */
export type JobState = 'RUNNING' | 'VERIFYING' | 'STOPPED' | 'SUCCEEDED' | 'FAILED';

export interface JobRequest {
  readonly kind: JobKind;
  readonly path: string;
  /** COPY, MOVE: what the path becomes. */
  readonly target?: string;
  /** Bytes per second; absent: no limit. */
  readonly bandwidth?: number;
  /** Look again when all is done, and do what is missing. */
  readonly verify?: boolean;
  /** COPY, MOVE: MUST_CACHE, CACHE_THROUGH, THROUGH or ASYNC_THROUGH, which is the default. */
  readonly writeType?: string;
  /** COPY, MOVE: files at the target are replaced. */
  readonly overwrite?: boolean;
  /** REPLICATE: copies of each block. */
  readonly replicas?: number;
  /** MIGRATE: MEM, SSD or HDD. */
  readonly medium?: string;
  /** FREE: pinned files too. */
  readonly forced?: boolean;
}

export interface JobReport {
  readonly jobId: bigint;
  readonly kind: JobKind;
  readonly path: string;
  readonly target: string | undefined;
  readonly user: string;
  readonly state: JobState;
  /** Why it failed. */
  readonly reason: string | undefined;
  readonly submittedMs: bigint;
  readonly endedMs: bigint | undefined;
  readonly bandwidth: bigint | undefined;
  readonly verify: boolean;
  /** Begun. */
  readonly files: bigint;
  readonly failedFiles: bigint;
  readonly bytes: bigint;
  /** Found to be to do so far. */
  readonly totalBytes: bigint;
  readonly blocks: bigint;
  /** Failed attempts, those that were made good included. */
  readonly failures: bigint;
  readonly bytesPerSecond: bigint;
  readonly currentPath: string | undefined;
  /** Files under way. */
  readonly running: number;
  /** Everything was looked at, so that the total is final. */
  readonly walked: boolean;
}

export interface FailedFile {
  readonly path: string;
  readonly reason: string;
}

export interface JobDetails {
  readonly job: JobReport;
  /** Some of the files that failed. */
  readonly failures: readonly FailedFile[];
}

export interface ListJobsOptions extends Cancellable {
  readonly kind?: JobKind;
  /** Those that have ended, too. */
  readonly ended?: boolean;
}

export interface JobChanges extends Cancellable {
  /** Bytes per second, 0 for no limit; absent: as before. */
  readonly bandwidth?: number;
  readonly verify?: boolean;
}

export interface LoadProgressOptions extends Cancellable {
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Jobs of others are `notFound` to who is no super user. All but the loads are `unimplemented` by a master of Alluxio. */
export interface JobAdmin {
  /** `updated`: the same load ran already, and its limits are now as given. */
  submit(request: JobRequest, options?: Cancellable): Promise<{ readonly jobId: bigint; readonly updated: boolean }>;
  /** The newest first. */
  list(options?: ListJobsOptions): Promise<JobReport[]>;
  get(jobId: bigint, options?: Cancellable): Promise<JobDetails>;
  update(jobId: bigint, changes: JobChanges): Promise<void>;
  /** Whether it had not ended. */
  cancel(jobId: bigint, options?: Cancellable): Promise<boolean>;
  /** How far the newest load of a path is, in the words of the master. */
  loadProgress(path: string, options?: LoadProgressOptions): Promise<string>;
  /** Whether a load of the path was running. */
  stopLoad(path: string, options?: Cancellable): Promise<boolean>;
}
