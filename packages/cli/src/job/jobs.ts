// The commands about jobs that there are.
import type { JobDetails, JobKind, JobReport } from '@alluvium/client';
import { UsageError } from '../exit-code.js';
import { formatSize } from '../output/size.js';
import { formatTable } from '../output/table.js';
import { formatAge, formatTime } from '../output/time.js';
import type { Session } from '../session.js';
import { bytesOf, filesOf, isOver, whatOf } from './describe-job.js';
import { followToEnd } from './follow-job.js';

export interface ListOptions {
  readonly all?: boolean;
  readonly kind?: string;
}

export async function list(session: Session, _args: readonly [], options: ListOptions): Promise<void> {
  const { admin } = await session.fileSystem();
  const kind = options.kind === undefined ? {} : { kind: options.kind.toUpperCase() as JobKind };
  const jobs = await admin.jobs.list({ ended: options.all === true, ...kind, signal: session.signal });
  if (session.json) return session.printJson(jobs);
  const rows = jobs.map((job) => [
    String(job.jobId),
    job.state,
    bytesOf(job),
    filesOf(job),
    job.user,
    formatTime(job.submittedMs),
    whatOf(job),
  ]);
  for (const line of formatTable([['Id', 'State', 'Done', 'Files', 'User', 'Submitted', 'What'], ...rows])) await session.print(line);
}

export async function stat(session: Session, [jobId]: readonly [bigint], options: { readonly follow?: boolean }): Promise<void> {
  const fileSystem = await session.fileSystem();
  if (options.follow === true) return followToEnd(session, fileSystem, jobId);
  const details = await fileSystem.admin.jobs.get(jobId, { signal: session.signal });
  if (session.json) return session.printJson(details);
  for (const line of describe(details, BigInt(Math.floor(session.context.clock.nowMs())))) await session.print(line);
}

export async function cancel(session: Session, [jobId]: readonly [bigint]): Promise<void> {
  const { admin } = await session.fileSystem();
  const cancelled = await admin.jobs.cancel(jobId, { signal: session.signal });
  if (session.json) return session.printJson({ jobId, cancelled });
  await session.print(cancelled ? `Job ${jobId} is stopped; what it has done stays done` : `Job ${jobId} had ended already`);
}

export interface UpdateOptions {
  readonly bandwidth?: number;
  readonly limit?: boolean;
  readonly verify?: boolean;
}

export async function update(session: Session, [jobId]: readonly [bigint], options: UpdateOptions): Promise<void> {
  const bandwidth = options.limit === false ? 0 : options.bandwidth;
  if (bandwidth === undefined && options.verify === undefined) throw new UsageError('--bandwidth, --no-limit or --verify is wanted');
  const { admin } = await session.fileSystem();
  await admin.jobs.update(jobId, {
    ...(bandwidth === undefined ? {} : { bandwidth }),
    ...(options.verify === undefined ? {} : { verify: options.verify }),
    signal: session.signal,
  });
  await session.print(`Job ${jobId} has the new limits`);
}

function describe({ job, failures }: JobDetails, nowMs: bigint): string[] {
  const lines: [string, string | undefined][] = [
    ['what', whatOf(job)],
    ['user', job.user],
    ['state', job.state],
    ['reason', job.reason],
    ['submitted', formatTime(job.submittedMs)],
    ['ended', job.endedMs === undefined ? undefined : formatTime(job.endedMs)],
    ['took', isOver(job) ? formatAge((job.endedMs ?? nowMs) - job.submittedMs) : undefined],
    ['age', isOver(job) ? undefined : formatAge(nowMs - job.submittedMs)],
    ['bandwidth', job.bandwidth === undefined ? 'no limit' : `${formatSize(job.bandwidth)}/s`],
    ['verify', job.verify ? 'yes' : 'no'],
    ['files', filesOf(job)],
    ['bytes', bytesOf(job)],
    ['throughput', `${formatSize(job.bytesPerSecond)}/s`],
    ['failed attempts', job.failures === 0n ? undefined : String(job.failures)],
    ['under way', isOver(job) ? undefined : filesUnderWay(job)],
    ['now at', job.currentPath],
  ];
  const told = lines.filter(([, value]) => value !== undefined && value !== '').map(([name, value]) => `  ${name}: ${value!}`);
  return [`Job ${job.jobId}`, ...told, ...failures.map(({ path, reason }) => `  failed: ${path}: ${reason}`)];
}

function filesUnderWay({ running }: JobReport): string {
  return `${running} ${running === 1 ? 'file' : 'files'}`;
}
