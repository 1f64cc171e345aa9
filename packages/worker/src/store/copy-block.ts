// The files of a block into another directory. Whatever a crash leaves, there is one whole copy: the new one is durable before it has
// the name of a block, and the old one goes after that.
import { fail } from '@alluvium/base';
import { crc32c, type Disk } from '@alluvium/platform';
import type { BlockReader } from './block-reader.js';
import { allPages } from './pages.js';
import { encodeSidecar } from './sidecar.js';
import type { StorageDirectory } from './storage-directory.js';

export interface CopyOptions {
  readonly disk: Disk;
  readonly folderMode: number;
}

/** Moves write under a session of their own; ids of clients are not negative and random. */
const SESSION = 0n;

/** Throws `dataLoss` when a page is not what was stored. */
export async function copyBlock({ disk, folderMode }: CopyOptions, { block, file }: BlockReader, to: StorageDirectory): Promise<void> {
  const { layout } = to;
  const temporary = layout.temporaryBlock(SESSION, block.id);
  await disk.makeDirectory(layout.temporaryFolder(SESSION), folderMode);
  const { pageBytes, pageCount } = block;
  const sums = new Uint32Array(pageCount);
  {
    await using copy = await disk.open(temporary, 'write');
    const buffer = Buffer.allocUnsafe(Math.min(pageBytes, block.length));
    for (let page = 0, at = 0; page < pageCount; page++, at += pageBytes) {
      const bytes = buffer.subarray(0, Math.min(pageBytes, block.length - at));
      const read = await file.read(bytes, at);
      sums[page] = crc32c(bytes);
      if (read !== bytes.length || sums[page] !== block.sumOf(page))
        throw fail('dataLoss', `Cannot move block ${block.id}: page ${page} does not match its checksum`);
      await copy.write([bytes], at);
    }
    await copy.sync();
  }
  {
    await using sidecar = await disk.open(layout.sidecar(block.id), 'write');
    const { id: blockId, length, generation, pinned } = block;
    await sidecar.write([encodeSidecar({ blockId, length, generation, pinned, pages: allPages(sums, pageBytes) })], 0);
    await sidecar.sync();
  }
  await disk.syncDirectory(layout.sidecars);
  await disk.syncDirectory(layout.temporaryFolder(SESSION));
  await disk.rename(temporary, layout.block(block.id));
  await disk.syncDirectory(layout.root);
}
