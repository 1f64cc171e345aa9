// All jobs: who submits one, asks for it, changes it or stops it comes here. A start takes up those that had not ended.
import { fail, kindOf, messageOf, randomUuid, sleep, type NormalPath, type Timer } from '@alluvium/base';
import type { FileContext } from '../file/context.js';
import { READ } from '../file/permissions.js';
import { targetOf } from '../file/walk.js';
import type { Gauges } from '../metrics/gauges.js';
import { endEntry, jobEntry, limitsMessage, submittedEntry, type JobLedger, type JobRecord } from './job-ledger.js';
import { JobRun, type JobParts } from './job-run.js';
import type { JobLimits, JobSpec, JobState } from './job-spec.js';
import { findPath } from './walk-files.js';
import { workOf } from './works.js';

export interface JobsOptions {
  /** Jobs that run at a time. */
  readonly running: number;
  /** Jobs that are remembered, running and ended. */
  readonly capacity: number;
  /** How long an ended one is remembered, in milliseconds. */
  readonly retentionMs: number;
}

export interface Submitted {
  readonly record: JobRecord;
  /** The same load ran already, and has new limits. */
  readonly updated: boolean;
}

const SWEEP_MS = 60_000;
/** Jobs that are forgotten in one journal operation. */
const SWEEP_AT_MOST = 1000;
const AGAIN_MS = 1000;
const MAX_AGAIN_MS = 30_000;

export interface SubmitOptions {
  /** It may wait for others to end. */
  readonly queued?: boolean;
  /** Under which the same submission is known again. */
  readonly uuid?: string;
}

export class Jobs {
  readonly #parts: JobParts;
  readonly #options: JobsOptions;
  readonly #runs = new Map<number, JobRun>();
  readonly #ends = new Map<number, Promise<void>>();
  /** Those that wait for others to end. */
  readonly #queue: number[] = [];
  readonly #stop = new AbortController();
  #sweep: Timer | undefined;
  #succeeded = 0;
  #failed = 0;

