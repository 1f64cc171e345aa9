// OpenLocalBlock: a client on this machine reads the block file itself; the block stays in place until the stream ends.
import { fail, messageOf, type BlockId } from '@alluvium/base';
import type { StreamHandler } from '@alluvium/net';
import type { blockWorker } from '@alluvium/wire';
import type { ReadObserver } from '../policy/read-observer.js';
import type { BlockReader } from '../store/block-reader.js';
import type { BlockStore } from '../store/block-store.js';
import type { SharedFile, SharedFiles } from '../transfer/shared-files.js';

export function openLocalBlockHandler(
  store: BlockStore,
  observer: ReadObserver,
  shared: SharedFiles,
): StreamHandler<blockWorker.OpenLocalBlockRequest, blockWorker.OpenLocalBlockResponse> {
  return async (stream) => {
    const request = await stream.read();
    if (request === undefined) return;
    const reader = await store.read((request.blockId ?? -1n) as BlockId);
    if (request.promote === true) store.promote(reader.block.id);
    observer.hit(reader.block.id, 0, stream.caller.user);
    let file: SharedFile | undefined;
    try {
      file = await nameOf(shared, reader);
      await stream.write({ path: file.path });
      if ((await stream.read()) !== undefined)
        throw fail('internal', `Cannot open block ${reader.block.id}: the stream has it open already`);
    } finally {
      await file?.release();
      reader.close();
    }
  };
}

/** Not found, and only that, sends a client on to ReadBlock. */
async function nameOf(shared: SharedFiles, { block, file }: BlockReader): Promise<SharedFile> {
  try {
    return await shared.share(block.directory, file.path, block.id);
  } catch (error) {
    throw fail('notFound', `Cannot open the file of block ${block.id} to a client: ${messageOf(error)}`, error);
  }
}
