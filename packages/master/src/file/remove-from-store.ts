import { fail, joinPath, kindOf, messageOf, type BlockId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { DirectoryInode, FileInode, Inode } from '@alluvium/metastore';
import { storePath, type Mount } from '../mount/mount.js';
import type { FileContext } from './context.js';
import { loadChildrenLocked } from './load-metadata.js';
import { mayBeStored } from './may-be-stored.js';
import { WRITE } from './permissions.js';
import { planRemove, ttlOf, withOperationId } from './plan.js';
import type { OperationId } from './retry-cache.js';

interface RemovalOptions {
  /** The stores stay untouched. */
  readonly alluxioOnly: boolean;
  /** Directories go from the store with whatever is in them, known here or not. */
  readonly unchecked: boolean;
}

/** Files of a directory that are removed from the store at a time. */
const PARALLEL = 32;
/** Entries per journal operation. */
const BATCH_ENTRIES = 1000;
/** Failed paths named in the error: it has to stay far below 4 KiB. */
const MAX_NAMED = 10;

/**
 * Removes a tree whose inodes are in under stores: children before their directory, each from the store first, then from the
 * namespace. What cannot be removed stays, with the directories above it, and is reported at the end. The caller holds the path
 * exclusively.
 */
export class RemovalFromStore {
  readonly #c: FileContext;
  readonly #user: string;
  readonly #options: RemovalOptions;
  readonly #operation: OperationId | undefined;
  readonly #failed: string[] = [];
  #failedCount = 0;
  #plan: JournalEntry[] = [];
  #freed: BlockId[] = [];

  constructor(c: FileContext, user: string, options: RemovalOptions, operation: OperationId | undefined) {
    this.#c = c;
    this.#user = user;
    this.#options = options;
    this.#operation = operation;
  }

  /** Throws `failedPrecondition` naming what is left. */
  async run(inode: Inode, path: NormalPath): Promise<void> {
    try {
      await (inode.kind === 'directory' ? this.#directory(inode, path, false) : this.#files([[inode, path]], false));
    } finally {
      if (this.#failedCount === 0) withOperationId(this.#plan, this.#operation);
      await this.#commit();
    }
    if (this.#failedCount > 0) {
      const more = this.#failedCount > this.#failed.length ? `, and ${this.#failedCount - this.#failed.length} more` : '';
      throw fail(
        'failedPrecondition',
        `Failed to delete ${this.#failedCount} paths from the under file system: ${this.#failed.join(', ')}${more}`,
      );
    }
  }

  /** Whether the directory is gone. `covered`: its store directory goes as a whole with one above it. */
  async #directory(directory: DirectoryInode, path: NormalPath, covered: boolean): Promise<boolean> {
    // However deep the tree is, each level begins on a fresh stack.
    await Promise.resolve();
    const c = this.#c;
    const mount = c.mounts.resolve(path);
    const stored = !this.#options.alluxioOnly && directory.persistence === 'PERSISTED' && !directory.mountPoint;
    if (stored && !directory.childrenLoaded && !this.#options.unchecked) await loadChildrenLocked(c, path, ttlOf(undefined));
    const whole = stored && this.#options.unchecked && c.mounts.within(path).length === 0 && this.#mayRemoveAllBelow(directory);
    if (whole && !covered) {
      try {
        await mount.store.removeDirectory(storePath(mount, path), { recursive: true });
      } catch (error) {
        if (!(await isGone(mount, path))) return this.#keep(path, messageOf(error));
      }
    }
    if (!(await this.#children(directory, path, covered || whole))) return this.#keep(path, 'Directory not empty');
    if (stored && !covered && !whole) {
      try {
        await mount.store.removeDirectory(storePath(mount, path), { recursive: false });
      } catch (error) {
        if (kindOf(error) === 'failedPrecondition')
          return this.#keep(path, 'UFS dir not in sync. Sync UFS, or delete with unchecked flag.');
        if (!(await isGone(mount, path))) return this.#keep(path, messageOf(error));
      }
    }
    await this.#remove(directory, path);
    return true;
  }

  async #children(directory: DirectoryInode, path: NormalPath, covered: boolean): Promise<boolean> {
    let all = true;
    let files: [FileInode, NormalPath][] = [];
    for (const child of this.#c.tree.children(directory.id)) {
      const at = joinPath(path, child.name);
      if (!this.#c.permissions.allows(this.#user, child, WRITE)) {
        all = this.#keep(at, `Permission denied: user=${this.#user}`);
      } else if (child.kind === 'directory') {
        all = (await this.#directory(child, at, covered)) && all;
      } else if (files.push([child, at]) === PARALLEL) {
        all = (await this.#files(files, covered)) && all;
        files = [];
      }
    }
    return (await this.#files(files, covered)) && all;
  }

  async #files(files: readonly (readonly [FileInode, NormalPath])[], covered: boolean): Promise<boolean> {
    const gone = await Promise.all(files.map(([file, path]) => this.#fileFromStore(file, path, covered)));
    for (let i = 0; i < files.length; i++) if (gone[i]!) await this.#remove(...files[i]!);
    return gone.every(Boolean);
  }

  async #fileFromStore(file: FileInode, path: NormalPath, covered: boolean): Promise<boolean> {
    if (covered || this.#options.alluxioOnly || !mayBeStored(file)) return true;
    const mount = this.#c.mounts.resolve(path);
    try {
      await mount.store.removeFile(storePath(mount, path));
      return true;
    } catch (error) {
      return (await isGone(mount, path)) || this.#keep(path, messageOf(error));
    }
  }

  #mayRemoveAllBelow(directory: DirectoryInode): boolean {
    if (this.#c.permissions.isSuper(this.#user)) return true;
    const below: DirectoryInode[] = [directory];
    for (let at = below.pop(); at !== undefined; at = below.pop()) {
      for (const child of this.#c.tree.children(at.id)) {
        if (!this.#c.permissions.allows(this.#user, child, WRITE)) return false;
        if (child.kind === 'directory') below.push(child);
      }
    }
    return true;
  }

  async #remove(inode: Inode, path: NormalPath): Promise<void> {
    if (this.#plan.length >= BATCH_ENTRIES) await this.#commit();
    const freed = planRemove(this.#plan, inode, path, this.#c.clock.nowMs(), this.#options.alluxioOnly);
    for (const block of freed) this.#freed.push(block);
    if (inode.kind === 'directory' && inode.mountPoint) this.#plan.push({ deleteMountPoint: { alluxioPath: path } });
  }

  async #commit(): Promise<void> {
    if (this.#plan.length === 0) return;
    const plan = this.#plan;
    const freed = this.#freed;
    this.#plan = [];
    this.#freed = [];
    await this.#c.committer.commit(plan);
    this.#c.blocks.free(freed);
  }

  #keep(path: NormalPath, reason: string): false {
    this.#failedCount++;
    if (this.#failed.length < MAX_NAMED) this.#failed.push(`${path} (${reason.slice(0, 200)})`);
    return false;
  }
}

/** Whether the store has removed what it failed to confirm. */
async function isGone(mount: Mount, path: NormalPath): Promise<boolean> {
  try {
    return (await mount.store.status(storePath(mount, path))) === undefined;
  } catch {
    return false;
  }
}