  constructor(parts: JobParts, options: JobsOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  get c(): FileContext {
    return this.#parts.c;
  }

  get ledger(): JobLedger {
    return this.#parts.ledger;
  }

  start(): void {
    for (const record of this.ledger.all()) if (record.endedMs === undefined) this.#enqueue(record.id);
    this.#scheduleSweep();
  }

  async stop(): Promise<void> {
    const why = fail('unavailable', 'The master stops');
    this.#stop.abort(why);
    this.#sweep?.cancel();
    for (const run of this.#runs.values()) run.stop(why);
    await Promise.all(this.#ends.values());
  }

  /** The job as it runs; undefined when it waits or has ended. */
  runOf(id: number): JobRun | undefined {
    return this.#runs.get(id);
  }

  /** What is known of its state now. */
  stateOf(record: JobRecord): JobState {
    if (record.endedMs !== undefined) return record.state;
    return record.phase === 'verify' || this.runOf(record.id)?.verifying === true ? 'VERIFYING' : 'RUNNING';
  }

  /** The newest job of a kind for a path. */
  find(kind: JobSpec['kind'], path: NormalPath): JobRecord | undefined {
    let found: JobRecord | undefined;
    for (const record of this.ledger.all()) if (record.spec.kind === kind && record.spec.path === path) found = record;
    return found;
  }

  /**
   * Begins a job, or queues it when `queued` and others are running. Throws what its user is told: `resourceExhausted` when there are
   * too many, `notFound` and `permissionDenied` for the path. What was submitted under the `uuid` already is answered, whatever became
   * of it since.
   */
  async submit(spec: JobSpec, limits: JobLimits, { queued = false, uuid }: SubmitOptions = {}): Promise<Submitted> {
    const known = uuid === undefined ? undefined : this.#submitted(uuid, spec.user);
    if (known !== undefined) {
      await this.c.committer.settled();
      return { record: known, updated: false };
    }
    const walk = await findPath(this.c, spec.path, spec.user);
    const inode = targetOf(walk);
    if (inode !== undefined && spec.kind !== 'free' && spec.kind !== 'persist') this.c.permissions.require(spec.user, walk, READ);
    const same = this.#same(spec);
    if (same !== undefined) {
      await this.update(same, limits);
      return { record: same, updated: true };
    }
    this.#requireRoom(queued);
    const { clock, committer, random } = this.c;
    const id = this.ledger.nextId(clock.nowMs());
    const durable = committer.commit([submittedEntry(id, uuid ?? randomUuid(random), spec, limits, clock.nowMs())]);
    const record = this.ledger.get(id)!;
    await durable;
    this.#enqueue(id);
    return { record, updated: false };
  }

  async update(record: JobRecord, limits: JobLimits): Promise<void> {
    if (record.endedMs !== undefined) throw fail('failedPrecondition', `Cannot change the job ${record.id}: it has ended`);
    const same = limits.bandwidth === record.limits.bandwidth && limits.verify === record.limits.verify;
    if (!same) await this.c.committer.commit([jobEntry(record.id, { limits: limitsMessage(limits) })]);
    else await this.c.committer.settled();
  }

  /** False when it had ended. What is half done is undone first. */
  async cancel(record: JobRecord): Promise<boolean> {
    if (record.endedMs !== undefined) return false;
    this.c.committer.requireAccepting();
    const run = this.#runs.get(record.id);
    run?.cancel();
    await this.#ends.get(record.id);
    const now = this.ledger.get(record.id);
    if (now === undefined || now.endedMs !== undefined) return false;
    await this.c.committer.commit([endEntry(record.id, 'STOPPED', '', this.c.clock.nowMs(), run?.figures ?? now.figures)]);
    return true;
  }

  /** Since the start. */
  readonly gauges: Gauges = () => {
    let bytes = 0;
    for (const run of this.#runs.values()) bytes += run.figures.bytes;
    return [
      ['Master.JobCount', this.ledger.size],
      ['Master.JobRunning', this.#runs.size],
      ['Master.JobQueued', this.#queue.length],
      ['Master.JobSucceeded', this.#succeeded],
      ['Master.JobFailed', this.#failed],
      ['Master.JobRunningBytes', bytes],
    ];
  };

  #submitted(uuid: string, user: string): JobRecord | undefined {
    for (const record of this.ledger.all()) if (record.uuid === uuid && record.spec.user === user) return record;
    return undefined;
  }

  /** One that runs for the same path. Two loads of a path would only be in each other's way, two copies would spoil each other. */
  #same({ kind, path, target, user }: JobSpec): JobRecord | undefined {
    for (const record of this.ledger.all()) {
      if (record.endedMs !== undefined || record.spec.kind !== kind || record.spec.path !== path || record.spec.target !== target) continue;
      if (kind === 'load') return record;
      throw fail(
        'alreadyExists',
        `Cannot ${kind} "${path}": job ${record.id}${record.spec.user === user ? '' : ` of ${record.spec.user}`} does that already`,
      );
    }
    return undefined;
  }

  #requireRoom(queued: boolean): void {
    let running = 0;
    for (const record of this.ledger.all()) if (record.endedMs === undefined) running++;
    const { capacity } = this.#options;
    if (!queued && running >= this.#options.running) throw fail('resourceExhausted', 'Too many jobs running, please submit later.');
    if (running >= capacity) throw fail('resourceExhausted', `Job master is at full capacity, of ${capacity} jobs`);
  }

  #enqueue(id: number): void {
    this.#queue.push(id);
    this.#begin();
  }

  #begin(): void {
    while (!this.#stop.signal.aborted && this.#ends.size < this.#options.running && this.#queue.length > 0) {
      const id = this.#queue.shift()!;
      if (this.ledger.get(id)?.endedMs !== undefined) continue;
      const end = this.#drive(id).finally(() => {
        this.#ends.delete(id);
        this.#runs.delete(id);
        this.#begin();
      });
      this.#ends.set(id, end);
    }
  }

  /** Runs a job to its end; while the journal takes nothing it waits and goes on where it stood. Does not reject. */
  async #drive(id: number): Promise<void> {
    const { clock, log, committer } = this.c;
    for (let againMs = AGAIN_MS; !this.#stop.signal.aborted; againMs = Math.min(MAX_AGAIN_MS, againMs * 2)) {
      const record = this.ledger.get(id);
      if (record === undefined || record.endedMs !== undefined) return;
      const run = new JobRun(this.#parts, record, workOf(record.spec.kind));
      this.#runs.set(id, run);
      try {
        await run.run();
        this.#count(id);
        return;
      } catch (error) {
        if (run.cancelled || this.#stop.signal.aborted) return;
        log.warn('job interrupted', { job: String(id), kind: kindOf(error), reason: messageOf(error) });
        if (committer.accepting && (await this.#fail(run, messageOf(error)))) return;
      }
      await sleep(clock, againMs, this.#stop.signal).catch(() => undefined);
    }
  }

  async #fail(run: JobRun, reason: string): Promise<boolean> {
    try {
      await run.end('FAILED', reason);
      this.#count(run.id);
      return true;
    } catch {
      return false;
    }
  }

  #count(id: number): void {
    if (this.ledger.get(id)?.state === 'SUCCEEDED') this.#succeeded++;
    else this.#failed++;
  }

  #scheduleSweep(): void {
    if (this.#stop.signal.aborted) return;
    this.#sweep = this.c.clock.schedule(SWEEP_MS, () => {
      void this.#forgetOld().finally(() => this.#scheduleSweep());
    });
  }

  /** Ended jobs are forgotten when they are old, or when there are more than may be remembered, the oldest first. */
  async #forgetOld(): Promise<void> {
    const { committer, clock, log } = this.c;
    if (!committer.accepting) return;
    const before = clock.nowMs() - this.#options.retentionMs;
    let beyond = this.ledger.size - this.#options.capacity;
    const old: number[] = [];
    for (const { id, endedMs } of this.ledger.all()) {
      if (old.length === SWEEP_AT_MOST) break;
      if (endedMs === undefined || (endedMs > before && beyond <= 0)) continue;
      old.push(id);
      beyond--;
    }
    try {
      if (old.length > 0) await committer.commit(old.map((id) => jobEntry(id, { forgotten: true })));
    } catch (error) {
      log.debug('ended jobs not forgotten', { reason: messageOf(error) });
    }
  }
}
