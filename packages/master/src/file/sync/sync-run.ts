// One sync from start to end: the path itself, then the directories below it as far as they are asked for.
//
//   file systems    each directory is listed by itself, several at a time; of those that wait only a place in their parent is kept
//   object stores   one listing of everything below, in the order of keys: a request for a thousand objects, however they are nested;
//                   several at a time where directories are large
//
// Mount points inside are left out of their parent's store and synced with their own.
import { ROOT_PATH, joinPath, kindOf, messageOf, type NormalPath } from '@alluvium/base';
import type { DirectoryInode, Inode } from '@alluvium/metastore';
import type { Mount } from '../../mount/mount.js';
import type { Task } from '../../task/tasks.js';
import type { FileContext } from '../context.js';
import { targetOf } from '../walk.js';
import { DirectorySync } from './directory-sync.js';
import { requireOngoing } from './require-ongoing.js';
import { syncByOneListing } from './recursive-listing.js';
import { syncSelf } from './sync-self.js';
import type { SyncFigures } from './sync-figures.js';
import { LISTED_PER_REQUEST, SyncScope, type SyncOptions } from './sync-scope.js';
import type { Descendants } from './sync-times.js';

/**
 * Makes the namespace agree with the under store at a path and below. Failures of single directories are counted, and the rest goes
 * on; throws when the path itself cannot be looked at, when the journal refuses, and `cancelled`.
 */
export async function runSync(
  c: FileContext,
  path: NormalPath,
  descendants: Descendants,
  options: SyncOptions,
  task: Task | undefined,
): Promise<SyncFigures> {
  const changer = c.sync.changed.watch();
  const scope = new SyncScope(c, options, changer, task);
  try {
    await new SyncRun(scope).run(path, descendants);
    return scope.figures;
  } finally {
    c.sync.changed.unwatch(changer);
    await scope.flushed();
  }
}

/** Children of a directory that may be looked through at once. */
const MAX_SPLIT = 1000;
/** How full the pages of a listing are to be. */
const WELL_FILLED = 0.5;

interface OpenDirectory {
  readonly path: NormalPath;
  readonly children: Iterator<Inode>;
}

class SyncRun {
  readonly #scope: SyncScope;
  readonly #open: OpenDirectory[] = [];

  constructor(scope: SyncScope) {
    this.#scope = scope;
  }

