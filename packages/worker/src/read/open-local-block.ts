// OpenLocalBlock: a client on this machine reads the block file itself; the block stays in place until the stream ends.
import { fail, type BlockId } from '@alluvium/base';
import type { StreamHandler } from '@alluvium/net';
import type { blockWorker } from '@alluvium/wire';
import type { ReadObserver } from '../policy/read-observer.js';
import type { BlockStore } from '../store/block-store.js';

export function openLocalBlockHandler(
  store: BlockStore,
  observer: ReadObserver,
): StreamHandler<blockWorker.OpenLocalBlockRequest, blockWorker.OpenLocalBlockResponse> {
  return async (stream) => {
    const request = await stream.read();
    if (request === undefined) return;
    const reader = await store.read((request.blockId ?? -1n) as BlockId);
    if (request.promote === true) store.promote(reader.block.id);
    observer.hit(reader.block.id, 0, stream.caller.user);
    try {
      await stream.write({ path: reader.block.directory.layout.block(reader.block.id) });
      if ((await stream.read()) !== undefined)
        throw fail('internal', `Cannot open block ${reader.block.id}: the stream has it open already`);
    } finally {
      reader.close();
    }
  };
}
