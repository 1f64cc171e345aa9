import { fail, normalPath, type NormalPath } from '@alluvium/base';
import type { FileInode } from '@alluvium/metastore';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';
import { planAttributes } from '../plan-attributes.js';
import { loadPathLocked, mayBeInStore } from '../load-metadata.js';
import { READ } from '../permissions.js';
import { ttlOf } from '../plan.js';
import { workInSlices, type SubtreeWork } from '../subtree/subtree-work.js';
import { isFound, requireFound } from '../walk.js';

/** Free: the workers drop their copies; what a file consists of stays known. */
export function free(c: FileContext, request: fs.FreePRequest, user: string): Promise<fs.FreePResponse> {
  const path = normalPath(request.path ?? '');
  return c.locks.hold([{ path, mode: 'WRITE_INODE' }], () => freeLocked(c, path, request.options ?? {}, user));
}

async function freeLocked(c: FileContext, path: NormalPath, options: fs.FreePOptions, user: string): Promise<fs.FreePResponse> {
  let walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  if (!isFound(walk) && mayBeInStore(c, walk)) {
    await loadPathLocked(c, path, ttlOf(undefined));
    walk = c.tree.walk(path);
  }
  const inode = requireFound(walk);
  c.permissions.require(user, walk, READ);
  if (inode.kind === 'directory' && options.recursive !== true && c.tree.childCount(inode.id) > 0) {
    throw fail('unknown', `Cannot free directory ${path} which is not empty. Please set the "recursive" flag of free operation to true`);
  }
  await workInSlices(c, { kind: 'free', path, user }, async (work) => {
    for (const [at, atPath] of c.tree.within(inode, path)) {
      if (at.kind === 'file') await freeFile(c, work, at, atPath, options.forced === true);
      if (work.did(atPath)) await work.rest();
    }
  });
  return {};
}

/** Throws when the file must not be freed. */
async function freeFile(c: FileContext, work: SubtreeWork, file: FileInode, path: NormalPath, forced: boolean): Promise<void> {
  if (file.persistence !== 'PERSISTED' || !file.completed) throw fail('unknown', `Cannot free file ${path} which is not persisted`);
  if (file.pinned) {
    if (!forced) {
      throw fail(
        'unknown',
        `Cannot free file ${path} which is pinned. Please unpin it first or set the "forced" flag of free operation to true`,
      );
    }
    work.plan.push(...planAttributes(file, { pinned: false }, c.clock.nowMs(), undefined));
  }
  for (const [i, block] of file.blocks.entries()) {
    work.freed.push(block);
    if (i > 0 && work.passed(path)) await work.rest();
  }
}
