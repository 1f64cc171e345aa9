// Keeps the number and the place of copies as files want them. What is looked at is told by events: a copy that came or went, a file that
// changed, a worker that came or went; a slow pass over all files that want something finds what no event told of.
import { fileIdOfBlock, messageOf, sleep, type BlockId, type Clock, type InodeId, type Timer, type WorkerId } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import type { WorkerListener } from '../block/worker-listener.js';
import { DueHeap } from '../due-heap.js';
import type { FileContext } from '../file/context.js';
import { Pace } from '../task/pace.js';
import type { BlockCopies } from './block-copies.js';
import { demandOf, isDemanding } from './demand.js';
import { isLost, mayNeedWork, planBlock, type Candidate, type Step } from './plan-block.js';
import { RepairEntry } from './repair-entry.js';

export interface ReplicatorPeriods {
  /** Between two passes over all files. */
  readonly intervalMs: number;
  /** How long a copy that is gone may come back before it is made up for. */
  readonly settleMs: number;
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
}

interface Dependencies {
  readonly c: FileContext;
  readonly copies: BlockCopies;
  /** Whether the workers have had their time to come back after the start. */
  readonly hasSettled: () => boolean;
  readonly periods: ReplicatorPeriods;
}

/** What the last whole pass found. */
export interface PassFigures {
  /** Files for which there was something to do. */
  readonly toDo: number;
  /** Copies that no worker can take: too few workers, too small, or none with the medium. */
  readonly lacking: number;
  /** Files that are in no store and have a block without a copy. */
  readonly lost: number;
  readonly looked: number;
  readonly endedMs: number;
}

/** Files in the queue; more are found by the pass that follows. */
const MAX_QUEUED = 100_000;
/** Files worked on at a time; how many orders that makes is bounded by the room at the workers. */
const MAX_SERVED = 32;
const FEW_BLOCKS = 16;
const TICK_MS = 1000;
const MAX_ERROR_CHARS = 300;

