// The files of a block into another directory. Whatever a crash leaves, there is one whole copy: the new one is durable before it has
// the name of a block, and the old one goes after that.
import { fail } from '@alluvium/base';
import { crc32c, type Disk } from '@alluvium/platform';
import type { BlockReader } from './block-reader.js';
import { pagesOf, type Block } from './block.js';
import { encodeSidecar } from './sidecar.js';
import type { StorageDirectory } from './storage-directory.js';

export interface CopyOptions {
  readonly disk: Disk;
  readonly folderMode: number;
}

/** Moves write under a session of their own; ids of clients are not negative and random. */
const SESSION = 0n;

/** Read and written at a time: whole pages. */
const BUFFER_BYTES = 1 << 20;

/** Throws `dataLoss` when a page is not what was stored. */
export async function copyBlock({ disk, folderMode }: CopyOptions, { block, file }: BlockReader, to: StorageDirectory): Promise<void> {
  const { layout } = to;
  const temporary = layout.temporaryBlock(SESSION, block.id);
  await disk.makeDirectory(layout.temporaryFolder(SESSION), folderMode);
  {
    await using copy = await disk.open(temporary, 'write');
    const buffer = Buffer.allocUnsafe(Math.min(BUFFER_BYTES, block.length));
    for (let at = 0; at < block.length; at += BUFFER_BYTES) {
      const bytes = buffer.subarray(0, Math.min(BUFFER_BYTES, block.length - at));
      const read = await file.read(bytes, at);
      checkPages(block, at, bytes.subarray(0, read));
      await copy.write([bytes], at);
    }
    await copy.sync();
  }
  {
    await using sidecar = await disk.open(layout.sidecar(block.id), 'write');
    const { id: blockId, length, generation, pinned } = block;
    await sidecar.write([encodeSidecar({ blockId, length, generation, pinned, pages: pagesOf(block) })], 0);
    await sidecar.sync();
  }
  await disk.syncDirectory(layout.sidecars);
  await disk.syncDirectory(layout.temporaryFolder(SESSION));
  await disk.rename(temporary, layout.block(block.id));
  await disk.syncDirectory(layout.root);
}

/** `bytes` begin at `from`, with a page, and are as long as they could be read. */
function checkPages(block: Block, from: number, bytes: Uint8Array): void {
  const { pageBytes } = block;
  const end = Math.min(from + BUFFER_BYTES, block.length);
  for (let at = from; at < end; at += pageBytes) {
    const page = at / pageBytes;
    if (crc32c(bytes.subarray(at - from, at - from + pageBytes)) !== block.sumOf(page))
      throw fail('dataLoss', `Cannot move block ${block.id}: page ${page} does not match its checksum`);
  }
}
