import { sleep } from '@alluvium/base';
import type { FileSystem, JobDetails, JobReport } from '@alluvium/client';
import { EXIT, ExitStatus } from '../exit-code.js';
import { formatSize } from '../output/size.js';
import type { Session } from '../session.js';
import { bytesOf, filesOf, isOver, progressText, whatOf } from './describe-job.js';
import { LiveView } from './live-view.js';

const FIRST_POLL_MS = 50;
const MAX_POLL_MS = 500;
/** Where no person watches, a line says so often how far it is. */
const LINE_MS = 10_000;

/**
 * Shows how far a job is until it has ended: a live view on a terminal, else a line now and then, on stderr. Who ends the command
 * leaves the job running, and is told so.
 */
export async function followJob(session: Session, fileSystem: FileSystem, jobId: bigint): Promise<JobDetails> {
  const { stderr, clock } = session.context;
  const view = stderr.isTTY ? new LiveView(stderr) : undefined;
  const rate = new Rate();
  let lineMs = clock.monotonicMs();
  const show = async (job: JobReport): Promise<void> => {
    const now = clock.monotonicMs();
    const bytesPerSecond = rate.at(now, Number(job.bytes));
    if (view !== undefined) return view.show(job, bytesPerSecond);
    if (now - lineMs < LINE_MS) return;
    lineMs = now;
    await stderr.write(`${progressText(job, bytesPerSecond)}\n`);
  };
  const follow = async (): Promise<JobDetails> => {
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(MAX_POLL_MS, pollMs * 2)) {
      const details = await fileSystem.admin.jobs.get(jobId, { signal: session.signal });
      if (isOver(details.job)) return details;
      await show(details.job);
      await sleep(clock, pollMs, session.signal);
    }
  };
  try {
    return view === undefined ? await follow() : await session.withProgress(view, follow);
  } catch (error) {
    if (session.signal.aborted)
      await stderr.write(`\nThe job goes on. alluvium job stat --follow ${jobId} shows it, alluvium job cancel ${jobId} ends it.\n`);
    throw error;
  }
}

/** Follows a job to its end and says what came of it; one that failed fails the command. */
export async function followToEnd(session: Session, fileSystem: FileSystem, jobId: bigint): Promise<void> {
  const details = await followJob(session, fileSystem, jobId);
  if (session.json) await session.printJson(details);
  else await printEnd(session, details);
  if (details.job.state === 'SUCCEEDED') return;
  await session.flush();
  throw new ExitStatus(EXIT.failure);
}

async function printEnd(session: Session, { job, failures }: JobDetails): Promise<void> {
  await session.print(`${job.state}: ${whatOf(job)}: ${bytesOf(job)}, ${filesOf(job)}, ${formatSize(job.bytesPerSecond)}/s`);
  if (job.reason !== undefined) await session.print(`  ${job.reason}`);
  for (const { path, reason } of failures) await session.print(`  ${path}: ${reason}`);
  const more = job.failedFiles - BigInt(failures.length);
  if (more > 0n) await session.print(`  and ${more} more`);
}

/** Bytes a second, of late rather than from the beginning on. */
class Rate {
  #atMs: number | undefined;
  #bytes = 0;
  #rate = 0;

  at(nowMs: number, bytes: number): number {
    if (this.#atMs !== undefined && nowMs > this.#atMs) {
      const now = Math.max(0, ((bytes - this.#bytes) * 1000) / (nowMs - this.#atMs));
      this.#rate = this.#rate === 0 ? now : this.#rate * 0.8 + now * 0.2;
    }
    this.#atMs = nowMs;
    this.#bytes = bytes;
    return this.#rate;
  }
}