export class Replicator implements WorkerListener {
  /** Attempts that failed since the start. */
  failed = 0;
  readonly #d: Dependencies;
  readonly #clock: Clock;
  readonly #entries = new Map<InodeId, RepairEntry>();
  readonly #due = new DueHeap<RepairEntry>();
  readonly #stop = new AbortController();
  #served = 0;
  #timer: Timer | undefined;
  #passing = false;
  #passDueMs = Infinity;
  #lastPass: PassFigures | undefined;

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
    this.#clock = dependencies.c.clock;
  }

  start(): void {
    this.#passDueMs = this.#clock.monotonicMs();
    this.#tick();
  }

  stop(): void {
    this.#stop.abort();
    this.#timer?.cancel();
  }

  /** In the order in which they came. */
  entries(): IterableIterator<RepairEntry> {
    return this.#entries.values();
  }

  get size(): number {
    return this.#entries.size;
  }

  get lastPass(): PassFigures | undefined {
    return this.#lastPass;
  }

  /** A file is another one than before, or gone; looks at it as soon as there is room for it, when it wants something. */
  changed(file: InodeId, inode: FileInode | undefined): void {
    if (inode === undefined || !this.#mayNeedWork(inode)) return;
    this.#want(file, 0, true);
    this.#pump();
  }

  /** Looks at all files soon. */
  wantPass(): void {
    this.#passDueMs = Math.min(this.#passDueMs, this.#clock.monotonicMs() + this.#d.periods.settleMs);
  }

  located(id: BlockId): void {
    const file = this.#demanding(id);
    if (file === undefined) return;
    const { max, media } = demandOf(file);
    if (media.length > 0 || this.#d.c.blocks.locations(id).length > max) this.#want(file.id, this.#d.periods.settleMs, false);
  }

  gone(id: BlockId): void {
    const file = this.#demanding(id);
    if (file !== undefined && this.#d.c.blocks.locations(id).length < demandOf(file).min)
      this.#want(file.id, this.#d.periods.settleMs, false);
  }

  registered(): void {
    this.wantPass();
    this.#d.copies.room.wake();
  }

  lost(): void {
    this.wantPass();
    this.#d.copies.room.wake();
  }

  returned(): void {
    this.wantPass();
  }

  /** Quickly: of a large file it is not known before somebody looks. */
  #mayNeedWork(file: FileInode): boolean {
    if (!file.completed || !isDemanding(file)) return false;
    if (file.blocks.length > FEW_BLOCKS) return true;
    const demand = demandOf(file);
    return file.blocks.some((id) => mayNeedWork(demand, this.#d.copies.facts(file, id)));
  }

  #demanding(id: BlockId): FileInode | undefined {
    const file = fileIdOfBlock(id);
    const { tree } = this.#d.c;
    const inode = tree.demanding.has(file) ? tree.get(file) : undefined;
    return inode?.kind === 'file' && inode.completed ? inode : undefined;
  }

  /** `anew`: what failed before does not count any more. */
  #want(file: InodeId, delayMs: number, anew: boolean): void {
    const now = this.#clock.monotonicMs();
    let entry = this.#entries.get(file);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_QUEUED) return this.wantPass();
      entry = new RepairEntry(file, this.#clock.nowMs(), now + delayMs);
      this.#entries.set(file, entry);
      this.#due.add(entry);
      return;
    }
    if (entry.isServed) {
      entry.again = true;
      return;
    }
    // A time that was set by a failure is not brought forward by what follows from it.
    if (!anew && entry.attempts > 0) return;
    if (anew) entry.attempts = 0;
    if (now + delayMs < entry.dueMs) this.#reschedule(entry, now + delayMs);
  }

  #reschedule(entry: RepairEntry, dueMs: number): void {
    this.#due.remove(entry);
    entry.dueMs = dueMs;
    this.#due.add(entry);
  }

  #tick(): void {
    const now = this.#clock.monotonicMs();
    if (now >= this.#passDueMs && !this.#passing && this.#mayWork()) void this.#pass();
    this.#pump();
    const nextMs = Math.min(TICK_MS, this.#d.periods.intervalMs, Math.max(1, this.#d.periods.settleMs));
    this.#timer = this.#clock.schedule(nextMs, () => this.#tick());
  }

  #mayWork(): boolean {
    return !this.#stop.signal.aborted && this.#d.hasSettled() && this.#d.copies.anyCandidate;
  }

  #pump(): void {
    if (this.#due.size === 0 || this.#served >= MAX_SERVED || !this.#mayWork()) return;
    const now = this.#clock.monotonicMs();
    for (let next = this.#due.first(); next !== undefined && next.dueMs <= now && this.#served < MAX_SERVED; next = this.#due.first()) {
      this.#due.remove(next);
      void this.#serve(next);
    }
  }

  async #serve(entry: RepairEntry): Promise<void> {
    this.#served++;
    entry.isServed = true;
    entry.again = false;
    const failure = await this.#repair(entry).catch((error: unknown) => messageOf(error));
    this.#served--;
    entry.isServed = false;
    if (this.#stop.signal.aborted) return;
    const now = this.#clock.monotonicMs();
    if (failure !== undefined) {
      const { firstRetryMs, maxRetryMs } = this.#d.periods;
      entry.failed(failure.slice(0, MAX_ERROR_CHARS));
      this.failed++;
      this.#reschedule(entry, now + Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(entry.attempts - 1, 30)));
      this.#d.c.log.debug('copies not as wanted', { file: entry.file.toString(), attempts: entry.attempts, reason: entry.lastError });
    } else if (entry.again) this.#reschedule(entry, now);
    else this.#entries.delete(entry.file);
    // Not within the call that ended it: a long line of files with nothing to do would grow the stack.
    await sleep(this.#clock, 0);
    this.#pump();
  }

  /** Every block of the file as it should be, as far as that can be done now; answers what went wrong first. */
  async #repair(entry: RepairEntry): Promise<string | undefined> {
    const pace = new Pace(this.#clock);
    const running = new Set<Promise<void>>();
    let failure: string | undefined;
    const begin = (file: FileInode, id: BlockId, step: Step): void => {
      const work = this.#d.copies.take(file, id, step).catch((error: unknown) => {
        failure ??= messageOf(error);
        if (step.kind !== 'free') entry.avoid = step.kind === 'copy' ? step.to : step.at;
      });
      running.add(work);
      void work.then(() => running.delete(work));
    };
    for (let index = 0; ; index++) {
      const more = await this.#repairBlock(entry, index, begin);
      if (!more || this.#stop.signal.aborted) break;
      if (pace.spent()) await pace.rest();
    }
    await Promise.all(running);
    return failure;
  }

  /** Begins what is to be done for one block, waiting for room where there is none; false after the last block. */
  async #repairBlock(entry: RepairEntry, index: number, begin: (file: FileInode, id: BlockId, step: Step) => void): Promise<boolean> {
    const { c, copies } = this.#d;
    for (;;) {
      // Each time anew: what was true before a wait may have changed.
      const file = c.tree.get(entry.file);
      if (file?.kind !== 'file' || !file.completed || !isDemanding(file)) return false;
      const id = file.blocks[index];
      if (id === undefined) return false;
      const demand = demandOf(file);
      const facts = copies.facts(file, id);
      if (!mayNeedWork(demand, facts)) return true;
      const candidates = lastOf(copies.candidates(), entry.avoid);
      const { steps } = planBlock(demand, facts, candidates);
      let waits = false;
      for (const step of steps) {
        if (step.kind === 'free' || copies.room.has(step.kind === 'copy' ? step.to : step.at)) begin(file, id, step);
        else waits = true;
      }
      if (!waits || this.#stop.signal.aborted) return true;
      await copies.room.changed;
    }
  }

  /** Finds the files for which there is something to do, and puts them in the queue as fast as it empties. */
  async #pass(): Promise<void> {
    this.#passing = true;
    this.#passDueMs = this.#clock.monotonicMs() + this.#d.periods.intervalMs;
    const figures = { toDo: 0, lacking: 0, lost: 0, looked: 0 };
    const { c, copies } = this.#d;
    const pace = new Pace(c.clock);
    try {
      let candidates = copies.candidates();
      for (const id of c.tree.demanding.values()) {
        const inode = c.tree.get(id);
        if (inode?.kind === 'file' && inode.completed && this.#look(inode, candidates, figures)) this.#want(id, 0, false);
        const blocks = inode?.kind === 'file' ? inode.blocks.length : 0;
        if (!pace.spent(1 + blocks)) continue;
        await pace.rest();
        this.#pump();
        while (this.#entries.size >= MAX_QUEUED && !this.#stop.signal.aborted) await sleep(c.clock, TICK_MS, this.#stop.signal);
        if (this.#stop.signal.aborted) return;
        candidates = copies.candidates();
      }
      this.#lastPass = { ...figures, endedMs: this.#clock.nowMs() };
    } catch (error) {
      if (!this.#stop.signal.aborted) c.log.warn('the look at all copies broke off', { reason: messageOf(error) });
    } finally {
      this.#passing = false;
      this.#pump();
    }
  }

  /** Whether there is something that can be done. */
  #look(
    file: FileInode,
    candidates: readonly Candidate[],
    figures: { toDo: number; lacking: number; lost: number; looked: number },
  ): boolean {
    figures.looked++;
    const demand = demandOf(file);
    let isLostFile = false;
    let toDo = false;
    for (const id of file.blocks) {
      const facts = this.#d.copies.facts(file, id);
      if (isLost(demand, facts)) isLostFile = true;
      else if (mayNeedWork(demand, facts)) {
        const { steps, lacking } = planBlock(demand, facts, candidates);
        figures.lacking += lacking;
        toDo ||= steps.length > 0;
      }
    }
    if (isLostFile) figures.lost++;
    if (toDo) figures.toDo++;
    return toDo;
  }
}

/** A worker that failed is asked again only where no other can do it. */
function lastOf(candidates: readonly Candidate[], avoid: WorkerId | undefined): readonly Candidate[] {
  if (avoid === undefined) return candidates;
  return candidates.map((candidate) => (candidate.worker === avoid ? { ...candidate, isBusy: true, freeBytes: -1 } : candidate));
}
