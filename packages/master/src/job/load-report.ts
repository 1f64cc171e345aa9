// What `fs load --progress` prints: the text and the JSON of a 2.9.4 master's load job.
import { failurePercentage, type JobFigures } from './job-figures.js';
import type { JobLimits, JobState } from './job-spec.js';

export interface LoadProgress {
  readonly state: JobState;
  readonly limits: JobLimits;
  readonly figures: Readonly<JobFigures>;
  readonly failures: ReadonlyMap<string, string>;
  /** Why it failed; '' when it did not. */
  readonly reason: string;
  readonly partialListing: boolean;
  /** From its begin until its end, or until now. */
  readonly durationMs: number;
}

/** The class that Alluxio's own failures of jobs have. */
const FAILURE_CLASS = 'alluxio.exception.runtime.InternalRuntimeException';

export function textReport(progress: LoadProgress, verbose: boolean): string {
  const { figures, limits, reason } = progress;
  const total = totalBytes(progress);
  const throughput = throughputOf(progress);
  const lines = [
    `\tSettings:\tbandwidth: ${limits.bandwidth ?? 'unlimited'}\tverify: ${limits.verify}`,
    `\tJob State: ${progress.state}${reason === '' ? '' : ` (${FAILURE_CLASS}: ${reason})`}`,
    `\tFiles Processed: ${figures.files}`,
    `\tBytes Loaded: ${sizeText(figures.bytes)}${total === undefined ? '' : ` out of ${sizeText(total)}`}`,
    ...(throughput === undefined ? [] : [`\tThroughput: ${sizeText(throughput)}/s`]),
    `\tBlock load failure rate: ${failurePercentage(figures).toFixed(2)}%`,
    `\tFiles Failed: ${figures.failedFiles}`,
    ...(verbose ? [...progress.failures].map(([path, why]) => `\t\t${path}: ${why}`) : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Without a line end, as Jackson writes it; what is null is left out. */
export function jsonReport(progress: LoadProgress, verbose: boolean): string {
  const { figures, limits, reason, failures } = progress;
  const percentage = failurePercentage(figures);
  const fields: [string, unknown][] = [
    ['mVerbose', verbose],
    ['mJobState', progress.state],
    ['mBandwidth', limits.bandwidth],
    ['mVerificationEnabled', limits.verify],
    ['mProcessedFileCount', figures.files],
    ['mLoadedByteCount', figures.bytes],
    ['mTotalByteCount', totalBytes(progress)],
    ['mThroughput', throughputOf(progress)],
    ['mFailurePercentage', percentage],
    ['mFailureReason', reason === '' ? undefined : { message: reason }],
    ['mFailedFileCount', figures.failedFiles],
    ['mFailedFilesWithReasons', verbose && failures.size > 0 ? Object.fromEntries(failures) : undefined],
  ];
  const text = fields
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      // A double of Java's has a point.
      const shown = name === 'mFailurePercentage' && Number.isInteger(value) ? `${percentage}.0` : JSON.stringify(value);
      return `${JSON.stringify(name)}:${shown}`;
    });
  return `{${text.join(',')}}`;
}

function totalBytes({ partialListing, figures }: LoadProgress): number | undefined {
  return partialListing ? undefined : figures.totalBytes;
}

/** Bytes per second; undefined during the first second. */
function throughputOf({ durationMs, figures }: LoadProgress): number | undefined {
  const seconds = Math.floor(durationMs / 1000);
  return seconds > 0 ? Math.floor(figures.bytes / seconds) : undefined;
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** As Alluxio writes sizes: `4196B`, `29.30KB`, the next unit from five of it on. */
export function sizeText(bytes: number): string {
  let size = bytes;
  for (const unit of UNITS) {
    if (size <= 5 * 1024) return unit === 'B' ? `${size}B` : `${size.toFixed(2)}${unit}`;
    size /= 1024;
  }
  return `${size.toFixed(2)}PB`;
}
