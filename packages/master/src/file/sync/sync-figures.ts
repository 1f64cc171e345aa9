import type { NormalPath } from '@alluvium/base';
import type { DirectoryResult, Task } from '../../task/tasks.js';

export const OUTCOMES = ['created', 'updated', 'removed', 'unchanged', 'skipped', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What a sync has found and done, in all and for one directory at a time; a sync that is a task shows it while it runs. */
export class SyncFigures {
  readonly #task: Task | undefined;
  readonly #totals = new Map<Outcome, number>();
  #requests = 0;
  #firstError: string | undefined;

  constructor(task: Task | undefined) {
    this.#task = task;
    if (task !== undefined) for (const name of [...OUTCOMES, 'requests']) task.count(name, 0);
  }

  get firstError(): string | undefined {
    return this.#firstError;
  }

  get requests(): number {
    return this.#requests;
  }

  total(outcome: Outcome): number {
    return this.#totals.get(outcome) ?? 0;
  }

  count(outcome: Outcome, by = 1): void {
    this.#totals.set(outcome, this.total(outcome) + by);
    if (this.#task === undefined) return;
    this.#task.count(outcome, by);
    if (outcome !== 'removed') this.#task.done += by;
  }

  /** Requests to a store, as far as they can be told from what was asked of it. */
  requested(): void {
    this.#requests++;
    this.#task?.count('requests');
  }

  failed(path: NormalPath, message: string): void {
    this.count('failed');
    this.#firstError ??= `"${path}": ${message}`;
    this.#task?.noteError(this.#firstError);
  }

  at(path: NormalPath): void {
    if (this.#task !== undefined) this.#task.currentPath = path;
  }

  directory(result: DirectoryResult): void {
    this.#task?.addDirectory(result);
  }
}

/** The figures of one directory, which also count for the whole. */
export class DirectoryFigures {
  readonly #all: SyncFigures;
  readonly #path: NormalPath;
  readonly #counts = new Map<Outcome, number>();
  listed = 0;
  #error: string | undefined;

  constructor(all: SyncFigures, path: NormalPath) {
    this.#all = all;
    this.#path = path;
  }

  count(outcome: Outcome, by = 1): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + by);
    this.#all.count(outcome, by);
  }

  failed(path: NormalPath, message: string): void {
    this.#error ??= path === this.#path ? message : `"${path}": ${message}`;
    this.#counts.set('failed', (this.#counts.get('failed') ?? 0) + 1);
    this.#all.failed(path, message);
  }

  end(durationMs: number): void {
    const of = (outcome: Outcome): number => this.#counts.get(outcome) ?? 0;
    this.#all.directory({
      path: this.#path,
      listed: this.listed,
      created: of('created'),
      updated: of('updated'),
      removed: of('removed'),
      unchanged: of('unchanged'),
      skipped: of('skipped'),
      failed: of('failed'),
      error: this.#error,
      durationMs,
    });
  }
}
