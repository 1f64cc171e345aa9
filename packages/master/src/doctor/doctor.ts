// Examines the namespace while it is served, and mends it when told to. Nothing is told that only seems to be wrong:
//
//   a step sees it --in one stretch, between two operations of the journal--> it is so
//                 \--an operation of several steps may be under way--> looked at again once all have ended that were under way then
//
// What is mended is looked at again under its lock first, and once more afterwards.
import { ROOT_PATH, fail, kindOf, messageOf, sleep } from '@alluvium/base';
import { Pace } from '../task/pace.js';
import type { Task } from '../task/tasks.js';
import { ALL_KINDS, Examination } from './examination.js';
import { Findings } from './findings.js';
import type { Finding, PatientParts, Suspicion } from './invariant.js';

export interface DoctorOrder {
  readonly repair: boolean;
  /** 0: as fast as serving allows. */
  readonly checksPerSecond: number;
  readonly user: string;
}

/** Findings that a run keeps. */
const MOST_FINDINGS = 10_000;
/** Runs whose findings are remembered. */
const MOST_RUNS = 10;
/** Things that are to be looked at again, before it is waited for what is under way. */
const MOST_PASSING = 1000;
const LOOK_AGAIN_MS = 100;
/** After so long what is still not clear is left to the next run. */
const MAX_PASSING_MS = 10 * 60_000;
/** With a rate, in slices of so many parts of a second. */
const SLICES_PER_SECOND = 20;

const CALLER = { operation: 'doctor', user: '' };

export class Doctor {
  readonly #parts: PatientParts;
  /** By task, the latest last. */
  readonly #runs = new Map<number, Findings>();
  #running: Task | undefined;

  constructor(parts: PatientParts) {
    this.#parts = parts;
  }

