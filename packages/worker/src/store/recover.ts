// What a restarted worker finds in a directory: blocks whose sidecar vouches for them stay, all else of ours goes.
import { messageOf, type BlockId } from '@alluvium/base';
import type { Disk, DiskStat, Logger } from '@alluvium/platform';
import { blockIdOfName } from './layout.js';
import { hasEveryPage } from './pages.js';
import { decodeSidecar, type Sidecar } from './sidecar.js';
import type { StorageDirectory } from './storage-directory.js';

export interface FoundBlock {
  readonly sidecar: Sidecar;
  readonly modifiedMs: number;
}

export interface RecoverOptions {
  readonly disk: Disk;
  readonly log: Logger;
  /** Mode of the folders in which short-circuit clients of other users create files. */
  readonly folderMode: number;
}

const PARALLEL_CHECKS = 16;

/**
 * Makes the folders of `directory`, empties the temporary one and hands over the whole blocks, in no order. Files with names that are not
 * ours are left alone. Throws `failedPrecondition` for blocks of a later version.
 */
export async function recoverDirectory(
  directory: StorageDirectory,
  { disk, log, folderMode }: RecoverOptions,
  onFound: (block: FoundBlock) => Promise<void>,
): Promise<void> {
  const { layout } = directory;
  await disk.makeDirectory(layout.root, folderMode);
  await disk.makeDirectory(layout.sidecars);
  await disk.removeDirectory(layout.temporary, { recursive: true });
  await disk.makeDirectory(layout.temporary, folderMode);

  const blocks = await namedBlocks(disk, layout.root);
  const sidecars = await namedBlocks(disk, layout.sidecars);
  const pending = [...new Set([...blocks, ...sidecars])];
  async function check(): Promise<void> {
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      const block = await checkBlock(disk, directory, id);
      if ('sidecar' in block) await onFound(block);
      else await discard(disk, log, directory, id, block.why);
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_CHECKS }, check));
}

async function namedBlocks(disk: Disk, path: string): Promise<BlockId[]> {
  const out: BlockId[] = [];
  for (const entry of await disk.list(path)) {
    const id = entry.kind === 'file' ? blockIdOfName(entry.name) : undefined;
    if (id !== undefined) out.push(id);
  }
  return out;
}

async function checkBlock(disk: Disk, directory: StorageDirectory, id: BlockId): Promise<FoundBlock | { why: string }> {
  const path = directory.layout.sidecar(id);
  let stat: DiskStat | undefined;
  let bytes: Buffer;
  try {
    stat = await disk.stat(directory.layout.block(id));
    if (stat === undefined) return { why: 'a sidecar without a block' };
    bytes = await disk.readFile(path);
  } catch (error) {
    return { why: messageOf(error) };
  }
  const sidecar = decodeSidecar(bytes, path);
  if (sidecar === undefined || sidecar.blockId !== id) return { why: 'a sidecar that does not check' };
  if (sidecar.length !== stat.length) return { why: `a file of ${stat.length} bytes instead of ${sidecar.length}` };
  if (!hasEveryPage(sidecar.pages)) return { why: 'pages missing' };
  return { sidecar, modifiedMs: stat.modifiedMs };
}

/** A file that cannot be removed stays unknown to the store, which then never serves it. */
async function discard(disk: Disk, log: Logger, directory: StorageDirectory, id: BlockId, why: string): Promise<void> {
  log.warn('block dropped at start', { block: id.toString(), why });
  try {
    await disk.remove(directory.layout.block(id));
    await disk.remove(directory.layout.sidecar(id));
  } catch (error) {
    log.warn('dropped block not removed', { block: id.toString(), reason: messageOf(error) });
  }
}
