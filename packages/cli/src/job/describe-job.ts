// A job in words.
import type { JobReport } from '@alluvium/client';
import { formatSize } from '../output/size.js';
import { formatRemaining } from '../output/time.js';

export function isOver({ state }: JobReport): boolean {
  return state !== 'RUNNING' && state !== 'VERIFYING';
}

/** `load of /data`, `copy of /a to /b` */
export function whatOf({ kind, path, target }: JobReport): string {
  return `${kind.toLowerCase()} of ${path}${target === undefined ? '' : ` to ${target}`}`;
}

/** `1.2GB of 2.0GB` */
export function bytesOf({ bytes, totalBytes, walked }: JobReport): string {
  return `${formatSize(bytes)} of ${formatSize(totalBytes)}${walked ? '' : ' so far'}`;
}

export function filesOf({ files, failedFiles }: JobReport): string {
  const failed = failedFiles === 0n ? '' : `, ${failedFiles} failed`;
  return `${files} ${files === 1n ? 'file' : 'files'}${failed}`;
}

/** What is left of the time, in milliseconds; undefined while the whole is not known. */
export function remainingMs({ walked, totalBytes, bytes }: JobReport, bytesPerSecond: number): number | undefined {
  if (!walked || bytesPerSecond <= 0) return undefined;
  return (Number(totalBytes - bytes) / bytesPerSecond) * 1000;
}

/** One line that says how far a job is. */
export function progressText(job: JobReport, bytesPerSecond: number): string {
  const parts = [bytesOf(job), filesOf(job), `${formatSize(Math.round(bytesPerSecond))}/s`];
  const left = remainingMs(job, bytesPerSecond);
  if (left !== undefined) parts.push(`${formatRemaining(left)} left`);
  return `${job.state === 'VERIFYING' ? 'verifying: ' : ''}${parts.join(', ')}`;
}
