// Work of the master that takes long: syncs and recursive operations. Each is a task with figures that grow, can be cancelled, and
// is remembered for a while after it has ended. Soft state: a restart forgets it, what a task committed stays.
import { fail, kindOf, messageOf, type Clock, type NormalPath } from '@alluvium/base';

export type TaskState = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

export interface TaskDescription {
  readonly kind: string;
  readonly path: NormalPath;
  readonly user: string;
  readonly dryRun?: boolean;
}

/** What a sync found in one directory. */
export interface DirectoryResult {
  readonly path: NormalPath;
  readonly listed: number;
  readonly created: number;
  readonly updated: number;
  readonly removed: number;
  readonly unchanged: number;
  readonly skipped: number;
  readonly failed: number;
  readonly error: string | undefined;
  readonly durationMs: number;
}

export interface TaskLimits {
  /** Ended tasks that are remembered. */
  readonly ended: number;
  /** Results per directory that one task keeps; more are counted as dropped. */
  readonly directories: number;
}

export const defaultTaskLimits: TaskLimits = { ended: 200, directories: 10_000 };

/** One piece of long work, seen from whoever does it and from whoever asks. */
export class Task implements TaskDescription {
  readonly id: number;
  readonly kind: string;
  readonly path: NormalPath;
  readonly user: string;
  readonly dryRun: boolean;
  readonly startedMs: number;
  /** Inodes done. */
  done = 0;
  /** Inodes in all, when that is known. */
  total: number | undefined;
  currentPath: NormalPath | undefined;
  readonly figures = new Map<string, number>();
  readonly directories: DirectoryResult[] = [];
  #state: TaskState = 'RUNNING';
  #error: string | undefined;
  #endedMs: number | undefined;
  #dropped = 0;
  readonly #abort = new AbortController();
  readonly #maxDirectories: number;

  constructor(id: number, description: TaskDescription, startedMs: number, maxDirectories: number) {
    this.id = id;
    this.kind = description.kind;
    this.path = description.path;
    this.user = description.user;
    this.dryRun = description.dryRun ?? false;
    this.startedMs = startedMs;
    this.#maxDirectories = maxDirectories;
  }

  get state(): TaskState {
    return this.#state;
  }

  get error(): string | undefined {
    return this.#error;
  }

  get endedMs(): number | undefined {
    return this.#endedMs;
  }

  /** Results of directories that were not kept. */
  get droppedDirectories(): number {
    return this.#dropped;
  }

  /** Aborted when the task is to stop; the work ends with the reason. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Throws `cancelled` when the task is to stop. */
  requireGoing(): void {
    this.#abort.signal.throwIfAborted();
  }

  count(figure: string, by = 1): void {
    this.figures.set(figure, (this.figures.get(figure) ?? 0) + by);
  }

  /** The first failure of work that goes on nevertheless. */
  noteError(message: string): void {
    this.#error ??= message;
  }

  addDirectory(result: DirectoryResult): void {
    if (this.directories.length < this.#maxDirectories) this.directories.push(result);
    else this.#dropped++;
  }

  /** False when it has ended already. */
  cancel(): boolean {
    if (this.#state !== 'RUNNING') return false;
    this.#abort.abort(fail('cancelled', `The ${this.kind} of "${this.path}" was cancelled`));
    return true;
  }

  end(state: TaskState, error: string | undefined, nowMs: number): void {
    this.#state = state;
    this.#error = error ?? this.#error;
    this.#endedMs = nowMs;
    this.currentPath = undefined;
  }
}

/** All tasks, running and lately ended. */
export class Tasks {
  readonly #clock: Clock;
  readonly #limits: TaskLimits;
  readonly #tasks = new Map<number, Task>();
  #nextId = 1;

  constructor(clock: Clock, limits: TaskLimits = defaultTaskLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Runs `work` as a task, which ends when the work does; answers what the work answers. */
  async run<T>(description: TaskDescription, work: (task: Task) => Promise<T>): Promise<T> {
    return this.start(description, work).result;
  }

  /** Like {@link run}, for who does not wait. A `result` that nobody awaits does not count as an unhandled rejection. */
  start<T>(description: TaskDescription, work: (task: Task) => Promise<T>): { readonly task: Task; readonly result: Promise<T> } {
    const task = new Task(this.#nextId++, description, this.#clock.nowMs(), this.#limits.directories);
    this.#tasks.set(task.id, task);
    const result = this.#finish(task, work);
    result.catch(() => undefined);
    return { task, result };
  }

  get(id: number): Task | undefined {
    return this.#tasks.get(id);
  }

  /** Oldest first. */
  all(): IterableIterator<Task> {
    return this.#tasks.values();
  }

  /** Cancels what runs. */
  stop(): void {
    for (const task of this.#tasks.values()) task.cancel();
  }

  async #finish<T>(task: Task, work: (task: Task) => Promise<T>): Promise<T> {
    try {
      const answer = await work(task);
      task.end('SUCCEEDED', undefined, this.#clock.nowMs());
      return answer;
    } catch (error) {
      const cancelled = task.signal.aborted && kindOf(error) === 'cancelled';
      task.end(cancelled ? 'CANCELLED' : 'FAILED', messageOf(error), this.#clock.nowMs());
      throw error;
    } finally {
      this.#forgetOldest();
    }
  }

  #forgetOldest(): void {
    let ended = 0;
    for (const task of this.#tasks.values()) if (task.state !== 'RUNNING') ended++;
    for (const task of this.#tasks.values()) {
      if (ended <= this.#limits.ended) return;
      if (task.state === 'RUNNING') continue;
      this.#tasks.delete(task.id);
      ended--;
    }
  }
}
