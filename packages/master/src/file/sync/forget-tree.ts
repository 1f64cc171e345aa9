import { joinPath, type BlockId, type InodeId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { DirectoryInode, Inode } from '@alluvium/metastore';
import { planRemove } from '../plan.js';
import type { DirectoryFigures } from './sync-figures.js';
import { BATCH, type SyncScope } from './sync-scope.js';

interface Open {
  readonly inode: DirectoryInode;
  readonly path: NormalPath;
  readonly children: Iterator<Inode>;
  /** Something below stays. */
  keeps: boolean;
}

/**
 * A directory is gone from its store: what was persisted below goes from the namespace too, leaves before their directories, in
 * batches. What is not persisted yet stays, and so do incomplete files and mount points, with the directories above them, which
 * from then on exist only here. Answers whether all went.
 */
export async function forgetTree(scope: SyncScope, top: DirectoryInode, path: NormalPath, figures: DirectoryFigures): Promise<boolean> {
  const { c } = scope;
  const batch = new ForgetBatch(scope, figures);
  const open: Open[] = [{ inode: top, path, children: c.tree.children(top.id), keeps: false }];
  let all = true;
  for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
    const next = at.children.next();
    if (next.done === true) {
      open.pop();
      all = batch.directory(at.inode, at.path, at.keeps);
      const above = open.at(-1);
      if (!all && above !== undefined) above.keeps = true;
    } else {
      const child = next.value;
      const below = joinPath(at.path, child.name);
      if (child.kind === 'directory' && !child.mountPoint) {
        open.push({ inode: child, path: below, children: c.tree.children(child.id), keeps: false });
      } else if (child.kind === 'directory' || !batch.file(child.id, below)) {
        at.keeps = true;
      }
    }
    if (batch.full || scope.pace.spent()) {
      await batch.commit();
      await scope.step(0);
    }
  }
  await batch.commit();
  return all;
}

/** Plans and commits without an `await` in between, so that what was looked at still holds. */
class ForgetBatch {
  readonly #scope: SyncScope;
  readonly #figures: DirectoryFigures;
  #plan: JournalEntry[] = [];
  #freed: BlockId[] = [];
  /** Children that the plan takes from a directory. */
  readonly #planned = new Map<InodeId, number>();

  constructor(scope: SyncScope, figures: DirectoryFigures) {
    this.#scope = scope;
    this.#figures = figures;
  }

  get full(): boolean {
    return this.#plan.length >= BATCH;
  }

  /** Whether the file goes. */
  file(id: InodeId, path: NormalPath): boolean {
    const { c } = this.#scope;
    const file = c.tree.get(id);
    if (file === undefined) return true;
    const goes = file.kind === 'file' && file.completed && file.persistence === 'PERSISTED' && c.locks.isFree(path, 'WRITE_EDGE');
    if (goes) this.#remove(file, path);
    else this.#figures.count('skipped');
    return goes;
  }

  /** Whether the directory goes, after what is in it. */
  directory(before: DirectoryInode, path: NormalPath, keeps: boolean): boolean {
    const { c, options } = this.#scope;
    const directory = c.tree.get(before.id);
    if (directory?.kind !== 'directory') return true;
    const left = options.dryRun ? 0 : c.tree.childCount(directory.id) - (this.#planned.get(directory.id) ?? 0);
    const goes =
      !keeps && left === 0 && directory.persistence === 'PERSISTED' && !directory.mountPoint && c.locks.isFree(path, 'WRITE_EDGE');
    if (goes) {
      this.#remove(directory, path);
      return true;
    }
    this.#figures.count('skipped');
    if (directory.persistence === 'PERSISTED' && !directory.mountPoint && !options.dryRun) {
      this.#plan.push(
        { updateInode: { id: directory.id, persistenceState: 'NOT_PERSISTED', ufsFingerprint: '' } },
        { updateInodeDirectory: { id: directory.id, directChildrenLoaded: false } },
      );
    }
    return false;
  }

  async commit(): Promise<void> {
    const [plan, freed] = [this.#plan, this.#freed];
    this.#plan = [];
    this.#freed = [];
    this.#planned.clear();
    await this.#scope.commit(plan, freed);
  }

  #remove(inode: Inode, path: NormalPath): void {
    this.#figures.count('removed');
    if (this.#scope.options.dryRun) return;
    for (const block of planRemove(this.#plan, inode, path, this.#scope.c.clock.nowMs(), true)) this.#freed.push(block);
    this.#planned.set(inode.parentId, (this.#planned.get(inode.parentId) ?? 0) + 1);
  }
}
