import { fail, joinPath, normalPath, type NormalPath } from '@alluvium/base';
import type { DirectoryInode, Inode } from '@alluvium/metastore';
import type { UfsStatus } from '@alluvium/ufs';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { Task } from '../../task/tasks.js';
import { settled, type FileContext } from '../context.js';
import { READ } from '../permissions.js';
import { NameMerge } from '../sync/name-merge.js';
import { SyncScope } from '../sync/sync-scope.js';
import { requireFound, targetOf } from '../walk.js';

/** Paths that one reply names. */
const MAX_PATHS = 100_000;

/** CheckConsistency: what is persisted here and is missing in its store, or has another length or kind there. Changes nothing. */
export async function checkConsistency(
  c: FileContext,
  request: fs.CheckConsistencyPRequest,
  user: string,
): Promise<fs.CheckConsistencyPResponse> {
  const path = normalPath(request.path ?? '');
  const walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  requireFound(walk);
  c.permissions.require(user, walk, READ);
  const check = (task: Task): Promise<NormalPath[]> => new ConsistencyCheck(c, task).run(path);
  return settled(c, { inconsistentPaths: await c.tasks.run({ kind: 'checkConsistency', path, user }, check) });
}

class ConsistencyCheck {
  readonly #scope: SyncScope;
  readonly #task: Task;
  readonly #found: NormalPath[] = [];

  constructor(c: FileContext, task: Task) {
    const options = { load: { ttlMs: -1, ttlAction: 'DELETE' as const }, dryRun: true, requestsPerSecond: 0, concurrency: 1 };
    this.#scope = new SyncScope(c, options, 0, task);
    this.#task = task;
  }

  async run(path: NormalPath): Promise<NormalPath[]> {
    const { c } = this.#scope;
    const mount = c.mounts.resolve(path);
    const status = await this.#scope.status(mount, path);
    const inode = targetOf(c.tree.walk(path));
    if (inode !== undefined && isPersisted(inode)) {
      if (!agrees(inode, status)) await this.#missing(inode, path);
      else if (inode.kind === 'directory') await this.#below(inode, path);
    }
    return this.#found;
  }

  /** Directories that wait are those beside the one that is looked at, and above. */
  async #below(top: DirectoryInode, path: NormalPath): Promise<void> {
    const waiting: [DirectoryInode, NormalPath][] = [[top, path]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) waiting.push(...(await this.#children(...next)));
  }

  /** Compares the children of a directory; answers the directories among them that are to be looked at next. */
  async #children(directory: DirectoryInode, path: NormalPath): Promise<[DirectoryInode, NormalPath][]> {
    const { c, pace } = this.#scope;
    const mount = c.mounts.resolve(path);
    const directories: [DirectoryInode, NormalPath][] = [];
    const merge = new NameMerge(c.tree.children(directory.id));
    this.#task.currentPath = path;
    for await (const status of this.#scope.list(mount, path, false)) {
      while (merge.isBehind(status.name)) {
        merge.step();
        if (pace.spent()) await this.#scope.step(0);
      }
      const child = c.tree.child(directory.id, status.name);
      merge.listed(status.name, child !== undefined);
      if (child === undefined || isMountPoint(child)) continue;
      const at = joinPath(path, status.name);
      this.#task.done++;
      if (isPersisted(child) && !agrees(child, status)) await this.#missing(child, at);
      else if (isPersisted(child) && child.kind === 'directory') directories.push([child, at]);
      if (pace.spent()) await this.#scope.step(0);
    }
    while (merge.step()) if (pace.spent()) await this.#scope.step(0);
    for (const child of merge.missing()) {
      if (isMountPoint(child)) directories.push([child as DirectoryInode, joinPath(path, child.name)]);
      else if (isPersisted(child)) await this.#missing(child, joinPath(path, child.name));
    }
    return directories;
  }

  /** With all that is persisted below. */
  async #missing(inode: Inode, path: NormalPath): Promise<void> {
    for (const [at, atPath] of this.#scope.c.tree.within(inode, path)) {
      if (isPersisted(at) && this.#found.push(atPath) > MAX_PATHS)
        throw fail(
          'resourceExhausted',
          `Cannot name more than ${MAX_PATHS} inconsistent paths below "${this.#task.path}": sync it, or look at less`,
        );
      if (this.#scope.pace.spent()) await this.#scope.step(0);
    }
  }
}

function isMountPoint(inode: Inode): boolean {
  return inode.kind === 'directory' && inode.mountPoint;
}

function isPersisted(inode: Inode): boolean {
  return inode.persistence === 'PERSISTED' && (inode.kind === 'directory' || inode.completed);
}

function agrees(inode: Inode, status: UfsStatus | undefined): boolean {
  if (status === undefined) return false;
  return inode.kind === 'directory' ? status.directory : !status.directory && status.length === inode.length;
}
