// What the parts of one sync share: how to ask the store, how to commit, what was found.
import { fail, type BlockId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { UfsStatus } from '@alluvium/ufs';
import { storePath, type Mount } from '../../mount/mount.js';
import { Pace } from '../../task/pace.js';
import type { Task } from '../../task/tasks.js';
import type { FileContext } from '../context.js';
import type { LoadOptions } from '../load-metadata.js';
import type { Changer } from './changed-names.js';
import { RequestRate } from './request-rate.js';
import { SyncFigures } from './sync-figures.js';

/** Names that are compared and committed in one synchronous stretch. */
export const BATCH = 200;
/** Entries of a listing that come with one request: as S3 pages its listings. */
export const LISTED_PER_REQUEST = 1000;
/** Journal entries that may be on their way to the disk. */
const MAX_UNFLUSHED = 10_000;

export interface SyncOptions {
  readonly load: LoadOptions;
  /** Compares and counts, changes nothing. */
  readonly dryRun: boolean;
  /** Requests to a store per second; 0: no limit. */
  readonly requestsPerSecond: number;
  /** Directories that are listed at a time. */
  readonly concurrency: number;
}

export class SyncScope {
  readonly c: FileContext;
  readonly options: SyncOptions;
  readonly figures: SyncFigures;
  readonly pace: Pace;
  readonly changer: Changer;
  readonly #task: Task | undefined;
  readonly #rate: RequestRate;
  #unflushed = 0;
  #lastCommit: Promise<void> = Promise.resolve();

  /** `changer`: of {@link ChangedNames}. */
  constructor(c: FileContext, options: SyncOptions, changer: Changer, task: Task | undefined) {
    this.c = c;
    this.changer = changer;
    this.options = options;
    this.#task = task;
    this.figures = new SyncFigures(task);
    this.pace = new Pace(c.clock);
    this.#rate = new RequestRate(c.clock, options.requestsPerSecond);
  }

  get signal(): AbortSignal | undefined {
    return this.#task?.signal;
  }

  /** Throws `cancelled` when the sync is to stop. */
  requireGoing(): void {
    this.#task?.requireGoing();
  }

  async status(mount: Mount, path: NormalPath): Promise<UfsStatus | undefined> {
    await this.request();
    return mount.store.status(storePath(mount, path), this.#callOptions());
  }

  async *list(mount: Mount, path: NormalPath, recursive: boolean): AsyncGenerator<UfsStatus> {
    await this.request();
    let left = LISTED_PER_REQUEST;
    for await (const status of mount.store.list(storePath(mount, path), { ...this.#callOptions(), recursive })) {
      yield status;
      if (--left > 0) continue;
      left = LISTED_PER_REQUEST;
      await this.request();
    }
  }

  /** Before each request to a store. */
  async request(): Promise<void> {
    this.requireGoing();
    await this.#rate.turn(this.signal);
    this.figures.requested();
  }

  /** Journals and applies now; waits only when much is on its way to the disk already. */
  async commit(plan: readonly JournalEntry[], freed: readonly BlockId[]): Promise<void> {
    if (plan.length === 0) return;
    if (this.options.dryRun) throw fail('internal', 'A dry run changes nothing');
    const durable = this.c.sync.changed
      .by(this.changer, () => this.c.committer.commit(plan))
      .then(() => {
        if (freed.length > 0) this.c.blocks.free(freed);
      });
    durable.catch(() => undefined);
    this.#lastCommit = durable;
    this.#unflushed += plan.length;
    if (this.#unflushed >= MAX_UNFLUSHED) await this.flushed();
  }

  /** Resolves when everything that was committed is durable. */
  async flushed(): Promise<void> {
    this.#unflushed = 0;
    await this.#lastCommit;
  }

  /** After each name, however it was dealt with. */
  async step(names = 1): Promise<void> {
    if (!this.pace.spent(names)) return;
    this.requireGoing();
    await this.pace.rest();
  }

  #callOptions(): { signal?: AbortSignal } {
    return this.signal === undefined ? {} : { signal: this.signal };
  }
}
