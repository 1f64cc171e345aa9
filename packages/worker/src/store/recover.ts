// What a restarted worker finds in a directory: blocks whose sidecar vouches for them stay, all else of ours goes.
import { kindOf, messageOf, type BlockId, type Clock } from '@alluvium/base';
import type { Disk, DiskStat, Logger } from '@alluvium/platform';
import { IdList } from './id-list.js';
import { blockIdOfName } from './layout.js';
import { hasEveryPage } from './pages.js';
import { readPack } from './sidecar-pack.js';
import { decodeSidecar, type Sidecar } from './sidecar.js';
import { SmallFiles } from './small-files.js';
import type { StorageDirectory } from './storage-directory.js';

export interface FoundBlock {
  readonly sidecar: Sidecar;
  readonly modifiedMs: number;
}

export interface RecoverOptions {
  readonly clock: Clock;
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
  { clock, disk, log, folderMode }: RecoverOptions,
  onFound: (block: FoundBlock) => Promise<void> | void,
): Promise<void> {
  const { layout } = directory;
  await disk.makeDirectory(layout.root, folderMode);
  await disk.makeDirectory(layout.sidecars);
  await disk.removeDirectory(layout.temporary, { recursive: true });
  await disk.makeDirectory(layout.temporary, folderMode);

  const blocks = await namedBlocks(disk, layout.root);
  try {
    for await (const sidecar of readPack(disk, layout.pack)) {
      const found = foundBlock(sidecar, await disk.stat(layout.block(sidecar.blockId)));
      if ('sidecar' in found && blocks.mark(sidecar.blockId)) await onFound(found);
    }
  } catch (error) {
    if (kindOf(error) === 'failedPrecondition') throw error;
    log.warn('packed sidecars not used', { directory: directory.path, reason: messageOf(error) });
  }
  await dropPack(disk, directory);

  const pending = blocks.unmarked();
  const files = new SmallFiles(disk, clock);
  async function check(): Promise<void> {
    for (const id of pending) {
      const found = await checkBlock(disk, files, directory, id);
      if ('sidecar' in found) await onFound(found);
      else await discard(disk, log, directory, id, found.why);
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_CHECKS }, check));
  await dropStraySidecars(disk, log, directory, blocks);
}

/** What it says is true no more once a block comes or goes. */
async function dropPack(disk: Disk, { layout }: StorageDirectory): Promise<void> {
  if ((await disk.stat(layout.pack)) === undefined) return;
  await disk.remove(layout.pack);
  await disk.syncDirectory(layout.sidecars);
}

async function namedBlocks(disk: Disk, path: string): Promise<IdList> {
  const out = new IdList();
  for await (const id of blockNames(disk, path)) out.add(id);
  return out;
}

async function* blockNames(disk: Disk, path: string): AsyncGenerator<BlockId> {
  for await (const entries of disk.scan?.(path) ?? [await disk.list(path)]) {
    for (const { kind, name } of entries) {
      const id = kind === 'file' ? blockIdOfName(name) : undefined;
      if (id !== undefined) yield id;
    }
  }
}

async function dropStraySidecars(disk: Disk, log: Logger, directory: StorageDirectory, blocks: IdList): Promise<void> {
  for await (const id of blockNames(disk, directory.layout.sidecars)) {
    if (!blocks.has(id)) await discard(disk, log, directory, id, 'a sidecar without a block');
  }
}

async function checkBlock(disk: Disk, files: SmallFiles, directory: StorageDirectory, id: BlockId): Promise<FoundBlock | { why: string }> {
  const path = directory.layout.sidecar(id);
  let stat: DiskStat | undefined;
  let bytes: Buffer;
  try {
    stat = await disk.stat(directory.layout.block(id));
    bytes = await files.read(path);
  } catch (error) {
    return { why: messageOf(error) };
  }
  const sidecar = decodeSidecar(bytes, path);
  if (sidecar === undefined || sidecar.blockId !== id) return { why: 'a sidecar that does not check' };
  return foundBlock(sidecar, stat);
}

function foundBlock(sidecar: Sidecar, stat: DiskStat | undefined): FoundBlock | { why: string } {
  if (stat === undefined) return { why: 'a sidecar without a block' };
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
