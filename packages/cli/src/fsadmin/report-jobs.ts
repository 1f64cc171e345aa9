import type { JobReport, JobState } from '@alluvium/client';
import { bytesOf, isOver, whatOf } from '../job/describe-job.js';
import { formatTable } from '../output/table.js';
import { formatTime } from '../output/time.js';
import type { Session } from '../session.js';

const STATES: readonly JobState[] = ['RUNNING', 'VERIFYING', 'STOPPED', 'FAILED', 'SUCCEEDED'];
/** In each of the lists. */
const LISTED = 10;

/** How many jobs are in each state, those that run, and those that failed of late. */
export async function reportJobs(session: Session): Promise<void> {
  const { admin } = await session.fileSystem();
  const jobs = await admin.jobs.list({ ended: true, signal: session.signal });
  const count = (state: JobState): number => jobs.filter((job) => job.state === state).length;
  if (session.json) return session.printJson({ counts: Object.fromEntries(STATES.map((state) => [state, count(state)])), jobs });
  for (const state of STATES) await session.print(`Status: ${state.padEnd(10)}Count: ${count(state)}`);
  await list(
    session,
    'Running jobs',
    jobs.filter((job) => !isOver(job)),
  );
  await list(
    session,
    'Jobs that failed of late',
    jobs.filter(({ state }) => state === 'FAILED'),
  );
}

async function list(session: Session, title: string, jobs: readonly JobReport[]): Promise<void> {
  if (jobs.length === 0) return;
  const rows = jobs
    .slice(0, LISTED)
    .map((job) => [String(job.jobId), job.state, bytesOf(job), formatTime(job.submittedMs), whatOf(job), job.reason ?? '']);
  for (const line of ['', `${title}:`, ...formatTable([['Id', 'State', 'Done', 'Submitted', 'What', 'Why'], ...rows])])
    await session.print(line);
}
