import { ROOT_PATH, fail, normalPath, type BlockId, type InodeId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';
import { isFound, requireTraversable, targetOf } from '../walk.js';

/** Block entries per journal operation. */
const BATCH = 1000;

/** Unmount: forgets what is below a mount point; the store is not touched. */
export function unmount(c: FileContext, request: fs.UnmountPRequest, user: string): Promise<fs.UnmountPResponse> {
  const path = normalPath(request.alluxioPath ?? '');
  return c.locks.hold([{ path, mode: 'exclusive' }], () => unmountLocked(c, path, user));
}

async function unmountLocked(c: FileContext, path: NormalPath, user: string): Promise<fs.UnmountPResponse> {
  const walk = c.tree.walk(path);
  requireTraversable(walk);
  if (!isFound(walk)) throw fail('notFound', `Failed to unmount: Path ${path} does not exist`);
  c.permissions.requireParentWrite(user, walk);
  if (path === ROOT_PATH || c.mounts.within(path).some((mount) => mount.path !== path)) {
    throw fail('invalidArgument', `Failed to unmount ${path}. Please ensure the path is an existing mount point and not root.`);
  }
  if (c.mounts.at(path) === undefined)
    throw fail('invalidArgument', `Failed to unmount ${path}. Please ensure the path is an existing mount point.`);
  const directory = targetOf(walk)!;
  const blocks = blocksBelow(c, directory.id);
  c.absent.clear();
  await c.committer.commit([
    { deleteMountPoint: { alluxioPath: path } },
    { deleteFile: { id: directory.id, recursive: true, opTimeMs: BigInt(c.clock.nowMs()), alluxioOnly: true, path } },
  ]);
  for (let i = 0; i < blocks.length; i += BATCH) {
    const batch = blocks.slice(i, i + BATCH);
    await c.committer.commit(batch.map((blockId): JournalEntry => ({ deleteBlock: { blockId } })));
    c.blocks.free(batch);
  }
  return {};
}

function blocksBelow(c: FileContext, directory: InodeId): BlockId[] {
  const blocks: BlockId[] = [];
  const below = [directory];
  for (let at = below.pop(); at !== undefined; at = below.pop()) {
    for (const child of c.tree.children(at)) {
      if (child.kind === 'directory') below.push(child.id);
      else blocks.push(...child.blocks);
    }
  }
  return blocks;
}
