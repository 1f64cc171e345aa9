import type { InodeId } from '@alluvium/base';
import { BinaryWriter } from '@alluvium/wire';
import { Pace } from '../task/pace.js';
import { settled, type FileContext } from './context.js';

/** pinned_file_ids of GetPinnedFileIdsPResponse. */
const FILE_ID = 1 << 3;
/** So many are written at once. */
const FEW = 10_000;

/**
 * GetPinnedFileIds: files that no worker may evict, which are the pinned ones and those whose only bytes are in the workers. Every
 * worker asks each second, so the message is written at once, and when there are very many, in slices. Not subject to permissions, as
 * in Alluxio. Answers an encoded GetPinnedFileIdsPResponse.
 */
export function getPinnedFileIds(c: FileContext): Uint8Array | Promise<Uint8Array> {
  const { tree } = c;
  if (tree.pinnedCount + tree.persistence.waitingCount + tree.persistence.lostCount > FEW) return inSlices(c);
  const writer = new BinaryWriter();
  for (const id of idsOf(c)) writer.uint32(FILE_ID).int64(id);
  return writer.finish();
}

async function inSlices(c: FileContext): Promise<Uint8Array> {
  const writer = new BinaryWriter();
  const pace = new Pace(c.clock, FEW);
  for (const id of idsOf(c)) {
    writer.uint32(FILE_ID).int64(id);
    if (pace.spent()) await pace.rest();
  }
  return settled(c, writer.finish());
}

function* idsOf({ tree }: FileContext): Generator<InodeId, void> {
  yield* tree.pinnedFiles();
  for (const [id] of tree.persistence.waiting()) if (!tree.isPinned(id)) yield id;
  // What is left of a lost file may be made whole by a worker that comes back.
  for (const id of tree.persistence.lost()) if (!tree.isPinned(id)) yield id;
}
