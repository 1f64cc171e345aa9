// Operations on a subtree of any size: setAttribute, setAcl, free, remove, unmount. They hold the event loop for a slice at a time,
// journal in batches, wait for the journal before they go on, and are a task as soon as they take more than one slice.
//
// The RPC that asked for it may be gone meanwhile: as in Alluxio the work goes on. Who wants it to stop cancels the task; what was
// done by then is journaled and stays, and the error says how much that is.
import { fail, kindOf, messageOf, type BlockId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import { Pace } from '../../task/pace.js';
import type { Task, TaskDescription } from '../../task/tasks.js';
import type { FileContext } from '../context.js';

/**
 * Runs `work` while nobody else changes anything at or below the path, and commits what it has planned, also when it throws.
 * Throws `cancelled` when its task was cancelled.
 *
 *   workBelow(c, { kind: 'setAttribute', path, user }, async (work) => {
 *     for (const [at, atPath] of c.tree.within(inode, path)) {
 *       work.plan.push(...);
 *       if (work.did(atPath)) await work.rest();
 *     }
 *   });
 */
export function workBelow<T>(c: FileContext, description: TaskDescription, work: (work: SubtreeWork) => Promise<T>): Promise<T> {
  return c.locks.hold([{ path: description.path, mode: 'WRITE_EDGE' }], () => workInSlices(c, description, work));
}

/** Like {@link workBelow} for who holds the claims that the work needs. */
export async function workInSlices<T>(c: FileContext, description: TaskDescription, work: (work: SubtreeWork) => Promise<T>): Promise<T> {
  const slices = new SubtreeWork(c, description);
  try {
    const answer = await work(slices);
    await slices.commit();
    slices.ended(undefined);
    return answer;
  } catch (error) {
    const failed = slices.isCancelled(error) ? cancelled(error, slices.done) : error;
    // When the journal refuses that too, it is the first error that counts.
    await slices.commit().catch(() => undefined);
    slices.ended(failed);
    throw failed;
  }
}

function cancelled(error: unknown, done: number): Error {
  return fail('cancelled', `${messageOf(error)}: ${done} inodes were done by then and stay so`, error);
}

/** One such operation, seen from the code that goes through the inodes. */
export class SubtreeWork {
  readonly #c: FileContext;
  readonly #description: TaskDescription;
  readonly #pace: Pace;
  #plan: JournalEntry[] = [];
  #freed: BlockId[] = [];
  #done = 0;
  #at: NormalPath;
  #task: Task | undefined;
  readonly #end = Promise.withResolvers<void>();

  constructor(c: FileContext, description: TaskDescription) {
    this.#c = c;
    this.#description = description;
    this.#at = description.path;
    this.#pace = new Pace(c.clock, c.options.recursiveBatch);
  }

  /** Takes the entries for what was done: all of one inode before the next {@link did}. Another array after each commit. */
  get plan(): JournalEntry[] {
    return this.#plan;
  }

  /** Takes blocks whose copies the workers are to drop once the plan is durable. Another array after each commit. */
  get freed(): BlockId[] {
    return this.#freed;
  }

  /** Inodes done. */
  get done(): number {
    return this.#done;
  }

  /** The task, when there is one already. */
  get task(): Task | undefined {
    return this.#task;
  }

  /** One inode is done. When it answers true, {@link rest} has to be awaited before the next. */
  did(path: NormalPath): boolean {
    this.#done++;
    return this.passed(path);
  }

  /** An inode was only looked at. Otherwise like {@link did}. */
  passed(path: NormalPath): boolean {
    this.#at = path;
    return this.#pace.spent() || this.#isFull;
  }

  /**
   * Commits a full batch, lets others have their turn, and throws when the work is to stop. Other operations may have run meanwhile,
   * though none of them changed anything at or below the path.
   */
  async rest(): Promise<void> {
    await this.restAnyway();
    this.#task?.requireGoing();
  }

  /** Like {@link rest} for what has to come to its end, cancelled or not. */
  async restAnyway(): Promise<void> {
    if (this.#isFull) await this.commit();
    if (!this.#pace.due) return;
    this.#beTask();
    await this.#pace.rest();
  }

  /** Journals what is planned now; resolves when it is durable. */
  async commit(): Promise<void> {
    const plan = this.#plan;
    const freed = this.#freed;
    this.#plan = [];
    this.#freed = [];
    if (plan.length > 0) await this.#c.committer.commit(plan);
    if (freed.length > 0) this.#c.blocks.free(freed);
  }

  isCancelled(error: unknown): boolean {
    return this.#task?.signal.aborted === true && kindOf(error) === 'cancelled';
  }

  ended(error: unknown): void {
    if (this.#task === undefined) return;
    this.#task.done = this.#done;
    if (error === undefined) this.#end.resolve();
    else this.#end.reject(error as Error);
  }

  get #isFull(): boolean {
    return this.#plan.length >= this.#c.options.recursiveBatch || this.#freed.length >= MAX_FREED;
  }

  #beTask(): void {
    this.#task ??= this.#c.tasks.start(this.#description, () => this.#end.promise).task;
    this.#task.done = this.#done;
    this.#task.currentPath = this.#at;
  }
}

/** Blocks that are freed at a time. */
const MAX_FREED = 10_000;