  /** Begins a run as a task. Throws `failedPrecondition` while another is under way. */
  start(order: DoctorOrder): { readonly task: Task; readonly result: Promise<Findings> } {
    const { c } = this.#parts;
    if (this.#running !== undefined)
      throw fail('failedPrecondition', `Cannot start: the doctor is at work as task ${this.#running.id}; wait for its end, or cancel it`);
    const findings = new Findings(MOST_FINDINGS);
    const description = { kind: 'doctor', path: ROOT_PATH, user: order.user, dryRun: !order.repair };
    const { task, result } = c.tasks.start(description, async (t) => {
      try {
        await new Run(this.#parts, order, t, findings).run();
        return findings;
      } finally {
        this.#running = undefined;
      }
    });
    // Not so when it has ended before its first wait.
    if (task.state === 'RUNNING') this.#running = task;
    this.#runs.set(task.id, findings);
    for (const old of this.#runs.keys()) {
      if (this.#runs.size <= MOST_RUNS) break;
      this.#runs.delete(old);
    }
    return { task, result };
  }

  /** What a run has found so far; the latest when none is named. Undefined: there was none, or it is forgotten. */
  findings(task: number | undefined): Findings | undefined {
    return task === undefined ? [...this.#runs.values()].at(-1) : this.#runs.get(task);
  }
}

class Run {
  readonly #c: PatientParts['c'];
  readonly #order: DoctorOrder;
  readonly #task: Task;
  readonly #findings: Findings;
  readonly #examination: Examination;
  readonly #pace: Pace;
  readonly #startMs: number;
  #passing: Suspicion[] = [];
  #steps = 0;
  #unclear = 0;

  constructor(parts: PatientParts, order: DoctorOrder, task: Task, findings: Findings) {
    this.#c = parts.c;
    this.#order = order;
    this.#task = task;
    this.#findings = findings;
    this.#examination = new Examination(parts);
    this.#startMs = parts.c.clock.monotonicMs();
    const perSlice = Math.max(1, Math.floor(order.checksPerSecond / SLICES_PER_SECOND));
    this.#pace = order.checksPerSecond > 0 && perSlice < 1000 ? new Pace(parts.c.clock, perSlice) : new Pace(parts.c.clock);
  }

  async run(): Promise<void> {
    await this.#rest();
    this.#task.total = this.#examination.total;
    for (const step of this.#examination.steps()) {
      if (typeof step !== 'number') {
        await this.#suspect(step);
        continue;
      }
      this.#task.done += step;
      this.#steps++;
      if (this.#pace.spent()) await this.#rest();
    }
    await this.#lookAgain();
    this.#task.total = this.#task.done;
    this.#tell();
  }

  async #rest(): Promise<void> {
    this.#tell();
    await this.#pace.rest();
    const { checksPerSecond } = this.#order;
    const { clock } = this.#c;
    const aheadMs = checksPerSecond > 0 ? this.#startMs + (this.#steps * 1000) / checksPerSecond - clock.monotonicMs() : 0;
    if (aheadMs > 0) await sleep(clock, aheadMs, this.#task.signal);
    this.#examination.turns++;
    this.#task.requireGoing();
  }

  #tell(): void {
    const { figures } = this.#task;
    for (const kind of ALL_KINDS) {
      figures.set(`${kind} checked`, this.#examination.checked.get(kind)!);
      figures.set(`${kind} found`, this.#findings.found(kind));
      figures.set(`${kind} repaired`, this.#findings.repaired(kind));
    }
    figures.set('unclear', this.#unclear);
  }

  async #suspect(suspicion: Suspicion): Promise<void> {
    if (suspicion.passing) {
      this.#passing.push(suspicion);
      if (this.#passing.length >= MOST_PASSING) await this.#lookAgain();
    } else if (suspicion.lookSlowly !== undefined) {
      await this.#lookSlowly(suspicion, suspicion.lookSlowly);
    } else {
      await this.#confirmed(suspicion, suspicion.detail);
    }
  }

  async #lookSlowly(suspicion: Suspicion, look: NonNullable<Suspicion['lookSlowly']>): Promise<void> {
    const { path } = suspicion.about;
    this.#examination.turns++;
    if (path === undefined) return this.#confirmed(suspicion, suspicion.detail);
    let detail: string | undefined;
    try {
      detail = await this.#c.locks.hold([{ path, mode: 'WRITE_INODE' }], () => look(this.#pace), CALLER);
    } catch (error) {
      // Others hold the path for longer than a lock is waited for.
      if (kindOf(error) !== 'unavailable') throw error;
      this.#unclear++;
    }
    if (detail !== undefined) await this.#confirmed(suspicion, detail);
  }

  /** What seemed to be wrong is so if it still is when all have ended that were under way. */
  async #lookAgain(): Promise<void> {
    if (this.#passing.length === 0) return;
    const again = this.#passing;
    this.#passing = [];
    this.#examination.turns++;
    const { clock, committer, locks } = this.#c;
    const haveEnded = locks.presentOnes();
    const untilMs = clock.monotonicMs() + MAX_PASSING_MS;
    await committer.settled();
    do await sleep(clock, LOOK_AGAIN_MS, this.#task.signal);
    while (!haveEnded() && clock.monotonicMs() < untilMs);
    if (!haveEnded()) return void (this.#unclear += again.length);
    for (const suspicion of again) {
      const detail = suspicion.look();
      if (detail !== undefined) await this.#confirmed(suspicion, detail);
      if (this.#pace.spent()) await this.#rest();
    }
  }

  async #confirmed(suspicion: Suspicion, detail: string): Promise<void> {
    const { kind, about, remedy, mend } = suspicion;
    const finding: Finding = { kind, about, detail, remedy, repaired: false };
    if (!this.#order.repair || mend === undefined) return this.#findings.add(finding);
    this.#examination.turns++;
    try {
      const repaired = await this.#mend(suspicion, mend);
      if (repaired !== undefined) this.#findings.add({ ...finding, repaired });
    } catch (error) {
      this.#task.noteError(`${kind} of ${about.subject} is not repaired: ${messageOf(error)}`);
      this.#findings.add({ ...finding, detail: `${detail}; not repaired: ${messageOf(error)}` });
    }
  }

  /** Undefined: it was mended meanwhile. */
  async #mend({ about, look }: Suspicion, mend: NonNullable<Suspicion['mend']>): Promise<boolean | undefined> {
    const work = async (): Promise<boolean | undefined> => {
      if (look() === undefined) return undefined;
      await mend();
      return look() === undefined;
    };
    if (about.path === undefined) return work();
    return this.#c.locks.hold([{ path: about.path, mode: 'WRITE_EDGE' }], work, CALLER);
  }
}
