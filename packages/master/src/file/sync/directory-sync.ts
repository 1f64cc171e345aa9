import { fail, joinPath, type NormalPath } from '@alluvium/base';
import type { DirectoryInode } from '@alluvium/metastore';
import type { UfsStatus } from '@alluvium/ufs';
import type { Mount } from '../../mount/mount.js';
import { fingerprintOf } from '../fingerprint-of.js';
import { isLoadable, planLoad, planStored } from '../load-metadata.js';
import { forgetTree } from './forget-tree.js';
import { NameMerge } from './name-merge.js';
import { DirectoryFigures } from './sync-figures.js';
import { newNamePlan, planName, type NamePlan } from './sync-name.js';
import { BATCH, type SyncScope } from './sync-scope.js';

/**
 * Compares the children of one directory with what its store lists, as the listing streams in. No lock is held: names are committed
 * in batches, and those that the namespace changes meanwhile are left alone.
 */
export class DirectorySync {
  readonly directory: DirectoryInode;
  readonly path: NormalPath;
  /** The listing has named a directory. */
  hasDirectories = false;
  /** Directories that a dry run would create. */
  readonly wouldBeNew: string[] = [];
  readonly #scope: SyncScope;
  readonly #mount: Mount;
  readonly #moment: number;
  readonly #figures: DirectoryFigures;
  readonly #merge: NameMerge;
  readonly #startedMs: number;
  #batch: UfsStatus[] = [];
  #anyListed = false;
  #leftAlone = false;

  /** `moment`: of {@link ChangedNames}, before the listing was asked for. */
  constructor(scope: SyncScope, mount: Mount, directory: DirectoryInode, path: NormalPath, moment: number) {
    this.#scope = scope;
    this.#mount = mount;
    this.directory = directory;
    this.path = path;
    this.#moment = moment;
    this.#figures = new DirectoryFigures(scope.figures, path);
    this.#merge = new NameMerge(scope.c.tree.children(directory.id));
    this.#startedMs = scope.c.clock.monotonicMs();
    scope.figures.at(path);
  }

  /** The next name of the listing; false for one that the namespace does not show. */
  async listed(status: UfsStatus): Promise<boolean> {
    const { c, pace } = this.#scope;
    const { name } = status;
    if (!isLoadable(c, this.#mount, this.path, status)) return false;
    while (this.#merge.isBehind(name)) {
      this.#merge.step();
      if (pace.spent()) await this.#scope.step(0);
    }
    const child = c.tree.child(this.directory.id, name);
    this.#merge.listed(name, child !== undefined);
    this.#anyListed = true;
    this.#figures.listed++;
    if (status.directory) this.hasDirectories = true;
    if (status.directory && child === undefined && this.#scope.options.dryRun) this.wouldBeNew.push(name);
    if (child !== undefined && child.persistence === 'PERSISTED' && child.fingerprint === fingerprintOf(this.#mount.store, status)) {
      this.#figures.count('unchanged');
    } else if (this.#batch.push(status) >= BATCH) {
      await this.flush();
    }
    if (pace.spent()) await this.#scope.step(0);
    return true;
  }

  /** Commits what has been listed so far. */
  async flush(): Promise<void> {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    const directory = this.#current();
    const plan = newNamePlan();
    if (!this.#scope.options.dryRun) planStored(this.#scope.c, plan.entries, directory);
    for (const status of batch) this.#plan(plan, directory, status.name, status);
    await this.#commit(plan);
  }

  /** The listing has named all there is. Answers whether there are children that it did not name: {@link removeMissing}. */
  async complete(): Promise<boolean> {
    const { c, pace, options } = this.#scope;
    while (this.#merge.step()) if (pace.spent()) await this.#scope.step(0);
    await this.flush();
    const directory = this.#current();
    // What was left alone may be in the store and unknown here.
    if (!directory.childrenLoaded && !this.#leftAlone && !options.dryRun && (this.#anyListed || c.committer.accepting))
      await this.#scope.commit([{ updateInodeDirectory: { id: directory.id, directChildrenLoaded: true } }], []);
    for (const _ of this.#merge.missing()) return true;
    return false;
  }

  /** What the listing did not name is gone from the store. Only when the listing has ended well. */
  async removeMissing(): Promise<void> {
    const { c, pace } = this.#scope;
    let plan = newNamePlan();
    let planned = 0;
    for (const { id, name } of this.#merge.missing()) {
      // Not what has taken its place meanwhile.
      if (c.tree.child(this.directory.id, name)?.id === id) this.#plan(plan, this.#current(), name, undefined);
      if (++planned % BATCH !== 0 && !pace.spent()) continue;
      const full = plan;
      plan = newNamePlan();
      await this.#commit(full);
      await this.#scope.step(0);
    }
    await this.#commit(plan);
  }

  /** The listing has failed: nothing is known of what it did not name. */
  failed(path: NormalPath, message: string): void {
    this.#figures.failed(path, message);
    this.close();
  }

  close(): void {
    this.#figures.end(this.#scope.c.clock.monotonicMs() - this.#startedMs);
  }

  #plan(plan: NamePlan, directory: DirectoryInode, name: string, status: UfsStatus | undefined): void {
    const at = { mount: this.#mount, directory, path: this.path, moment: this.#moment };
    if (!planName(this.#scope, plan, at, name, status, this.#figures)) this.#leftAlone = true;
  }

  async #commit(plan: NamePlan): Promise<void> {
    await this.#scope.commit(plan.entries, plan.freed);
    for (const { inode, instead } of plan.gone) await this.#forget(inode, instead);
  }

  async #forget(inode: DirectoryInode, instead: UfsStatus | undefined): Promise<void> {
    const { c, options } = this.#scope;
    const gone = await forgetTree(this.#scope, inode, joinPath(this.path, inode.name), this.#figures);
    if (instead === undefined || !gone) return;
    const directory = this.#current();
    if (!options.dryRun && c.tree.child(directory.id, instead.name) !== undefined) return;
    this.#figures.count('created');
    if (options.dryRun) return;
    const plan = newNamePlan();
    planLoad(c, plan.entries, this.#mount, directory, instead, options.load);
    await this.#scope.commit(plan.entries, []);
  }

  /** The directory as it is now. Throws when it is no longer where the listing was taken. */
  #current(): DirectoryInode {
    const { c } = this.#scope;
    const directory = c.tree.get(this.directory.id);
    if (directory?.kind !== 'directory' || c.tree.pathOf(directory.id) !== this.path || c.mounts.resolve(this.path) !== this.#mount)
      throw fail('aborted', `Cannot sync "${this.path}": it was moved or removed meanwhile`);
    return directory;
  }
}