  async run(path: NormalPath, descendants: Descendants): Promise<void> {
    const { c } = this.#scope;
    await syncSelf(this.#scope, path, descendants);
    const inode = targetOf(c.tree.walk(path));
    if (descendants === 'NONE' || inode?.kind !== 'directory') return;
    if (descendants === 'ONE') await this.#directory(inode, path);
    else await this.#tree(inode, path);
    if (descendants !== 'ALL') return;
    for (const mount of c.mounts.within(path)) {
      if (mount.path === path || mount.path === ROOT_PATH) continue;
      const below = await this.#attempt(mount.path, () => syncSelf(this.#scope, mount.path, 'ALL'));
      const root = below ? targetOf(c.tree.walk(mount.path)) : undefined;
      if (root?.kind === 'directory') await this.#tree(root, mount.path);
    }
  }

  /** Everything of one mount at or below a directory. */
  async #tree(directory: DirectoryInode, path: NormalPath): Promise<void> {
    const { c } = this.#scope;
    const mount = c.mounts.resolve(path);
    if (directory.persistence !== 'PERSISTED') return;
    const { objectStore } = mount.store.capabilities;
    const whole = (at: DirectoryInode, atPath: NormalPath): Promise<unknown> =>
      this.#attempt(atPath, () => syncByOneListing(this.#scope, mount, at, atPath));
    if (objectStore && !this.#isWorthSplitting(directory)) {
      await whole(directory, path);
      return;
    }
    const running = new Set<Promise<unknown>>();
    try {
      const start = (begun: Promise<unknown>): void => {
        const work = begun.finally(() => running.delete(work));
        // Seen below, or when all have ended.
        work.catch(() => undefined);
        running.add(work);
      };
      start(this.#directory(directory, path));
      for (;;) {
        const next = running.size < this.#scope.options.concurrency ? await this.#next() : undefined;
        if (next !== undefined) start(objectStore ? whole(...next) : this.#directory(...next));
        else if (running.size > 0) await Promise.race(running);
        else return;
      }
    } finally {
      await Promise.allSettled(running);
    }
  }

  /**
   * Whether the directories in a directory of an object store are listed one by one, several at a time: when they are so large that
   * this takes hardly more requests than one listing of all, page after page.
   */
  #isWorthSplitting(directory: DirectoryInode): boolean {
    const { c } = this.#scope;
    if (c.tree.childCount(directory.id) > MAX_SPLIT) return false;
    let directories = 0;
    let below = 0;
    for (const child of c.tree.children(directory.id)) {
      if (child.kind === 'file') continue;
      directories++;
      below += c.tree.childCount(child.id);
    }
    return directories > 1 && below >= directories * LISTED_PER_REQUEST * WELL_FILLED;
  }

  /** The next directory whose parent has been synced; the deepest first, so that few wait. */
  async #next(): Promise<[DirectoryInode, NormalPath] | undefined> {
    for (let at = this.#open.at(-1); at !== undefined; at = this.#open.at(-1)) {
      const next = at.children.next();
      if (next.done === true) {
        this.#open.splice(this.#open.indexOf(at), 1);
        continue;
      }
      const child = next.value;
      if (child.kind === 'directory' && !child.mountPoint && child.persistence === 'PERSISTED')
        return [child, joinPath(at.path, child.name)];
      if (this.#scope.pace.spent()) await this.#scope.step(0);
    }
    return undefined;
  }

  /** The children of one directory. */
  async #directory(directory: DirectoryInode, path: NormalPath): Promise<void> {
    const { c } = this.#scope;
    if (directory.persistence !== 'PERSISTED') return;
    const mount = c.mounts.resolve(path);
    const moment = c.sync.changed.now();
    const begun = c.sync.times.begin();
    const sync = new DirectorySync(this.#scope, mount, directory, path, moment);
    try {
      for await (const status of this.#scope.list(mount, path, false)) await sync.listed(status);
      if (await sync.complete()) await sync.removeMissing();
      sync.close();
    } catch (error) {
      requireOngoing(this.#scope, error);
      if (kindOf(error) === 'notFound' && (await this.#isGone(mount, path))) return;
      if (kindOf(error) === 'aborted' && c.tree.pathOf(directory.id) !== path) return;
      sync.failed(path, messageOf(error));
      return;
    }
    if (!this.#scope.options.dryRun) c.sync.times.synced(path, 'ONE', true, begun);
    if (sync.hasDirectories) this.#open.push({ path, children: c.tree.children(directory.id) });
    for (const name of sync.wouldBeNew) await this.#countNew(mount, joinPath(path, name));
  }

  /** What a dry run would create below a directory that it would create. */
  async #countNew(mount: Mount, path: NormalPath): Promise<void> {
    await this.#attempt(path, async () => {
      for await (const _ of this.#scope.list(mount, path, true)) {
        this.#scope.figures.count('created');
        if (this.#scope.pace.spent()) await this.#scope.step(0);
      }
    });
  }

  /** A directory that cannot be listed because it went meanwhile. */
  async #isGone(mount: Mount, path: NormalPath): Promise<boolean> {
    if (path === mount.path) return false;
    // Its parent's listing has counted it.
    if (this.#scope.options.dryRun) return true;
    return this.#attempt(path, () => syncSelf(this.#scope, path, 'NONE'));
  }

  async #attempt(path: NormalPath, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      requireOngoing(this.#scope, error);
      this.#scope.figures.failed(path, messageOf(error));
      return false;
    }
  }
}
