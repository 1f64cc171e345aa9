import { fail, messageOf, type Clock, type NormalPath } from '@alluvium/base';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { Task } from '../../task/tasks.js';
import type { FileContext } from '../context.js';
import type { InodeTree } from '../inode-tree.js';
import { ttlOf } from '../plan.js';
import { targetOf } from '../walk.js';
import { ChangedNames } from './changed-names.js';
import { runSync } from './sync-run.js';
import type { SyncOptions } from './sync-scope.js';
import { SyncTimes, type Descendants } from './sync-times.js';

/** Syncs under way that were started as such. */
const MAX_RUNNING = 64;

export interface StoreSyncOptions {
  /** Milliseconds after which an access compares a path with its store again; 0: always, negative: never. */
  readonly intervalMs: number;
  /** Directories of one sync that are listed at a time. */
  readonly concurrency: number;
  /** Paths whose last sync is remembered. */
  readonly rememberedPaths: number;
}

export interface StartedSync {
  readonly user: string;
  readonly descendants: Descendants;
  readonly dryRun?: boolean;
  readonly requestsPerSecond?: number;
}

interface Shared {
  running: Promise<void>;
  /** Begins when the running one has ended. */
  next: Promise<void> | undefined;
}

type CommonOptions = fs.FileSystemMasterCommonPOptions | undefined;

/** Keeps the namespace in step with the under stores: which accesses sync first, and the syncs that are under way. */
export class StoreSync {
  readonly times: SyncTimes;
  readonly changed: ChangedNames;
  /** What path configuration says for a path; undefined where it says nothing. */
  pathIntervalMs: ((path: NormalPath) => number | undefined) | undefined;
  readonly #options: StoreSyncOptions;
  readonly #running = new Map<string, Shared>();

  constructor(clock: Clock, tree: InodeTree, options: StoreSyncOptions) {
    this.#options = options;
    this.times = new SyncTimes(clock, options.rememberedPaths);
    this.changed = new ChangedNames(tree);
  }

  /** Whether no access with these options syncs, whatever its path: the usual case, to be found out fast. */
  isIdle(common: CommonOptions): boolean {
    if (this.times.anyInvalid) return false;
    const asked = common?.syncIntervalMs;
    if (asked !== undefined) return asked < 0n;
    return this.#options.intervalMs < 0 && this.pathIntervalMs === undefined;
  }

  /** Whether an access to the path is to sync it first. */
  isDue(c: FileContext, path: NormalPath, common: CommonOptions, descendants: Descendants): boolean {
    return this.times.isDue(path, this.#intervalMs(path, common), descendants, targetOf(c.tree.walk(path))?.kind === 'file');
  }

  /**
   * Syncs a path for an access to it, which goes on with what is known here when the sync fails. An access waits for its own path
   * only; accesses to the same path share a sync that begins after they came. Answers whether it went well.
   */
  async before(c: FileContext, path: NormalPath, common: CommonOptions, descendants: Descendants, user: string): Promise<boolean> {
    const key = `${descendants} ${path}`;
    const shared = this.#running.get(key);
    try {
      // One that is under way may have asked the store already; for an interval that is recent enough.
      if (shared !== undefined && this.#intervalMs(path, common) > 0) await shared.running;
      else if (shared !== undefined)
        await (shared.next ??= shared.running.then(nothing, nothing).then(() => this.#share(c, key, path, common, descendants, user)));
      else await this.#share(c, key, path, common, descendants, user);
    } catch (error) {
      c.log.warn('path not synced with its under store', { path, reason: messageOf(error) });
      return false;
    }
    return true;
  }

  /** A sync as a task, which goes on by itself. Throws `resourceExhausted` when too many are under way. */
  start(c: FileContext, path: NormalPath, wanted: StartedSync): { readonly task: Task; readonly result: Promise<void> } {
    let running = 0;
    for (const { kind, state } of c.tasks.all()) if (kind === 'sync' && state === 'RUNNING') running++;
    if (running >= MAX_RUNNING) throw fail('resourceExhausted', `Cannot sync "${path}": ${running} syncs are under way; try again later`);
    return c.tasks.start({ kind: 'sync', path, user: wanted.user, dryRun: wanted.dryRun ?? false }, (task) =>
      this.#run(c, path, wanted.descendants, { ...this.#defaults(undefined), ...given(wanted) }, task),
    );
  }

  #intervalMs(path: NormalPath, common: CommonOptions): number {
    const asked = common?.syncIntervalMs;
    return asked === undefined ? (this.pathIntervalMs?.(path) ?? this.#options.intervalMs) : Number(asked);
  }

  #share(c: FileContext, key: string, path: NormalPath, common: CommonOptions, descendants: Descendants, user: string): Promise<void> {
    const options = this.#defaults(common);
    const running =
      descendants === 'ALL'
        ? c.tasks.run({ kind: 'sync', path, user }, (task) => this.#run(c, path, descendants, options, task))
        : this.#run(c, path, descendants, options, undefined);
    const shared: Shared = { running, next: undefined };
    this.#running.set(key, shared);
    const ended = (): void => {
      if (this.#running.get(key) === shared) this.#running.delete(key);
    };
    running.then(ended, ended);
    return running;
  }

  async #run(c: FileContext, path: NormalPath, descendants: Descendants, options: SyncOptions, task: Task | undefined): Promise<void> {
    const begun = this.times.begin();
    const figures = await runSync(c, path, descendants, options, task);
    const failures = figures.total('failed');
    if (failures > 0)
      throw fail('unknown', `Cannot sync all of "${path}": ${failures} paths failed, the first of them ${figures.firstError ?? ''}`);
    if (!options.dryRun) this.times.synced(path, descendants, targetOf(c.tree.walk(path))?.kind === 'directory', begun);
  }

  #defaults(common: CommonOptions): SyncOptions {
    return { load: ttlOf(common), dryRun: false, requestsPerSecond: 0, concurrency: this.#options.concurrency };
  }
}

function given({ dryRun, requestsPerSecond }: StartedSync): Partial<SyncOptions> {
  return { ...(dryRun !== undefined && { dryRun }), ...(requestsPerSecond !== undefined && { requestsPerSecond }) };
}

function nothing(): void {}
