// Jobs in the directory of one program: loads, copies and moves, during which masters and workers die as they please. Whatever comes
// of a job, each file is where it was, or where it was to go, and whole.
import { sleep } from '@alluvium/base';
import type { JobKind, JobReport, WriteType } from '@alluvium/client';
import type { ModelFile, SeededRandom } from '@alluvium/testkit';
import { INCOMPLETE, type Seen } from './model-view.js';
import type { OwnSubtree } from './own-subtree.js';
import { violated, type Excuses } from './world.js';

const KINDS: readonly JobKind[] = ['LOAD', 'COPY', 'COPY', 'MOVE', 'MOVE'];
const WRITE_TYPES: readonly WriteType[] = ['MUST_CACHE', 'CACHE_THROUGH', 'THROUGH', 'ASYNC_THROUGH'];
const ENDS_WITHIN_MS = 12 * 3_600_000;
/** A job that gets nowhere, because servers die all the time, is called off. */
const PATIENCE_MS = 900_000;
const LOOK_MS = 5000;

export class JobJourneys {
  readonly #subtree: OwnSubtree;
  readonly #excuses: Excuses;
  readonly #random: SeededRandom;
  #count = 0;

  constructor(subtree: OwnSubtree, excuses: Excuses, random: SeededRandom) {
    this.#subtree = subtree;
    this.#excuses = excuses;
    this.#random = random;
  }

  async step(): Promise<void> {
    const { model, operations, program, root } = this.#subtree;
    const path = operations.somePath(1);
    if (model.get(path) === undefined) return;
    const kind = this.#random.pick(KINDS);
    const writeType = this.#random.pick(WRITE_TYPES);
    const target = kind === 'LOAD' ? undefined : `${root}/job${++this.#count}`;
    const beganMs = program.cluster.clock.monotonicMs();
    const failures = program.cluster.failures;
    const job = await this.#run(kind, path, target, writeType);
    if (job.state === 'FAILED') {
      const excused = program.cluster.failures > failures || this.#excuses.disturbed() || this.#excuses.lastCacheLossMs > 0;
      if (!excused) violated(`the ${kind} of ${path} failed: ${job.reason}`);
    }
    if (target === undefined) return this.#subtree.compare();
    await this.#settle(job, path, target, writeType, beganMs);
  }

  /** Submits the job and waits for its end. A submission without an answer is looked for: the target is nobody else's. */
  async #run(kind: JobKind, path: string, target: string | undefined, writeType: WriteType): Promise<JobReport> {
    const { program } = this.#subtree;
    const { clock } = program.cluster;
    const beganMs = clock.monotonicMs();
    const untilMs = beganMs + ENDS_WITHIN_MS;
    const what = `${kind} of ${path}${target === undefined ? '' : ` to ${target} ${writeType}`}`;
    const request = { kind, path, verify: kind === 'LOAD', ...(target === undefined ? {} : { target, writeType }) };
    for (let jobId: bigint | undefined; ;) {
      if (clock.monotonicMs() > untilMs) violated(`the ${what} does not end`);
      if (jobId === undefined) {
        const outcome = await program.attempt(`submit ${what}`, (fs) => fs.admin.jobs.submit(request));
        if ('value' in outcome) jobId = outcome.value.jobId;
        else {
          await program.quiet();
          const jobs = await program.ask('list jobs', (fs) => fs.admin.jobs.list({ ended: true, kind }));
          jobId = jobs!.find((job) => target !== undefined && job.target === target)?.jobId;
        }
        continue;
      }
      const id = jobId;
      const details = await program.ask(`job ${id}`, (fs) => fs.admin.jobs.get(id));
      if (!['RUNNING', 'VERIFYING'].includes(details!.job.state)) return details!.job;
      if (clock.monotonicMs() - beganMs > PATIENCE_MS) await program.ask(`call off job ${id}`, (fs) => fs.admin.jobs.cancel(id));
      await sleep(clock, LOOK_MS);
    }
  }

  /** Holds what is there against what the job may have done, and takes it over. */
  async #settle(job: JobReport, path: string, target: string, writeType: WriteType, beganMs: number): Promise<void> {
    const { model, program } = this.#subtree;
    const seen = await this.#subtree.list();
    const entries = [...model.below(path), [path, model.get(path)!] as const];
    for (const [at, entry] of entries) {
      const to = `${target}${at.slice(path.length)}`;
      const source = seen.get(at);
      const copy = seen.get(to);
      if (entry.kind === 'file') await this.#file(job, at, entry, source, to, copy, writeType, beganMs);
      else if (copy !== undefined) this.#subtree.copied(to, copy, undefined, writeType, beganMs);
      if (source !== undefined) continue;
      if (job.kind === 'COPY') violated(`a copy has removed ${at}`);
      this.#subtree.gone(at);
    }
    for (const [to, copy] of seen)
      if ((to === target || to.startsWith(`${target}/`)) && model.get(to) === undefined)
        violated(`${to} (${copy.length} bytes) was copied from nothing`);
    program.cluster.trace.add(`settled job ${job.jobId}: ${job.state}`);
    await this.#subtree.compare();
    for (const [at] of entries) {
      const to = `${target}${at.slice(path.length)}`;
      if (model.get(to)?.kind === 'file' && seen.get(to)?.completed === true) await this.#subtree.read(to);
    }
  }

  async #file(
    job: JobReport,
    at: string,
    entry: ModelFile,
    source: Seen | undefined,
    to: string,
    copy: Seen | undefined,
    writeType: WriteType,
    beganMs: number,
  ): Promise<void> {
    const whole = copy !== undefined && copy.completed && copy.length === entry.bytes.length;
    if (source === undefined && !whole) violated(`${at} was moved away, and ${to} is ${copy === undefined ? 'not there' : 'not whole'}`);
    if (job.state === 'SUCCEEDED' && !whole) violated(`the ${job.kind} succeeded, and ${to} is not whole`);
    if (job.state === 'SUCCEEDED' && job.kind === 'MOVE' && source !== undefined) violated(`${at} was moved and is still there`);
    if (copy === undefined) return;
    // What was on its way to its store when the job was called off may be in a cache only.
    const written = job.state === 'SUCCEEDED' ? writeType : 'ASYNC_THROUGH';
    // A buffer of its own: it was written in another way than the source.
    this.#subtree.copied(to, copy, whole ? Buffer.from(entry.bytes) : INCOMPLETE, written, beganMs);
  }
}
