import { fail, type BlockId } from '@alluvium/base';
import type { blockWorker } from '@alluvium/wire';
import type { WriteDependencies, WriteSink } from './write-block.js';

/** What a writer gets at once when it does not say what it needs. */
export const DEFAULT_RESERVATION_BYTES = 1 << 20;

/** Bytes of a stream that become a block of the cache. Throws as {@link BlockStore.createTemp}. */
export async function blockSink(d: WriteDependencies, command: blockWorker.WriteRequestCommand, session: bigint): Promise<WriteSink> {
  const id = command.id ?? -1n;
  if (id < 0n) throw fail('invalidArgument', `Invalid blockId (${id}) in write request.`);
  const temp = await d.store.createTemp({
    id: id as BlockId,
    session,
    reserveBytes: Number(command.spaceToReserve ?? BigInt(DEFAULT_RESERVATION_BYTES)),
    pinned: command.pinOnCreate ?? false,
    place: { tier: command.tier ?? 0, mediumType: command.mediumType ?? '' },
  });
  return {
    async write(parts, length) {
      await temp.write(parts);
      d.counters.bytesWritten += length;
    },
    // A client flushes a block that is full, and then keeps its stream open until the file is closed.
    flush: () => temp.rest(),
    async commit() {
      await d.commits.commit(temp);
      return undefined;
    },
    abort: () => temp.abort(),
  };
}
