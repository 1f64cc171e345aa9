// CreateLocalBlock: a client on this machine writes the block file itself. The worker makes the file, keeps its space, and
// when the stream half-closes takes what is there as the block.
import { fail, randomId63, type BlockId } from '@alluvium/base';
import type { StreamHandler } from '@alluvium/net';
import type { blockWorker } from '@alluvium/wire';
import { FOREIGN_FILE_MODE, type SharedFile, type SharedFiles } from '../transfer/shared-files.js';
import { DEFAULT_RESERVATION_BYTES } from './block-sink.js';
import type { WriteDependencies } from './write-block.js';

export function createLocalBlockHandler(
  d: WriteDependencies & { readonly shared: SharedFiles },
): StreamHandler<blockWorker.CreateLocalBlockRequest, blockWorker.CreateLocalBlockResponse> {
  return async (stream) => {
    const first = await stream.read();
    if (first === undefined) return;
    const id = first.blockId ?? -1n;
    if (id < 0n) throw fail('invalidArgument', `Invalid blockId (${id}) in create request.`);
    const temp = await d.store.createTemp({
      id: id as BlockId,
      session: randomId63(d.random),
      reserveBytes: Number(first.spaceToReserve ?? BigInt(DEFAULT_RESERVATION_BYTES)),
      pinned: first.pinOnCreate ?? false,
      place: { tier: first.tier ?? 0, mediumType: first.mediumType ?? '' },
      mode: FOREIGN_FILE_MODE,
    });
    let file: SharedFile | undefined;
    try {
      file = await d.shared.share(temp.directory, temp.path, temp.id);
      await stream.write({ path: file.path });
      for (let request = await stream.read(); request !== undefined; request = await stream.read()) {
        if (request.onlyReserveSpace !== true) throw fail('internal', `Cannot create block ${id}: the stream has a block already`);
        await temp.reserve(temp.reservedBytes + Number(request.spaceToReserve ?? 0n));
        await stream.write({});
      }
      await file.release();
      await d.shared.close(temp.path);
      await d.commits.commitForeign(temp);
    } catch (error) {
      await file?.release();
      await temp.abort();
      throw error;
    }
  };
}
