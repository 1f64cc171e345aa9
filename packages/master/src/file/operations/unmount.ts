import { ROOT_PATH, fail, joinPath, normalPath, type NormalPath } from '@alluvium/base';
import type { DirectoryInode, Inode } from '@alluvium/metastore';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';
import { planRemove } from '../plan.js';
import { workBelow, type SubtreeWork } from '../subtree/subtree-work.js';
import { isFound, requireTraversable, targetOf } from '../walk.js';

/**
 * Unmount: forgets what is below a mount point; the store is not touched. A large tree is forgotten in slices, leaves before their
 * directories, and the mount point last: a crash or a cancel in between leaves a mount whose lost part loads again when it is asked for.
 */
export function unmount(c: FileContext, request: fs.UnmountPRequest, user: string): Promise<fs.UnmountPResponse> {
  const path = normalPath(request.alluxioPath ?? '');
  // An operation that waits for a store which is gone for ever must not keep its mount from going.
  if (!c.locks.isFree(path, 'WRITE_EDGE') && check(c, path, user) !== undefined) c.tree.intents.forsaken?.(path);
  return workBelow(c, { kind: 'unmount', path, user }, async (work) => {
    const directory = check(c, path, user);
    c.committer.requireAccepting();
    c.absent.clear();
    await forget(c, work, directory, path);
    const { id } = c.mounts.at(path)!;
    work.plan.push({ deleteMountPoint: { alluxioPath: path } }, ...c.tree.persistence.planMountChange(id));
    return {};
  });
}

function check(c: FileContext, path: NormalPath, user: string): DirectoryInode {
  const walk = c.tree.walk(path);
  c.permissions.requireParentWrite(user, walk);
  requireTraversable(walk);
  if (!isFound(walk)) throw fail('notFound', `Failed to unmount: Path ${path} does not exist`);
  if (path === ROOT_PATH || c.mounts.within(path).some((mount) => mount.path !== path)) {
    throw fail('invalidArgument', `Failed to unmount ${path}. Please ensure the path is an existing mount point and not root.`);
  }
  if (c.mounts.at(path) === undefined)
    throw fail('invalidArgument', `Failed to unmount ${path}. Please ensure the path is an existing mount point.`);
  return targetOf(walk) as DirectoryInode;
}

/** Leaves the removal of the topmost directory in the plan, so that it is one journal operation with that of the mount point. */
async function forget(c: FileContext, work: SubtreeWork, top: DirectoryInode, topPath: NormalPath): Promise<void> {
  const nowMs = c.clock.nowMs();
  const open = [enter(c, work, top, topPath)];
  for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
    const next = at.children.next();
    if (next.done !== true && next.value.kind === 'directory') {
      open.push(enter(c, work, next.value, joinPath(at.path, next.value.name)));
      continue;
    }
    const gone: Inode = next.done === true ? at.directory : next.value;
    const path = next.done === true ? at.path : joinPath(at.path, next.value.name);
    work.freed.push(...planRemove(work.plan, gone, path, nowMs, true));
    if (next.done === true) open.pop();
    if (work.did(path) && open.length > 0) await work.rest();
  }
}

interface Opened {
  readonly directory: DirectoryInode;
  readonly path: NormalPath;
  readonly children: IterableIterator<Inode>;
}

/** From now on the store may have children of the directory that are not known here. */
function enter(c: FileContext, work: SubtreeWork, directory: DirectoryInode, path: NormalPath): Opened {
  if (directory.childrenLoaded) work.plan.push({ updateInodeDirectory: { id: directory.id, directChildrenLoaded: false } });
  return { directory, path, children: c.tree.children(directory.id) };
}
