import { fail, normalPath, sleep, type BlockId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { FileInode } from '@alluvium/metastore';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from '../context.js';
import { loadPathLocked, mayBeInStore } from '../load-metadata.js';
import { READ } from '../permissions.js';
import { ttlOf } from '../plan.js';
import { isFound, requireFound } from '../walk.js';

/** Inodes between two turns of the loop. */
const TURN = 1000;

/** Free: the workers drop their copies; what a file consists of stays known. */
export function free(c: FileContext, request: fs.FreePRequest, user: string): Promise<fs.FreePResponse> {
  const path = normalPath(request.path ?? '');
  return c.locks.hold([{ path, mode: 'READ' }], () => freeLocked(c, path, request.options ?? {}, user));
}

async function freeLocked(c: FileContext, path: NormalPath, options: fs.FreePOptions, user: string): Promise<fs.FreePResponse> {
  let walk = c.tree.walk(path);
  if (!isFound(walk) && mayBeInStore(c, walk)) {
    await loadPathLocked(c, path, ttlOf(undefined));
    walk = c.tree.walk(path);
  }
  const inode = requireFound(walk);
  c.permissions.require(user, walk, READ);
  if (inode.kind === 'directory' && options.recursive !== true && c.tree.childCount(inode.id) > 0) {
    throw fail('unknown', `Cannot free directory ${path} which is not empty. Please set the "recursive" flag of free operation to true`);
  }
  let batch = new Batch(c);
  try {
    for (const [at, atPath] of c.tree.within(inode, path)) {
      if (at.kind === 'file') batch.add(at, atPath, options.forced === true);
      if (++batch.looked < TURN) continue;
      const full = batch;
      batch = new Batch(c);
      await full.free();
      await sleep(c.clock, 0);
    }
  } finally {
    await batch.free();
  }
  return {};
}

/** Files of one turn. */
class Batch {
  readonly #c: FileContext;
  readonly #plan: JournalEntry[] = [];
  readonly #blocks: BlockId[] = [];
  looked = 0;

  constructor(c: FileContext) {
    this.#c = c;
  }

  /** Throws when the file must not be freed. */
  add(file: FileInode, path: NormalPath, forced: boolean): void {
    if (file.persistence !== 'PERSISTED' || !file.completed) throw fail('unknown', `Cannot free file ${path} which is not persisted`);
    if (file.pinned) {
      if (!forced) {
        throw fail(
          'unknown',
          `Cannot free file ${path} which is pinned. Please unpin it first or set the "forced" flag of free operation to true`,
        );
      }
      this.#plan.push({ updateInode: { id: file.id, pinned: false, lastModificationTimeMs: BigInt(this.#c.clock.nowMs()) } });
    }
    for (const block of file.blocks) this.#blocks.push(block);
  }

  async free(): Promise<void> {
    if (this.#plan.length > 0) await this.#c.committer.commit(this.#plan);
    this.#c.blocks.free(this.#blocks);
  }
}
