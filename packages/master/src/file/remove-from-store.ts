import { fail, joinPath, kindOf, messageOf, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { DirectoryInode, FileInode, Inode } from '@alluvium/metastore';
import { storePath, type Mount } from '../mount/mount.js';
import type { FileContext } from './context.js';
import { loadChildrenLocked } from './load-metadata.js';
import { mayBeStored } from './may-be-stored.js';
import { EXECUTE, WRITE } from './permissions.js';
import { planRemove, ttlOf, withOperationId } from './plan.js';
import type { OperationId } from './retry-cache.js';
import type { InodeAt } from './subtree/few-below.js';
import { workInSlices, type SubtreeWork } from './subtree/subtree-work.js';

interface RemovalOptions {
  /** The stores stay untouched. */
  readonly alluxioOnly: boolean;
  /** Directories go from the store with whatever is in them, known here or not. */
  readonly unchecked: boolean;
}

/** Files of a directory that are removed from the store at a time. */
const PARALLEL = 32;
/** Blocks of a file that go in the journal operation of the file. Those of a larger one follow in operations of their own. */
const BLOCKS_AT_ONCE = 1000;
/** Failed paths named in the error: it has to stay far below 4 KiB. */
const MAX_NAMED = 10;

/** A directory whose children are being removed. */
interface Level {
  readonly directory: DirectoryInode;
  readonly path: NormalPath;
  readonly children: Iterator<Inode>;
  /** It is in the store, and goes from there once it is empty. */
  readonly stored: boolean;
  /** What is below has gone from the store already, with a directory that went as a whole. */
  readonly covered: boolean;
  files: InodeAt<FileInode>[];
  /** All children are gone so far. */
  all: boolean;
}

/**
 * Removes a tree whose inodes are in under stores, or are many: children before their directory, each from the store first, then from
 * the namespace. What cannot be removed stays, with the directories above it, and is reported at the end. The caller holds the path
 * exclusively.
 */
export class RemovalFromStore {
  readonly #c: FileContext;
  readonly #user: string;
  readonly #options: RemovalOptions;
  readonly #operation: OperationId | undefined;
  readonly #end: readonly JournalEntry[];
  readonly #failed: string[] = [];
  #top: Inode | undefined;
  #failedCount = 0;
  #unsure: unknown;

  /** `end` is journaled with the last of it, whether all could go or not, unless the journal or a store keeps it from coming so far. */
  constructor(c: FileContext, user: string, options: RemovalOptions, operation: OperationId | undefined, ...end: JournalEntry[]) {
    this.#c = c;
    this.#end = end;
    this.#user = user;
    this.#options = options;
    this.#operation = operation;
  }

  /** Throws `failedPrecondition` naming what is left, `cancelled` when its task was cancelled. `end` is committed with the last. */
  run(inode: Inode, path: NormalPath): Promise<void> {
    this.#top = inode;
    return workInSlices(this.#c, { kind: 'remove', path, user: this.#user }, async (work) => {
      try {
        await (inode.kind === 'directory' ? this.#tree(work, inode, path) : this.#files(work, [[inode, path]], false));
      } catch (error) {
        if (work.isCancelled(error)) work.plan.push(...this.#end);
        throw error;
      }
      if (this.#unsure === undefined) work.plan.push(...this.#end);
      if (this.#failedCount > 0) throw this.#whatIsLeft();
    });
  }

  /** Why the store did not say whether it has removed something; undefined when it always did. */
  get unsure(): unknown {
    return this.#unsure;
  }

  #whatIsLeft(): Error {
    const more = this.#failedCount > this.#failed.length ? `, and ${this.#failedCount - this.#failed.length} more` : '';
    return fail(
      'failedPrecondition',
      `Failed to delete ${this.#failedCount} paths from the under file system: ${this.#failed.join(', ')}${more}`,
    );
  }

  async #tree(work: SubtreeWork, top: DirectoryInode, path: NormalPath): Promise<void> {
    const open = [await this.#enter(work, top, path, false)];
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const next = level.children.next();
      if (next.done === true) {
        await this.#someFiles(work, level);
        open.pop();
        const above = open.at(-1);
        if (!(await this.#leave(work, level)) && above !== undefined) above.all = false;
        continue;
      }
      const child = next.value;
      const at = joinPath(level.path, child.name);
      const refusal = this.#refusal(level.directory, child, at);
      if (refusal !== undefined) {
        level.all = this.#keep(at, refusal);
        if (work.passed(at)) await work.rest();
      } else if (child.kind === 'directory') {
        open.push(await this.#enter(work, child, at, level.covered));
      } else if (level.files.push([child, at]) === PARALLEL) {
        await this.#someFiles(work, level);
      }
    }
  }

  /** Why the caller may not remove what is in a directory: it takes execute on that and write on the thing itself. */
  #refusal(directory: DirectoryInode, child: Inode, path: NormalPath): string | undefined {
    const { permissions, tree } = this.#c;
    if (permissions.allows(this.#user, child, WRITE) && permissions.allows(this.#user, directory, EXECUTE)) return undefined;
    try {
      permissions.require(this.#user, tree.walk(path), WRITE);
    } catch (error) {
      return messageOf(error);
    }
    return undefined;
  }

  async #enter(work: SubtreeWork, directory: DirectoryInode, path: NormalPath, covered: boolean): Promise<Level> {
    const c = this.#c;
    const stored = !covered && !this.#options.alluxioOnly && directory.persistence === 'PERSISTED' && !directory.mountPoint;
    if (stored && !directory.childrenLoaded && !this.#options.unchecked) await loadChildrenLocked(c, path, ttlOf(undefined));
    const whole = stored && this.#options.unchecked && (await this.#removedWhole(work, directory, path));
    return {
      directory,
      path,
      children: c.tree.children(directory.id),
      stored: stored && !whole,
      covered: covered || whole,
      files: [],
      all: true,
    };
  }

  /** Whether the store has removed the directory with whatever is in it. When it has not, it is tried one by one. */
  async #removedWhole(work: SubtreeWork, directory: DirectoryInode, path: NormalPath): Promise<boolean> {
    if (this.#c.mounts.within(path).length > 0 || !(await this.#mayRemoveAllBelow(work, directory, path))) return false;
    const mount = this.#c.mounts.resolve(path);
    try {
      await mount.store.removeDirectory(storePath(mount, path), { recursive: true });
      return true;
    } catch {
      return this.#isGone(mount, path);
    }
  }

  /** Whether the directory is gone, after what was in it. */
  async #leave(work: SubtreeWork, { directory, path, stored, covered, all }: Level): Promise<boolean> {
    if (!all) return this.#keep(path, 'Directory not empty');
    const mount = this.#c.mounts.resolve(path);
    if (stored) {
      try {
        await mount.store.removeDirectory(storePath(mount, path), { recursive: false });
      } catch (error) {
        if (kindOf(error) === 'failedPrecondition')
          return this.#keep(path, 'UFS dir not in sync. Sync UFS, or delete with unchecked flag.');
        if (!(await this.#isGone(mount, path))) return this.#keep(path, messageOf(error));
      }
    }
    await this.#remove(work, directory, path, covered);
    return true;
  }

  async #someFiles(work: SubtreeWork, level: Level): Promise<void> {
    const { files } = level;
    if (files.length === 0) return;
    level.files = [];
    level.all = (await this.#files(work, files, level.covered)) && level.all;
  }

  async #files(work: SubtreeWork, files: readonly InodeAt<FileInode>[], covered: boolean): Promise<boolean> {
    const asked = !covered && !this.#options.alluxioOnly && files.some(([file]) => mayBeStored(file));
    const gone = asked ? await Promise.all(files.map(([file, path]) => this.#fileFromStore(file, path))) : undefined;
    let all = true;
    for (let i = 0; i < files.length; i++) {
      if (gone?.[i] === false) all = false;
      else await this.#remove(work, ...files[i]!, covered || asked);
    }
    return all;
  }

  async #fileFromStore(file: FileInode, path: NormalPath): Promise<boolean> {
    if (!mayBeStored(file)) return true;
    const mount = this.#c.mounts.resolve(path);
    try {
      await mount.store.removeFile(storePath(mount, path));
      return true;
    } catch (error) {
      return (await this.#isGone(mount, path)) || this.#keep(path, messageOf(error));
    }
  }

  async #mayRemoveAllBelow(work: SubtreeWork, directory: DirectoryInode, path: NormalPath): Promise<boolean> {
    if (this.#c.permissions.isSuper(this.#user)) return true;
    for (const [at, atPath] of this.#c.tree.within(directory, path)) {
      if (at.id !== directory.id && !this.#c.permissions.allows(this.#user, at, WRITE)) return false;
      if (at.kind === 'directory' && !this.#c.permissions.allows(this.#user, at, EXECUTE)) return false;
      if (work.passed(atPath)) await work.rest();
    }
    return true;
  }

  /** What is gone from the store with a directory above it goes here too, whether its task is cancelled or not. */
  async #remove(work: SubtreeWork, inode: Inode, path: NormalPath, covered: boolean): Promise<void> {
    const isLast = inode.id === this.#top?.id;
    const large = inode.kind === 'file' && inode.blocks.length > BLOCKS_AT_ONCE ? inode : undefined;
    const alone = large === undefined ? inode : { ...large, blocks: [] };
    for (const block of planRemove(work.plan, alone, path, this.#c.clock.nowMs(), this.#options.alluxioOnly)) work.freed.push(block);
    if (inode.kind === 'directory' && inode.mountPoint) this.#unmount(work, path);
    // With the entry that removes what was asked for: nothing may come between the two.
    if (isLast) withOperationId(work.plan, this.#operation);
    if (work.did(path)) await (covered || isLast ? work.restAnyway() : work.rest());
    for (const blockId of large?.blocks ?? []) {
      work.plan.push({ deleteBlock: { blockId } });
      work.freed.push(blockId);
      if (work.passed(path)) await work.restAnyway();
    }
  }

  #unmount(work: SubtreeWork, path: NormalPath): void {
    const mount = this.#c.mounts.at(path);
    const pause = mount === undefined ? [] : this.#c.tree.persistence.planMountChange(mount.id);
    work.plan.push({ deleteMountPoint: { alluxioPath: path } }, ...pause);
  }

  #keep(path: NormalPath, reason: string): false {
    this.#failedCount++;
    if (this.#failed.length < MAX_NAMED) this.#failed.push(`${path} (${reason.slice(0, 200)})`);
    return false;
  }

  /** Whether the store has removed what it failed to confirm. */
  async #isGone(mount: Mount, path: NormalPath): Promise<boolean> {
    try {
      return (await mount.store.status(storePath(mount, path))) === undefined;
    } catch (error) {
      this.#unsure ??= error;
      return false;
    }
  }
}
